-- The positions of the portfolios that passed the gate.
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
