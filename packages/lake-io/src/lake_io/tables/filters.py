"""Row filters for Iceberg, from keys as the contracts name them."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
from pyiceberg import expressions as where

__all__ = ["among", "covers", "sessions_of"]

Value = str | dt.date


def among(column: str, values: Collection[Value]) -> where.BooleanExpression:
    """The rows whose column is one of these; none where there are no values."""
    members: set[Any] = set(values)
    return where.In(column, members)  # type: ignore[call-arg,arg-type]  # pydantic hides __init__


def sessions_of(
    sessions: Mapping[str, Collection[dt.date]], date_column: str = "reference_date"
) -> where.BooleanExpression:
    """The rows of these sessions, or of the indices' other dates.

    Indices with the same dates are one term, for every term is evaluated for every file,
    and dates are one `In`, for an `Or` of hundreds of pairs recurses too deep.
    """
    indices: dict[frozenset[dt.date], set[str]] = {}
    for index, dates in sessions.items():
        indices.setdefault(frozenset(dates), set()).add(index)
    condition: where.BooleanExpression = where.AlwaysFalse()
    for dates, codes in indices.items():
        term = where.And(among("index_code", codes), among(date_column, dates))
        condition = where.Or(condition, term)
    return condition


def covers(keys: pa.Table) -> where.BooleanExpression:
    """The rows that belong to keys of one column, or to pairs of an index and a date."""
    if keys.num_columns == 1:
        return among(keys.column_names[0], keys.column(0).to_pylist())
    sessions: dict[str, set[dt.date]] = {}
    _, date_column = keys.column_names
    pairs = (keys[name].to_pylist() for name in ("index_code", date_column))
    for index, date in zip(*pairs, strict=True):
        sessions.setdefault(index, set()).add(date)
    return sessions_of(sessions, date_column)
