-- A security's weight and quantity in an index, session by session, and what its weight moved by.
with asked as (
    select 'IBOV' as index_code, 'LREN3' as ticker
)

select
    position.reference_date,
    position.weight_pct,
    position.weight_pct
        - lag(position.weight_pct) over (order by position.reference_date) as weight_change_pct,
    position.theoretical_quantity,
    position.ex_rights
from position
join portfolio
    on position.index_code = portfolio.index_code
    and position.reference_date = portfolio.reference_date
join asked
    on position.index_code = asked.index_code
    and position.ticker = asked.ticker
order by position.reference_date
