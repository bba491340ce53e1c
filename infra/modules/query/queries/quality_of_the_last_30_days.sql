-- What the gate evaluated in the last 30 days, rule by rule: how often, and how often it was broken.
select
    table_name,
    expectation,
    column_name,
    severity,
    count_if(index_code is null) as judged_count,
    count_if(index_code is null and not success) as broken_count,
    count(distinct payload_sha256) as payload_count,
    max(checked_at) as last_checked_at
from quality_result
where cast(checked_at as date) >= current_date - interval '30' day
group by table_name, expectation, column_name, severity
order by broken_count desc, table_name, expectation, column_name
