-- How long each member of an index has been in it, in days up to its latest captured session.
-- Where `entered_by` is empty the security was there when capturing began: it is at least so long.
with asked as (
    select 'IBOV' as index_code
),

session as (
    select portfolio.index_code, max(portfolio.reference_date) as reference_date
    from portfolio
    join asked on portfolio.index_code = asked.index_code
    group by portfolio.index_code
)

select
    membership.ticker,
    membership.company,
    membership.valid_from,
    membership.entered_by,
    date_diff('day', membership.valid_from, session.reference_date) as days_since_inclusion
from membership
join session
    on membership.index_code = session.index_code
    and membership.last_seen = session.reference_date
order by days_since_inclusion, membership.ticker
