"""Sessions that B3 held and the lake lacks.

A calendar only finds gaps: which session a portfolio is of, its header alone says.
Source of the holidays: the package `holidays`, market BVMF.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import holidays

__all__ = ["missing_sessions"]

SATURDAY: Final = 5


def missing_sessions(captured: Sequence[dt.date]) -> list[dt.date]:
    """The trading days between the first and the last captured session that are not there."""
    held = set(captured)
    return [day for day in _trading_days(min(held), max(held)) if day not in held]


def _trading_days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    closed = holidays.financial_holidays("BVMF", years=range(first.year, last.year + 1))
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(days=number)
        if day.weekday() < SATURDAY and day not in closed:
            yield day
