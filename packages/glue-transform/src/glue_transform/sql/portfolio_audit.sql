-- One row per candidate portfolio: how far it is from what must hold, exactly.
-- The gate evaluates these figures; a difference of zero is a rule kept.
with repeated as (
  select index_code, reference_date, ticker
  from raw_position
  group by index_code, reference_date, ticker
  having count(*) > 1
),

-- Two payloads of one session repeat each other's tickers; only a payload's own count.
repeated_in_payload as (
  select
    line.index_code,
    line.reference_date,
    line.payload_sha256,
    count(*) as line_count
  from raw_position as line
  inner join repeated
    on repeated.index_code = line.index_code
    and repeated.reference_date = line.reference_date
    and repeated.ticker = line.ticker
  group by line.index_code, line.reference_date, line.payload_sha256, line.ticker
  having count(*) > 1
),

duplicate as (
  select
    index_code,
    reference_date,
    payload_sha256,
    sum(line_count) as duplicate_count
  from repeated_in_payload
  group by index_code, reference_date, payload_sha256
),

candidate as (
  select
    line.index_code,
    line.reference_date,
    line.payload_sha256,
    count(*) as position_count,
    max(line.source) as source,
    sum(line.weight_pct) - 100.000 as weight_excess,
    -- The weights of a quadrimester's portfolio add up to 100 within 0.02, before each is rounded.
    cast(20 + (count(*) + 1) div 2 as decimal(9, 0)) * 0.001 as rounding,
    sum(cast(line.theoretical_quantity as decimal(19, 0))) as total_quantity,
    max(cast(line.total_theoretical_quantity as decimal(19, 0))) as stated_quantity,
    datediff(line.reference_date, cast(max(line.captured_at) as date)) as days_after_capture,
    sum(
      case when known_class.word is null and line.share_class is not null then 1 else 0 end
    ) as unknown_share_class_count,
    sum(
      case when known_marker.word is null and line.ex_rights is not null then 1 else 0 end
    ) as unknown_ex_rights_count,
    sum(
      case when known_segment.word is null and line.listing_segment is not null then 1 else 0 end
    ) as unknown_listing_segment_count
  from raw_position as line
  left join vocabulary_word as known_class
    on known_class.word = line.share_class and known_class.column_name = 'share_class'
  left join vocabulary_word as known_marker
    on known_marker.word = line.ex_rights and known_marker.column_name = 'ex_rights'
  left join vocabulary_word as known_segment
    on known_segment.word = line.listing_segment
    and known_segment.column_name = 'listing_segment'
  group by line.index_code, line.reference_date, line.payload_sha256
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

-- What a 64-bit integer holds; a portfolio without a stated total is held to it too.
largest as (
  select cast(9223372036854775807 as decimal(19, 0)) as quantity
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
  cast(coalesce(duplicate.duplicate_count, 0) as bigint) as duplicate_count,
  -- Held within the column's type: a sum beyond it is one portfolio's fault, not the run's.
  cast(
    case
      when candidate.source not in ('bulletin', 'quadrimester') then least(candidate.weight_excess, 999999.999)
      when candidate.weight_excess > 0
        then least(greatest(candidate.weight_excess - candidate.rounding, 0), 999999.999)
      else least(candidate.weight_excess + candidate.rounding, 0)
    end as decimal(9, 3)
  ) as weight_excess,
  cast(
    case
      when candidate.stated_quantity is not null or candidate.total_quantity > largest.quantity
        then
          least(
            candidate.total_quantity - coalesce(candidate.stated_quantity, largest.quantity),
            largest.quantity
          )
    end as bigint
  ) as quantity_excess,
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
  cast(candidate.unknown_share_class_count as bigint) as unknown_share_class_count,
  cast(candidate.unknown_ex_rights_count as bigint) as unknown_ex_rights_count,
  cast(candidate.unknown_listing_segment_count as bigint) as unknown_listing_segment_count,
  cast(
    case when closed_day.closed_date is not null then 1 else 0 end as bigint
  ) as closed_day_count
from candidate
cross join largest
left join closed_day on closed_day.closed_date = candidate.reference_date
left join duplicate
  on duplicate.index_code = candidate.index_code
  and duplicate.reference_date = candidate.reference_date
  and duplicate.payload_sha256 = candidate.payload_sha256
left join neighbour
  on neighbour.index_code = candidate.index_code
  and neighbour.reference_date = candidate.reference_date
