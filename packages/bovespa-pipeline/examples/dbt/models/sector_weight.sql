select
  index_code,
  reference_date,
  sector,
  sum(weight_pct) as weight_pct
from {{ source("bovespa", "position") }}
group by index_code, reference_date, sector
