"""B3's closed days: to find gaps, to date rebalances, and to doubt a portfolio of a closed day.

The date in a portfolio's header is the truth about its session; a calendar is evidence only.

Source of the holidays: the package `holidays`, market BVMF. It is right from 2022 on and lacks
the closures of `LOCAL_CLOSURES` before. Those were compared day by day, 2000 to 2021, with
`exchange_calendars` 4.13 (BVMF), `pandas_market_calendars` 4.6 (BMF) and `bizdays` 1.0 (B3):
together with `holidays` 0.109 they give the closed days that all three agree on. The one day
without agreement is 12 June 2014, the opening of the World Cup in São Paulo, which only
`pandas_market_calendars` counts as a session. In the pandemic the city moved its holidays of
2020 and 2021 and B3 did not follow: 9 July and 20 November 2020 were sessions.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import holidays

__all__ = [
    "LOCAL_CLOSURES",
    "QUADRIMESTER_MONTHS",
    "LocalClosure",
    "closed_on",
    "closed_weekdays",
    "is_trading_day",
    "last_rebalance",
    "next_rebalance",
    "next_trading_day",
    "preview_days",
    "rebalance_day",
    "trading_days",
    "weekdays",
]

QUADRIMESTER_MONTHS: Final = (1, 5, 9)
"""The months in which the portfolios of a quadrimester take effect."""

Names = Mapping[str, str]
"""The reason of a closed day, by language: `en`, `pt-BR`."""

_SATURDAY: Final = 5
_MIDDLE: Final = 15
_SESSIONS_BEFORE: Final = 5
_FIVE_SESSIONS_SINCE: Final = dt.date(2026, 1, 1)
"""The first portfolios whose third preview came five sessions before them."""
_SPOKEN: Final = {"en": "en_US", "pt-BR": "pt_BR"}
_WEEKEND: Final[tuple[Names, Names]] = (
    {"en": "Saturday", "pt-BR": "Sábado"},
    {"en": "Sunday", "pt-BR": "Domingo"},
)


@dataclass(frozen=True)
class LocalClosure:
    """A day of the year on which B3 was closed and `holidays` has a session, in some years."""

    month: int
    day: int
    years: range
    names: Names
    traded: frozenset[int] = frozenset()
    """Years in which the day was a session all the same."""
    weekday_before: bool = False
    """Whether B3 closed on the last weekday before, where the day was in a weekend."""

    def in_year(self, year: int) -> dt.date | None:
        """The day of this closure in `year`, None if B3 did not close for it."""
        if year not in self.years or year in self.traded:
            return None
        day = dt.date(year, self.month, self.day)
        beyond_friday = max(0, day.weekday() - _SATURDAY + 1)
        return day - dt.timedelta(beyond_friday) if self.weekday_before else day


LOCAL_CLOSURES: Final = (
    LocalClosure(
        1, 25, range(2000, 2022), {"en": "São Paulo City Day", "pt-BR": "Aniversário de São Paulo"}
    ),
    LocalClosure(
        7,
        9,
        range(2000, 2022),
        {
            "en": "Constitutionalist Revolution Day",
            "pt-BR": "Revolução Constitucionalista",
        },
        traded=frozenset({2020}),
    ),
    LocalClosure(
        11,
        20,
        range(2004, 2020),
        {"en": "Black Awareness Day", "pt-BR": "Dia da Consciência Negra"},
    ),
    LocalClosure(
        6,
        12,
        range(2014, 2015),
        {"en": "Opening of the World Cup", "pt-BR": "Abertura da Copa do Mundo"},
    ),
    LocalClosure(12, 24, range(2000, 2018), {"en": "Christmas Eve", "pt-BR": "Véspera de Natal"}),
    LocalClosure(
        12,
        31,
        range(2000, 2018),
        {"en": "Last Business Day of the Year", "pt-BR": "Último dia útil do ano"},
        weekday_before=True,
    ),
)
"""B3's closures before 2022 that `holidays` lacks; the module's docstring names the source."""


def is_trading_day(day: dt.date) -> bool:
    """True if B3 held or will hold a session on `day`."""
    return closed_on(day) is None


def closed_on(day: dt.date) -> Names | None:
    """The reason by language why B3 is closed on `day`, None on a trading day."""
    if day.weekday() >= _SATURDAY:
        return _WEEKEND[day.weekday() - _SATURDAY]
    return _closed_in(day.year).get(day)


def next_trading_day(day: dt.date) -> dt.date:
    """`day` itself if B3 trades on it, else the first trading day after it."""
    while not is_trading_day(day):
        day += dt.timedelta(1)
    return day


def rebalance_day(year: int, month: int) -> dt.date:
    """The session in which the portfolios of the quadrimester that begins in `month` take effect.

    Source: B3's methodology of its indices; the first Monday of January, May or September, or
    the next session where B3 is closed on it (2 January 2018, 8 September 2020).
    """
    first = dt.date(year, month, 1)
    return next_trading_day(first + dt.timedelta(days=-first.weekday() % 7))


def next_rebalance(day: dt.date) -> dt.date:
    """The first rebalance after `day`."""
    starts = [(year, month) for year in (day.year, day.year + 1) for month in QUADRIMESTER_MONTHS]
    return next(start for start in itertools.starmap(rebalance_day, starts) if start > day)


def last_rebalance(day: dt.date) -> dt.date:
    """The last rebalance until `day`, itself included."""
    starts = [(year, month) for year in (day.year, day.year - 1) for month in QUADRIMESTER_MONTHS]
    days = sorted(itertools.starmap(rebalance_day, starts), reverse=True)
    return next(start for start in days if start <= day)


def preview_days(effective_date: dt.date) -> tuple[dt.date, dt.date, dt.date]:
    """The sessions on which B3 publishes the three previews of a rebalance's portfolio.

    Source: B3's calendar of previews; the first session of the quadrimester's last month, the one
    after its 15th, and five sessions before the portfolio takes effect (until 2025: the second-last
    session of the month).
    """
    month = (effective_date.replace(day=1) - dt.timedelta(1)).replace(day=1)
    sessions = list(trading_days(month, effective_date - dt.timedelta(1)))
    second = next(day for day in sessions if day.day > _MIDDLE or day.month != month.month)
    if effective_date >= _FIVE_SESSIONS_SINCE:
        return sessions[0], second, sessions[-_SESSIONS_BEFORE]
    return sessions[0], second, [day for day in sessions if day.month == month.month][-2]


def trading_days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The trading days of a span, both ends included."""
    return filter(is_trading_day, weekdays(first, last))


def closed_weekdays(first: dt.date, last: dt.date) -> Mapping[dt.date, Names]:
    """The closed days of a span that are no Saturday or Sunday, and the reason of each."""
    return {day: why for day in weekdays(first, last) if (why := closed_on(day)) is not None}


def weekdays(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Monday to Friday of a span, both ends included."""
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(number)
        if day.weekday() < _SATURDAY:
            yield day


@cache
def _closed_in(year: int) -> Mapping[dt.date, Names]:
    by_name = {
        language: holidays.financial_holidays("BVMF", years=year, language=spoken)
        for language, spoken in _SPOKEN.items()
    }
    closed = {
        day: {language: why[day] for language, why in by_name.items()}
        for day in sorted(by_name["en"])
    }
    local = ((closure.in_year(year), closure.names) for closure in LOCAL_CLOSURES)
    return {**{day: names for day, names in local if day is not None}, **closed}
