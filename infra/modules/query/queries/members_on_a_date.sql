with session as (
    select index_code, max(reference_date) as reference_date
    from portfolio
    where index_code = 'IBOV' and reference_date <= date '2026-11-23'
    group by index_code
)
select reference_date, ticker, company, theoretical_quantity, weight_pct
from position
join session using (index_code, reference_date)
order by weight_pct desc, ticker
