-- Who was in an index on a date: the latest captured session on or before it, heaviest first.
with asked as (
    select 'IBOV' as index_code, date '2025-01-08' as on_date
),

session as (
    select portfolio.index_code, max(portfolio.reference_date) as reference_date
    from portfolio
    join asked on portfolio.index_code = asked.index_code
    where portfolio.reference_date <= asked.on_date
    group by portfolio.index_code
)

select
    position.reference_date,
    position.ticker,
    position.company,
    position.share_class,
    position.theoretical_quantity,
    position.weight_pct
from position
join session
    on position.index_code = session.index_code
    and position.reference_date = session.reference_date
order by position.weight_pct desc, position.ticker
