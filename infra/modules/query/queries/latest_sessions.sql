-- The last session of each index, and what it was made from.
select
    index_code,
    reference_date,
    position_count,
    total_theoretical_quantity,
    source,
    captured_at
from portfolio as latest
where reference_date = (
    select max(reference_date) from portfolio where index_code = latest.index_code
)
order by index_code
