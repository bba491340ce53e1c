-- What changed between each session and the captured session before it, and why.
-- The rules, in the order in which they are asked:
--   1. rename: one ticker leaves and one comes with the same share class and quantity,
--      and neither has another such partner: a change of `ticker`, not two changes.
--   2. rebalance: the first Monday of January, May or September, or the next session
--      where B3 is closed on it, lies after the previous session and not after this one.
--   3. corporate_action: the index adjusts quantities for dividends, and this quantity
--      moved no further than a dividend moves it; or at most 3 positions, or 5 % of the
--      previous portfolio's, changed (renames and such dividends not counted). Markers
--      such as EB support it, and do not decide.
--   4. unexplained: anything else.
with now_side as (
  select
    session.index_code,
    session.reference_date,
    session.previous_reference_date,
    position.ticker,
    position.theoretical_quantity
  from session
  inner join position
    on position.index_code = session.index_code
    and position.reference_date = session.reference_date
  where session.previous_reference_date is not null
),

before_side as (
  select
    session.index_code,
    session.reference_date,
    session.previous_reference_date,
    position.ticker,
    position.theoretical_quantity
  from session
  inner join position
    on position.index_code = session.index_code
    and position.reference_date = session.previous_reference_date
),

-- Few of many positions change: what else is said of them is looked up afterwards.
changed_ticker as (
  select
    coalesce(now_side.index_code, before_side.index_code) as index_code,
    coalesce(now_side.reference_date, before_side.reference_date) as reference_date,
    coalesce(
      now_side.previous_reference_date, before_side.previous_reference_date
    ) as previous_reference_date,
    coalesce(now_side.ticker, before_side.ticker) as ticker,
    before_side.theoretical_quantity as previous_theoretical_quantity,
    now_side.theoretical_quantity
  from now_side
  full outer join before_side
    on before_side.index_code = now_side.index_code
    and before_side.reference_date = now_side.reference_date
    and before_side.ticker = now_side.ticker
  where
    now_side.ticker is null
    or before_side.ticker is null
    or now_side.theoretical_quantity <> before_side.theoretical_quantity
),

changed as (
  select
    changed_ticker.index_code,
    changed_ticker.reference_date,
    changed_ticker.ticker,
    coalesce(now_line.company, before_line.company) as company,
    coalesce(now_line.share_class, before_line.share_class) as share_class,
    changed_ticker.previous_theoretical_quantity,
    changed_ticker.theoretical_quantity,
    before_line.weight_pct as previous_weight_pct,
    now_line.weight_pct
  from changed_ticker
  left join position as now_line
    on now_line.index_code = changed_ticker.index_code
    and now_line.reference_date = changed_ticker.reference_date
    and now_line.ticker = changed_ticker.ticker
  left join position as before_line
    on before_line.index_code = changed_ticker.index_code
    and before_line.reference_date = changed_ticker.previous_reference_date
    and before_line.ticker = changed_ticker.ticker
),

same_paper as (
  select
    entrant.index_code,
    entrant.reference_date,
    entrant.ticker,
    leaver.ticker as previous_ticker,
    leaver.previous_theoretical_quantity,
    leaver.previous_weight_pct,
    count(*) over (
      partition by entrant.index_code, entrant.reference_date, entrant.ticker
    ) as leaver_count,
    count(*) over (
      partition by leaver.index_code, leaver.reference_date, leaver.ticker
    ) as entrant_count
  from changed as entrant
  inner join changed as leaver
    on leaver.index_code = entrant.index_code
    and leaver.reference_date = entrant.reference_date
    and leaver.share_class = entrant.share_class
    and leaver.previous_theoretical_quantity = entrant.theoretical_quantity
  where
    entrant.previous_theoretical_quantity is null
    and leaver.theoretical_quantity is null
),

rename as (
  select * from same_paper where leaver_count = 1 and entrant_count = 1
),

classified as (
  select
    changed.index_code,
    changed.reference_date,
    changed.ticker,
    rename.previous_ticker,
    changed.company,
    changed.share_class,
    case
      when rename.ticker is not null then 'ticker'
      when changed.previous_theoretical_quantity is null then 'inclusion'
      when changed.theoretical_quantity is null then 'exclusion'
      else 'quantity'
    end as change_type,
    coalesce(
      rename.previous_theoretical_quantity, changed.previous_theoretical_quantity
    ) as previous_theoretical_quantity,
    changed.theoretical_quantity,
    coalesce(rename.previous_weight_pct, changed.previous_weight_pct) as previous_weight_pct,
    changed.weight_pct
  from changed
  left join rename
    on rename.index_code = changed.index_code
    and rename.reference_date = changed.reference_date
    and rename.ticker = changed.ticker
  left join rename as renamed_away
    on renamed_away.index_code = changed.index_code
    and renamed_away.reference_date = changed.reference_date
    and renamed_away.previous_ticker = changed.ticker
  where renamed_away.ticker is null
),

dividend as (
  select classified.index_code, classified.reference_date, classified.ticker
  from classified
  inner join dividend_adjusted_index as adjusted
    on adjusted.index_code = classified.index_code
  where
    classified.change_type = 'quantity'
    and cast(classified.theoretical_quantity as decimal(19, 0)) * 100
    >= cast(classified.previous_theoretical_quantity as decimal(19, 0)) * adjusted.least_percent
    and cast(classified.theoretical_quantity as decimal(19, 0)) * 100
    <= cast(classified.previous_theoretical_quantity as decimal(19, 0)) * adjusted.most_percent
),

-- Now divided by before, to 8 decimals, half up. Engines differ in how they divide
-- decimals, so only a multiple of the divisor is ever divided; its quotient is exact.
ratio as (
  select
    index_code,
    reference_date,
    ticker,
    theoretical_quantity div previous_theoretical_quantity as whole,
    cast(theoretical_quantity % previous_theoretical_quantity as decimal(19, 0)) * 100000000
    + previous_theoretical_quantity div 2 as scaled,
    cast(previous_theoretical_quantity as decimal(19, 0)) as parts
  from classified
),

pair as (
  select
    session.index_code,
    session.reference_date,
    session.previous_reference_date,
    count(rebalance.rebalance_date) as rebalance_count
  from session
  left join rebalance
    on rebalance.rebalance_date > session.previous_reference_date
    and rebalance.rebalance_date <= session.reference_date
  where session.previous_reference_date is not null
  group by session.index_code, session.reference_date, session.previous_reference_date
),

before_count as (
  select index_code, reference_date, count(*) as position_count
  from before_side
  group by index_code, reference_date
),

change_count as (
  select classified.index_code, classified.reference_date, count(*) as position_count
  from classified
  left join dividend
    on dividend.index_code = classified.index_code
    and dividend.reference_date = classified.reference_date
    and dividend.ticker = classified.ticker
  where classified.change_type <> 'ticker' and dividend.ticker is null
  group by classified.index_code, classified.reference_date
)

select
  classified.index_code,
  classified.reference_date,
  pair.previous_reference_date,
  cast(
    datediff(classified.reference_date, pair.previous_reference_date) as bigint
  ) as days_since_previous,
  classified.ticker,
  classified.previous_ticker,
  classified.company,
  classified.share_class,
  classified.change_type,
  case
    when classified.change_type = 'ticker' then 'rename'
    when pair.rebalance_count > 0 then 'rebalance'
    when dividend.ticker is not null then 'corporate_action'
    when change_count.position_count <= 3 then 'corporate_action'
    when change_count.position_count * 20 <= before_count.position_count then 'corporate_action'
    else 'unexplained'
  end as cause,
  cast(classified.previous_theoretical_quantity as bigint) as previous_theoretical_quantity,
  cast(classified.theoretical_quantity as bigint) as theoretical_quantity,
  cast(
    coalesce(classified.theoretical_quantity, 0)
    - coalesce(classified.previous_theoretical_quantity, 0) as bigint
  ) as quantity_change,
  cast(
    cast(ratio.whole as decimal(20, 0))
    + cast((ratio.scaled - ratio.scaled % ratio.parts) / ratio.parts as bigint) * 0.00000001
    as decimal(28, 8)
  ) as quantity_ratio,
  cast(classified.previous_weight_pct as decimal(9, 3)) as previous_weight_pct,
  cast(classified.weight_pct as decimal(9, 3)) as weight_pct,
  cast(
    coalesce(classified.weight_pct, 0) - coalesce(classified.previous_weight_pct, 0)
    as decimal(9, 3)
  ) as weight_change_pct
from classified
inner join ratio
  on ratio.index_code = classified.index_code
  and ratio.reference_date = classified.reference_date
  and ratio.ticker = classified.ticker
inner join pair
  on pair.index_code = classified.index_code
  and pair.reference_date = classified.reference_date
inner join before_count
  on before_count.index_code = classified.index_code
  and before_count.reference_date = classified.reference_date
left join dividend
  on dividend.index_code = classified.index_code
  and dividend.reference_date = classified.reference_date
  and dividend.ticker = classified.ticker
left join change_count
  on change_count.index_code = classified.index_code
  and change_count.reference_date = classified.reference_date
order by classified.index_code, classified.reference_date, classified.ticker
