-- What the gate kept out, by which rule: the newest first.
select checked_at, index_code, reference_date, table_name, expectation, observed_value
from quality_result
where not success and severity = 'blocking' and index_code is not null
order by checked_at desc, index_code
