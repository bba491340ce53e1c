"""Sessions that B3 held and the lake lacks.

A calendar only finds gaps: which session a portfolio is of, its header alone says.
Source of the holidays: the package `holidays`, market BVMF.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import holidays

__all__ = ["closed_weekdays", "missing_sessions"]

SATURDAY: Final = 5
_LANGUAGES: Final = {"en": "en_US", "pt-BR": "pt_BR"}


def missing_sessions(captured: Sequence[dt.date]) -> list[dt.date]:
    """The trading days between the first and the last captured session that are not there."""
    held = set(captured)
    closed = closed_weekdays(min(held), max(held))
    return [day for day in _weekdays(min(held), max(held)) if day not in closed and day not in held]


def closed_weekdays(first: dt.date, last: dt.date) -> Mapping[dt.date, Mapping[str, str]]:
    """The days but Saturdays and Sundays on which B3 holds no session; why, by language."""
    return {
        day: why
        for year in range(first.year, last.year + 1)
        for day, why in _closed_in(year).items()
        if first <= day <= last and day.weekday() < SATURDAY
    }


@cache
def _closed_in(year: int) -> Mapping[dt.date, Mapping[str, str]]:
    named = {
        language: holidays.financial_holidays("BVMF", years=year, language=spoken)
        for language, spoken in _LANGUAGES.items()
    }
    return {
        day: {language: why[day] for language, why in named.items()} for day in sorted(named["en"])
    }


def _weekdays(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(days=number)
        if day.weekday() < SATURDAY:
            yield day
