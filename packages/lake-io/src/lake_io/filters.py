"""Row filters for Iceberg, from keys as the contracts name them."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import pyarrow as pa
from pyiceberg import expressions as where

__all__ = ["among", "covers", "sessions_of"]

Value = str | dt.date


def among(column: str, values: Collection[Value]) -> where.BooleanExpression:
    """The rows whose column is one of these; none where there are no values."""
    members: set[Any] = set(values)
    return where.In(column, members)  # type: ignore[call-arg,arg-type]  # pydantic hides __init__


def sessions_of(sessions: dict[str, set[dt.date]]) -> where.BooleanExpression:
    """The rows of these sessions: one `In` of dates an index, for an `Or` of pairs is too deep."""
    found: where.BooleanExpression = where.AlwaysFalse()
    for index, dates in sessions.items():
        session = where.And(among("index_code", {index}), among("reference_date", dates))
        found = where.Or(found, session)
    return found


def covers(keys: pa.Table) -> where.BooleanExpression:
    """The rows that belong to keys of one column, or to (index_code, reference_date) pairs."""
    if keys.num_columns == 1:
        return among(keys.column_names[0], keys.column(0).to_pylist())
    sessions: dict[str, set[dt.date]] = {}
    for row in keys.to_pylist():
        sessions.setdefault(row["index_code"], set()).add(row["reference_date"])
    return sessions_of(sessions)
