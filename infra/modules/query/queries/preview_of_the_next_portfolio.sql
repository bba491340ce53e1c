-- What B3's newest preview would change in an index: in, out, and the weights that move most.
-- Where `is_confirmed` is false no other answer came before it, so it may be an expired one.
with asked as (
    select 'IBOV' as index_code
),

newest as (
    select
        preview_position.index_code,
        preview_position.effective_date,
        preview_position.payload_sha256,
        preview_position.is_confirmed
    from preview_position
    join asked on preview_position.index_code = asked.index_code
    order by
        preview_position.effective_date desc,
        preview_position.first_seen_on desc,
        preview_position.payload_sha256
    limit 1
)

select
    preview_change.effective_date,
    preview_change.preview_number,
    preview_change.first_seen_on,
    newest.is_confirmed,
    preview_change.in_force_date,
    preview_change.change_type,
    preview_change.ticker,
    preview_change.company,
    preview_change.previous_weight_pct,
    preview_change.weight_pct,
    preview_change.weight_change_pct,
    preview_change.previous_theoretical_quantity,
    preview_change.theoretical_quantity
from preview_change
join newest
    on preview_change.index_code = newest.index_code
    and preview_change.effective_date = newest.effective_date
    and preview_change.payload_sha256 = newest.payload_sha256
join portfolio
    on preview_change.index_code = portfolio.index_code
    and preview_change.in_force_date = portfolio.reference_date
order by abs(preview_change.weight_change_pct) desc, preview_change.ticker
