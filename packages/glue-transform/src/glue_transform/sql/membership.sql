-- Each stay of a ticker in an index: its nth entry ends with its nth departure.
-- The changes of an index and the positions of its first session say everything.
with entry as (
  select
    index_code,
    ticker,
    company,
    reference_date as valid_from,
    previous_reference_date as absent_before,
    cause as entered_by,
    previous_ticker as earlier_ticker
  from position_change
  where change_type in ('inclusion', 'ticker')
  union all
  select
    position.index_code,
    position.ticker,
    position.company,
    position.reference_date as valid_from,
    cast(null as date) as absent_before,
    cast(null as string) as entered_by,
    cast(null as string) as earlier_ticker
  from position
  inner join index_span
    on index_span.index_code = position.index_code
    and index_span.first_session = position.reference_date
),

departure as (
  select
    index_code,
    case when change_type = 'ticker' then previous_ticker else ticker end as ticker,
    previous_reference_date as valid_to,
    reference_date as absent_after,
    cause as left_by,
    case when change_type = 'ticker' then ticker end as later_ticker
  from position_change
  where change_type in ('exclusion', 'ticker')
),

numbered_entry as (
  select *, row_number() over (partition by index_code, ticker order by valid_from) as stay
  from entry
),

numbered_departure as (
  select *, row_number() over (partition by index_code, ticker order by valid_to) as stay
  from departure
)

select
  entered.index_code,
  entered.ticker,
  entered.company,
  entered.valid_from,
  departed.valid_to,
  entered.absent_before,
  departed.absent_after,
  coalesce(departed.valid_to, index_span.last_session) as last_seen,
  entered.entered_by,
  departed.left_by,
  coalesce(departed.later_ticker, entered.earlier_ticker) as other_ticker
from numbered_entry as entered
inner join index_span on index_span.index_code = entered.index_code
left join numbered_departure as departed
  on departed.index_code = entered.index_code
  and departed.ticker = entered.ticker
  and departed.stay = entered.stay
order by entered.index_code, entered.ticker, entered.valid_from
