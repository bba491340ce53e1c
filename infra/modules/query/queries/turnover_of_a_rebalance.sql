-- How much of an index a rebalance replaced: half the sum of all moves of weight.
-- The two sessions are the captured ones around it, so prices that moved in between are in it.
with asked as (
    select 'IBOV' as index_code
),

rebalance as (
    select
        portfolio.index_code,
        portfolio.reference_date,
        portfolio.previous_reference_date,
        count_if(position_change.change_type = 'inclusion') as inclusion_count,
        count_if(position_change.change_type = 'exclusion') as exclusion_count,
        count_if(position_change.change_type = 'quantity') as quantity_count
    from portfolio
    join position_change
        on portfolio.index_code = position_change.index_code
        and portfolio.reference_date = position_change.reference_date
    join asked on portfolio.index_code = asked.index_code
    where position_change.cause = 'rebalance'
    group by portfolio.index_code, portfolio.reference_date, portfolio.previous_reference_date
),

weights as (
    select
        rebalance.reference_date,
        position.ticker,
        sum(
            case
                when position.reference_date = rebalance.reference_date then position.weight_pct
                else -position.weight_pct
            end
        ) as weight_change_pct
    from rebalance
    join position
        on rebalance.index_code = position.index_code
        and position.reference_date in (rebalance.reference_date, rebalance.previous_reference_date)
    group by rebalance.reference_date, position.ticker
)

select
    rebalance.reference_date,
    rebalance.previous_reference_date,
    rebalance.inclusion_count,
    rebalance.exclusion_count,
    rebalance.quantity_count,
    sum(abs(weights.weight_change_pct)) / 2 as turnover_pct
from rebalance
join weights on rebalance.reference_date = weights.reference_date
group by
    rebalance.reference_date,
    rebalance.previous_reference_date,
    rebalance.inclusion_count,
    rebalance.exclusion_count,
    rebalance.quantity_count
order by rebalance.reference_date
