-- The header of each portfolio that passed, and of each published one whose
-- predecessor is now another session.
with header as (
  select
    index_code,
    reference_date,
    count(*) as position_count,
    max(total_theoretical_quantity) as total_theoretical_quantity,
    sum(weight_pct) as total_weight_pct,
    max(divisor) as divisor,
    max(source) as source,
    max(payload_sha256) as payload_sha256,
    max(captured_at) as captured_at
  from raw_position
  group by index_code, reference_date
  union all
  select
    index_code,
    reference_date,
    position_count,
    total_theoretical_quantity,
    total_weight_pct,
    divisor,
    source,
    payload_sha256,
    captured_at
  from recomputed_portfolio
)

select
  header.index_code,
  header.reference_date,
  session.previous_reference_date,
  cast(header.position_count as bigint) as position_count,
  cast(header.total_theoretical_quantity as bigint) as total_theoretical_quantity,
  cast(header.total_weight_pct as decimal(9, 3)) as total_weight_pct,
  cast(header.divisor as decimal(28, 8)) as divisor,
  header.source,
  header.payload_sha256,
  header.captured_at
from header
inner join session
  on session.index_code = header.index_code
  and session.reference_date = header.reference_date
order by header.index_code, header.reference_date
