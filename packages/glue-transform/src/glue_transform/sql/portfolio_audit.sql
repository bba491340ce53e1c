-- One row per candidate portfolio: how far it is from what must hold, exactly.
-- The gate judges these figures; a difference of zero is a rule kept.
with line as (
  select
    *,
    count(*) over (
      partition by index_code, reference_date, payload_sha256, ticker
    ) as lines_of_ticker
  from raw_position
),

candidate as (
  select
    index_code,
    reference_date,
    payload_sha256,
    count(*) as position_count,
    sum(case when lines_of_ticker > 1 then 1 else 0 end) as duplicate_count,
    sum(weight_pct) - 100.000 as weight_excess,
    sum(theoretical_quantity) - max(total_theoretical_quantity) as quantity_excess,
    datediff(reference_date, cast(max(captured_at) as date)) as days_after_capture,
    sum(
      case when known_ex_rights.ex_rights is null and line.ex_rights is not null then 1 else 0 end
    ) as unknown_ex_rights_count
  from line
  left join known_ex_rights on known_ex_rights.ex_rights = line.ex_rights
  group by index_code, reference_date, payload_sha256
),

counted as (
  select index_code, reference_date, position_count from candidate
  union all
  select published.index_code, published.reference_date, published.position_count
  from published_portfolio as published
  left join candidate
    on candidate.index_code = published.index_code
    and candidate.reference_date = published.reference_date
  where candidate.index_code is null
),

neighbour as (
  select
    session.index_code,
    session.reference_date,
    max(counted.position_count) as position_count
  from session
  inner join counted
    on counted.index_code = session.index_code
    and counted.reference_date = session.previous_reference_date
  group by session.index_code, session.reference_date
)

select
  candidate.index_code,
  candidate.reference_date,
  candidate.payload_sha256,
  cast(candidate.position_count as bigint) as position_count,
  cast(candidate.duplicate_count as bigint) as duplicate_count,
  cast(candidate.weight_excess as decimal(9, 3)) as weight_excess,
  cast(candidate.quantity_excess as bigint) as quantity_excess,
  cast(candidate.days_after_capture as bigint) as days_after_capture,
  cast(
    coalesce(
      greatest(
        abs(candidate.position_count - neighbour.position_count)
        - greatest(5, neighbour.position_count div 5),
        0
      ),
      0
    ) as bigint
  ) as position_count_jump,
  cast(candidate.unknown_ex_rights_count as bigint) as unknown_ex_rights_count
from candidate
left join neighbour
  on neighbour.index_code = candidate.index_code
  and neighbour.reference_date = candidate.reference_date
