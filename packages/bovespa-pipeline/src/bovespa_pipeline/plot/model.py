"""Data of an index's plot: lines, gaps and events; no drawing.

Sessions that were not captured are not made up: a line says which of its steps are longer
than a holiday could make them.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import pyarrow as pa

from bovespa_pipeline.texts import ENGLISH, Texts, texts
from lake_io import NotInLake

__all__ = ["COLUMNS", "Line", "Mark", "Picture", "Segment", "picture_of"]

COLUMNS: Final = {"weights": "weight_pct", "quantities": "theoretical_quantity"}
HOLIDAYS: Final = 7
"""No two sessions in a row are further apart, in days: beyond that one is missing."""
FEW: Final = 2
"""Up to this many securities are named at a mark; more are counted."""

Row = dict[str, Any]
Point = tuple[dt.date, Decimal | int]


@dataclass(frozen=True)
class Segment:
    """A piece of a line; one that bridges sessions not captured has two points."""

    points: Sequence[Point]
    is_bridge: bool = False


@dataclass(frozen=True)
class Line:
    """A security over time, in pieces, and the sessions in which its quantity changed."""

    ticker: str
    segments: Sequence[Segment]
    changed: Collection[dt.date]

    @property
    def last(self) -> Point:
        return self.segments[-1].points[-1]


@dataclass(frozen=True)
class Mark:
    """A short text on the changes of one session."""

    session: dt.date
    cause: str
    text: str

    @property
    def is_rebalance(self) -> bool:
        return "rebalance" in self.cause.split(", ")


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn, largest security first."""

    index_code: str
    what: str
    sessions: Sequence[dt.date]
    lines: Sequence[Line]
    marks: Sequence[Mark]
    position_count: int
    weight_pct: Decimal
    """Total weight of the drawn securities in the last session."""
    language: str = ENGLISH


def picture_of(  # noqa: PLR0913 - what a picture is of
    weights: pa.Table,
    changes: pa.Table,
    *,
    what: str,
    top: int,
    tickers: Sequence[str] = (),
    language: str = ENGLISH,
) -> Picture:
    """The named securities of one index, or the `top` largest of its last session.

    Takes answers of `weights` and `changes` for the same span. Raises NotInLake for a
    ticker that was never in the index.
    """
    rows: list[Row] = weights.to_pylist()
    sessions = sorted({row["reference_date"] for row in rows})
    last = {
        row["ticker"]: row["weight_pct"] for row in rows if row["reference_date"] == sessions[-1]
    }
    drawn = _named(tickers, rows) if tickers else _largest(last, top)
    changed: list[Row] = changes.to_pylist()
    # The first session's changes are since one that the picture does not show.
    shown = [row for row in changed if row["reference_date"] > sessions[0]]
    words = texts(language)
    return Picture(
        rows[0]["index_code"],
        what,
        sessions,
        [_line(ticker, rows, COLUMNS[what], sessions, shown) for ticker in drawn],
        [_mark(date, list(same_day), words) for date, same_day in groupby(shown, key=_date)],
        len(last),
        sum((last.get(ticker, Decimal(0)) for ticker in drawn), Decimal(0)),
        language,
    )


def _date(row: Row) -> dt.date:
    date: dt.date = row["reference_date"]
    return date


def _largest(weights: Mapping[str, Decimal], top: int) -> Sequence[str]:
    return sorted(weights, key=lambda ticker: (-weights[ticker], ticker))[:top]


def _named(tickers: Sequence[str], rows: Sequence[Row]) -> Sequence[str]:
    tickers_in_rows = {row["ticker"] for row in rows}
    missing = [ticker for ticker in tickers if ticker not in tickers_in_rows]
    if missing:
        some = ", ".join(_largest({row["ticker"]: row["weight_pct"] for row in rows}, 5))
        raise NotInLake(
            f"{rows[0]['index_code']} held no {', '.join(missing)} in these sessions; "
            f"its largest securities: {some}"
        )
    return list(dict.fromkeys(tickers))


def _line(
    ticker: str,
    rows: Sequence[Row],
    column: str,
    sessions: Sequence[dt.date],
    changes: Sequence[Row],
) -> Line:
    points = {row["reference_date"]: row[column] for row in rows if row["ticker"] == ticker}
    changed = {row["reference_date"] for row in changes if row["ticker"] == ticker}
    return Line(ticker, _segments(points, sessions), changed & points.keys())


def _segments(points: Mapping[dt.date, Any], sessions: Sequence[dt.date]) -> Sequence[Segment]:
    """A new piece after a session without the security, and around sessions not captured."""
    pieces: list[Segment] = []
    before: dt.date | None = None
    for date in sessions:
        if date not in points:
            before = None
            continue
        here = (date, points[date])
        if before is None:
            pieces.append(Segment([here]))
        elif (date - before).days > HOLIDAYS:
            pieces += [Segment([(before, points[before]), here], is_bridge=True), Segment([here])]
        else:
            pieces[-1] = Segment([*pieces[-1].points, here])
        before = date
    return pieces


def _mark(session: dt.date, rows: Sequence[Row], words: Texts) -> Mark:
    causes = sorted({row["cause"] for row in rows})
    parts = [
        *_told("in", [row["ticker"] for row in rows if row["change_type"] == "inclusion"], words),
        *_told("out", [row["ticker"] for row in rows if row["change_type"] == "exclusion"], words),
        *_moved([row for row in rows if row["change_type"] == "quantity"], words),
        *(
            words("plot.renamed", previous=row["previous_ticker"], ticker=row["ticker"])
            for row in rows
            if row["previous_ticker"]
        ),
    ]
    return Mark(session, ", ".join(causes), ", ".join(parts))


def _told(verb: str, tickers: Sequence[str], words: Texts) -> Sequence[str]:
    if not tickers:
        return []
    named = " ".join(tickers) if len(tickers) <= FEW else str(len(tickers))
    return [words(f"plot.{verb}", tickers=named)]


def _moved(rows: Sequence[Row], words: Texts) -> Sequence[str]:
    if len(rows) > FEW:
        return [words("plot.moved", quantities=words.counted(len(rows), "quantity"))]
    ratios = [f"{row['quantity_ratio'] * 100 - 100:+.2f}" for row in rows]
    return [f"{row['ticker']} {words.number(r)} %" for row, r in zip(rows, ratios, strict=True)]
