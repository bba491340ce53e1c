"""The newest preview of an index, and what it would change."""

import datetime as dt
from typing import Final

import pyarrow.compute as pc
from pyiceberg import expressions as where

from bovespa_pipeline.queries.indices import index_codes, unknown_index
from bovespa_pipeline.queries.results import Answer, Preview
from lake_io import LakeSnapshot, NotInLake
from lake_io.tables.filters import among

__all__ = ["preview"]

_ABOUT: Final = (
    "effective_date",
    "first_seen_on",
    "payload_sha256",
    "preview_number",
    "is_confirmed",
    "in_force_date",
)


def preview(snapshot: LakeSnapshot, index_code: str, today: dt.date) -> Preview:
    """The preview of an index that came last. Raises NotInLake where the lake has none."""
    of_index = among("index_code", {index_code})
    rows_of_index = snapshot.read("preview_position", of_index, _ABOUT)
    if not rows_of_index.num_rows:
        raise _no_preview(snapshot, index_code, today)
    about = max(rows_of_index.to_pylist(), key=lambda row: [row[name] for name in _ABOUT[:3]])
    is_it = where.And(of_index, among("payload_sha256", {about["payload_sha256"]}))
    is_it = where.And(is_it, among("effective_date", {about["effective_date"]}))
    rows = snapshot.read("preview_position", is_it)
    changes = snapshot.read("preview_change", is_it)
    sizes = changes.append_column("size", pc.abs(changes["weight_change_pct"]))
    largest = pc.sort_indices(sizes, [("size", "descending"), ("ticker", "ascending")])
    by_weight = pc.sort_indices(rows, [("weight_pct", "descending"), ("ticker", "ascending")])
    return Preview(
        rows.take(by_weight),
        index_code,
        about["effective_date"],
        about["preview_number"],
        about["first_seen_on"],
        about["is_confirmed"],
        about["in_force_date"],
        Answer(changes.take(largest)),
    )


def _no_preview(snapshot: LakeSnapshot, index_code: str, today: dt.date) -> NotInLake:
    """The refusal of an index that the lake does not hold, or whose preview has not come."""
    codes = index_codes(snapshot)
    if index_code not in codes:
        return unknown_index(index_code, codes)
    return NotInLake(f"the lake holds no preview of {index_code}: {_next(today)}")


def _next(today: dt.date) -> str:
    """When B3 publishes the next one, as the end of a sentence."""
    from b3_contracts.trading_calendar import next_rebalance, preview_days

    effective = next_rebalance(today)
    first, *_ = preview_days(effective)
    if today < first:
        return f"B3 publishes the first one of {effective} on {first}"
    return f"B3 has published those of {effective} since {first}, and a capture would bring them"
