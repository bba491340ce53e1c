select
    reference_date,
    cause,
    change_type,
    ticker,
    previous_ticker,
    company,
    previous_theoretical_quantity,
    theoretical_quantity
from position_change
join portfolio using (index_code, reference_date)
where index_code = 'IBOV' and reference_date >= date '2025-01-01'
order by reference_date desc, change_type, ticker
