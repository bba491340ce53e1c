-- The positions of the portfolios that passed the gate.
-- Rows of one index lie together, so that a reader of one index skips the others'.
select
  index_code,
  reference_date,
  ticker,
  company,
  share_class,
  ex_rights,
  listing_segment,
  sector,
  cast(theoretical_quantity as bigint) as theoretical_quantity,
  cast(weight_pct as decimal(9, 3)) as weight_pct
from raw_position
order by index_code, reference_date, ticker
