-- What changed in an index in a month, session by session, and why.
with asked as (
    select 'IBOV' as index_code, date '2025-01-01' as month
)

select
    position_change.reference_date,
    position_change.cause,
    position_change.change_type,
    position_change.ticker,
    position_change.previous_ticker,
    position_change.company,
    position_change.previous_theoretical_quantity,
    position_change.theoretical_quantity,
    position_change.previous_weight_pct,
    position_change.weight_pct
from position_change
join portfolio
    on position_change.index_code = portfolio.index_code
    and position_change.reference_date = portfolio.reference_date
join asked on position_change.index_code = asked.index_code
where
    position_change.reference_date >= asked.month
    and position_change.reference_date < asked.month + interval '1' month
order by position_change.reference_date, position_change.change_type, position_change.ticker
