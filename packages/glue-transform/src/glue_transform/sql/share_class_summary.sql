-- Each share class of a portfolio, summed, and how it differs from the session before.
with class_total as (
  select
    index_code,
    reference_date,
    share_class,
    count(*) as position_count,
    sum(theoretical_quantity) as total_theoretical_quantity,
    sum(weight_pct) as total_weight_pct
  from position
  group by index_code, reference_date, share_class
)

select
  session.index_code,
  session.reference_date,
  present.share_class,
  cast(present.position_count as bigint) as position_count,
  cast(present.total_theoretical_quantity as bigint) as total_theoretical_quantity,
  cast(present.total_weight_pct as decimal(9, 3)) as total_weight_pct,
  cast(
    case
      when session.previous_reference_date is not null
        then
          present.total_theoretical_quantity - coalesce(previous.total_theoretical_quantity, 0)
    end as bigint
  ) as theoretical_quantity_change,
  cast(
    case
      when session.previous_reference_date is not null
        then present.total_weight_pct - coalesce(previous.total_weight_pct, 0)
    end as decimal(9, 3)
  ) as weight_change_pct
from session
inner join class_total as present
  on present.index_code = session.index_code
  and present.reference_date = session.reference_date
left join class_total as previous
  on previous.index_code = session.index_code
  and previous.reference_date = session.previous_reference_date
  and previous.share_class = present.share_class
order by session.index_code, session.reference_date, present.share_class
