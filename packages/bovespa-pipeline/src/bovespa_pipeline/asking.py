"""The questions everyone asks of the tables: who was in, and what changed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg import expressions as where

from lake_io import NotInLake, View
from lake_io.filters import among, sessions_of

__all__ = ["Members", "changes", "members", "sessions"]


@dataclass(frozen=True)
class Members:
    """The positions of an index in the session that answers for a date."""

    index_code: str
    asked: dt.date | None
    session: dt.date
    rows: pa.Table


def members(view: View, index_code: str, on: dt.date | None = None) -> Members:
    """Who was in the index on a date: the latest captured session not after it answers.

    Raises NotInLake for an index the lake does not hold, or a date before its first session.
    """
    known = sessions(view, index_code)
    answering = [date for date in known if on is None or date <= on]
    if not answering:
        raise NotInLake(f"{index_code} is in the lake from {known[0]} on, not on {on}")
    session = answering[-1]
    rows = view.read("position", sessions_of({index_code: {session}}))
    by_weight = pc.sort_indices(rows, [("weight_pct", "descending"), ("ticker", "ascending")])
    return Members(index_code, on, session, rows.take(by_weight))


def changes(
    view: View, index_code: str, first: dt.date = dt.date.min, last: dt.date = dt.date.max
) -> pa.Table:
    """What changed in the index between the two dates, by session and ticker."""
    sessions(view, index_code)
    span = where.And(
        where.GreaterThanOrEqual("reference_date", first),  # type: ignore[call-arg,arg-type]  # pydantic hides __init__
        where.LessThanOrEqual("reference_date", last),  # type: ignore[call-arg,arg-type]
    )
    rows = view.read("position_change", where.And(among("index_code", {index_code}), span))
    order = [(name, "ascending") for name in ("reference_date", "change_type", "ticker")]
    return rows.take(pc.sort_indices(rows, order))


def sessions(view: View, index_code: str) -> Sequence[dt.date]:
    """The captured sessions of an index in order. Raises NotInLake where there are none."""
    columns = ("index_code", "reference_date")
    found = view.read("portfolio", among("index_code", {index_code}), columns)
    if not found.num_rows:
        raise NotInLake(f"the lake holds no {index_code}; it holds {_held(view)}")
    dates: list[dt.date] = found["reference_date"].to_pylist()
    return sorted(dates)


def _held(view: View) -> str:
    codes = view.read("portfolio", columns=("index_code",))["index_code"].unique().to_pylist()
    return ", ".join(sorted(codes)) or "nothing yet: run `bovespa capture` and `bovespa refine`"
