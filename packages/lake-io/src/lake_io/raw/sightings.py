"""Later sightings: a payload was received again.

Typed rows say how their payload came first. B3's last answer counts, a capture counts more
than an import, and a clock that was wrong is right some day: so a later time is recorded
where it may decide something, and rows are read with the best one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from b3_contracts.layout import Sighting

__all__ = ["LONGEST_SERVED", "decides", "sighting_of", "with_best_sighting"]

LIVE: Final = "capture"
LONGEST_SERVED: Final = dt.timedelta(days=5)
"""B3 serves one session's portfolio over a weekend or carnival, and for no longer."""


def sighting_of(row: Mapping[str, Any]) -> Sighting:
    """Return the first sighting, from a typed row."""
    return Sighting(row["source"], row["captured_at"])


def decides(sighting: Sighting, first: Sighting, others: Iterable[Sighting]) -> bool:
    """True if a later sighting may change the published portfolio.

    It may where its source is a better one than the `known` one's; where another payload of
    the session was captured since; and where more than `LONGEST_SERVED` lies between, for
    then the earlier time was that of a wrong clock.
    """
    if sighting.precedence <= first.precedence:
        return False
    overtaken = any(
        sighting.source == other.source == LIVE and first.precedence < other.precedence
        for other in others
    )
    is_late = sighting.seen_at - first.seen_at > LONGEST_SERVED
    return sighting.source != first.source or overtaken or is_late


def with_best_sighting(
    rows: pa.Table, later: Iterable[Sighting], until: dt.datetime | None
) -> pa.Table:
    """Return the rows with source and time of the best sighting; none if there is none yet."""
    first = sighting_of(rows.slice(0, 1).to_pylist()[0])
    sightings = [s for s in (first, *later) if until is None or s.seen_at <= until]
    if not sightings:
        return rows.slice(0, 0)
    best = max(sightings, key=lambda sighting: sighting.precedence)
    if best == first:
        return rows
    for name, value in (("source", best.source), ("captured_at", best.seen_at)):
        place = rows.schema.get_field_index(name)
        values = pa.array([value] * rows.num_rows, rows.schema.field(name).type)
        rows = rows.set_column(place, rows.schema.field(name), values)
    return rows
