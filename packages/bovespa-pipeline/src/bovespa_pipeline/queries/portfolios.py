"""Common queries on the tables: members, weights and changes of an index."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg import expressions as where

from bovespa_pipeline.queries.indices import index_codes, unknown_index
from bovespa_pipeline.queries.results import Answer, Changes, Members
from bovespa_pipeline.queries.staleness import rebalances_between
from lake_io import LakeSnapshot, NotInLake
from lake_io.tables.filters import among, sessions_of

__all__ = [
    "WEIGHT_COLUMNS",
    "changes",
    "members",
    "sessions",
    "sessions_within",
    "weights",
]

COARSE_DAYS: Final = 100
"""Sessions so far apart are a quadrimester apart at least."""
WEIGHT_COLUMNS: Final = (
    "index_code",
    "reference_date",
    "ticker",
    "theoretical_quantity",
    "weight_pct",
)


def members(snapshot: LakeSnapshot, index_code: str, on: dt.date | None, today: dt.date) -> Members:
    """Members of the index on a date, from the latest captured session not after it.

    Without a date the newest session answers for today. Raises NotInLake for an index the lake
    does not hold, or a date before its first session.
    """
    sources = _sources(snapshot, index_code)
    answering = [date for date in sources if on is None or date <= on]
    if not answering:
        raise NotInLake(
            f"{index_code} is in the lake from {min(sources)} on, not on {on}: "
            f"run `bovespa members {index_code} --on {min(sources)}`"
        )
    session = max(answering)
    rows = snapshot.read("position", sessions_of({index_code: {session}}))
    by_weight = pc.sort_indices(rows, [("weight_pct", "descending"), ("ticker", "ascending")])
    newest, day = {index_code: session}, on or today
    return Members(
        rows.take(by_weight),
        day,
        newest,
        rebalances_between(newest, day),
        index_code,
        on,
        sources[session],
    )


def changes(
    snapshot: LakeSnapshot,
    index_code: str,
    first: dt.date = dt.date.min,
    last: dt.date = dt.date.max,
) -> Changes:
    """Changes of the index between two dates, by session and ticker.

    Raises NotInLake for an index the lake does not hold, or a span without a session.
    """
    rows = _of_span(snapshot, "position_change", index_code, first, last)
    ordered = _sorted(rows, "reference_date", "change_type", "ticker").arrow
    names = ["previous_reference_date", "reference_date", "days_since_previous"]
    steps = rows.select(names).group_by(names).aggregate([]).to_pylist()
    coarse = [tuple(step.values())[:2] for step in steps if step[names[2]] >= COARSE_DAYS]
    return Changes(ordered, tuple(sorted(coarse)))


def weights(
    snapshot: LakeSnapshot,
    index_code: str,
    first: dt.date = dt.date.min,
    last: dt.date = dt.date.max,
) -> Answer:
    """Every weight and quantity in the index between the two dates, by session and ticker.

    Raises NotInLake for an index the lake does not hold, or a span without a session.
    """
    rows = _of_span(snapshot, "position", index_code, first, last, WEIGHT_COLUMNS)
    return _sorted(rows, "reference_date", "ticker")


def sessions(snapshot: LakeSnapshot, index_code: str) -> Sequence[dt.date]:
    """The captured sessions of an index in order. Raises NotInLake where there are none."""
    return sorted(_sources(snapshot, index_code))


def _sources(snapshot: LakeSnapshot, index_code: str) -> dict[dt.date, str]:
    """The source of each session of an index. Raises NotInLake where there are none."""
    columns = ("index_code", "reference_date", "source")
    rows = snapshot.read("portfolio", among("index_code", {index_code}), columns)
    if not rows.num_rows:
        raise unknown_index(index_code, index_codes(snapshot))
    pairs = zip(rows["reference_date"].to_pylist(), rows["source"].to_pylist(), strict=True)
    return dict(pairs)


def _of_span(  # noqa: PLR0913, PLR0917 - a span of a table
    snapshot: LakeSnapshot,
    table: str,
    index_code: str,
    first: dt.date,
    last: dt.date,
    columns: Sequence[str] = ("*",),
) -> pa.Table:
    """The rows of the span, its ends moved to sessions: Iceberg has no month before year 1."""
    dates = sessions_within(snapshot, index_code, first, last)
    span = where.And(
        where.GreaterThanOrEqual("reference_date", dates[0]),  # type: ignore[call-arg,arg-type]  # pydantic hides __init__
        where.LessThanOrEqual("reference_date", dates[-1]),  # type: ignore[call-arg,arg-type]
    )
    return snapshot.read(table, where.And(among("index_code", {index_code}), span), columns)


def sessions_within(
    snapshot: LakeSnapshot, index_code: str, first: dt.date, last: dt.date
) -> Sequence[dt.date]:
    """The captured sessions of an index in a span. Raises NotInLake where there are none."""
    dates = sessions(snapshot, index_code)
    within = [date for date in dates if first <= date <= last]
    if not within:
        before = [date for date in dates if date < first][-1:]
        after = [date for date in dates if date > last][:1]
        raise NotInLake(
            f"{_none_within(index_code, first, last)}; "
            f"the nearest: {' and '.join(map(str, [*before, *after]))}"
        )
    return within


def _none_within(index_code: str, first: dt.date, last: dt.date) -> str:
    """State that a span has no session, without an end that was not given."""
    if last == dt.date.max:
        return f"no session of {index_code} from {first} on is in the lake"
    if first == dt.date.min:
        return f"no session of {index_code} up to {last} is in the lake"
    return f"no session of {index_code} from {first} to {last} is in the lake"


def _sorted(rows: pa.Table, *names: str) -> Answer:
    order = [(name, "ascending") for name in names]
    return Answer(rows.take(pc.sort_indices(rows, order)))
