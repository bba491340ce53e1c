-- What two indices have in common on a date, each in its latest captured session on or before it.
-- The overlap is the weight that both give to the same securities: the sum of the smaller weights.
with asked as (
    select 'IBOV' as index_code, 'IBRA' as other_code, date '2025-12-31' as on_date
),

session as (
    select portfolio.index_code, max(portfolio.reference_date) as reference_date
    from portfolio
    join asked on portfolio.index_code in (asked.index_code, asked.other_code)
    where portfolio.reference_date <= asked.on_date
    group by portfolio.index_code
),

member as (
    select position.index_code, position.reference_date, position.ticker, position.weight_pct
    from position
    join session
        on position.index_code = session.index_code
        and position.reference_date = session.reference_date
)

select
    this.index_code,
    this.reference_date,
    other.index_code as other_code,
    other.reference_date as other_reference_date,
    count(*) as common_count,
    sum(this.weight_pct) as weight_pct,
    sum(other.weight_pct) as other_weight_pct,
    sum(least(this.weight_pct, other.weight_pct)) as overlap_pct
from asked
join member as this on asked.index_code = this.index_code
join member as other
    on asked.other_code = other.index_code
    and this.ticker = other.ticker
group by this.index_code, this.reference_date, other.index_code, other.reference_date
