"""A summary of the changes of an index: a line for each session and cause."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from bovespa_pipeline.texts import Texts, texts

__all__ = ["COLUMNS", "summarise_changes"]

COLUMNS: Final = ("session", "since", "cause", "what changed")
FEW: Final = 3
"""Up to this many changed quantities are listed; more are counted."""

Row = dict[str, Any]


def summarise_changes(changes: pa.Table, words: Texts | None = None) -> pa.Table:
    """A line a session and cause, from rows of contract `position_change` of one index.

    In English, or in the language of `words`.
    """
    words = words or texts()
    rows = sorted(changes.to_pylist(), key=_session_and_cause)
    lines = [
        (
            words.shown(date),
            words.shown(group[0]["previous_reference_date"]),
            words.term("values.cause", cause),
            "; ".join(_told(group, words)),
        )
        for (date, cause), rows_of_cause in groupby(rows, key=_session_and_cause)
        for group in [list(rows_of_cause)]
    ]
    columns = list(zip(*lines, strict=True)) or [()] * len(COLUMNS)
    return pa.table([pa.array(column, pa.string()) for column in columns], list(COLUMNS))


def _session_and_cause(row: Row) -> tuple[Any, str]:
    return row["reference_date"], row["cause"]


def _told(rows: Sequence[Row], words: Texts) -> Iterator[str]:
    for row in _of(rows, "ticker"):
        yield words("summary.renamed", previous=row["previous_ticker"], ticker=row["ticker"])
    for change_type, verb in (("inclusion", "in"), ("exclusion", "out")):
        tickers = [row["ticker"] for row in _of(rows, change_type)]
        if tickers:
            yield words(f"summary.{verb}", tickers=", ".join(tickers))
    moved = _of(rows, "quantity")
    if len(moved) > FEW:
        yield words("summary.quantities", quantities=words.counted(len(moved), "quantity"))
    else:
        yield from (_moved(row, words) for row in moved)


def _of(rows: Sequence[Row], change_type: str) -> list[Row]:
    return [row for row in rows if row["change_type"] == change_type]


def _moved(row: Row, words: Texts) -> str:
    return words(
        "summary.moved",
        ticker=row["ticker"],
        before=row["previous_theoretical_quantity"],
        now=row["theoretical_quantity"],
        ratio=words.number(f"{row['quantity_ratio'] * 100 - 100:+.2f}"),
    )
