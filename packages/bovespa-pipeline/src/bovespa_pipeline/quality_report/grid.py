"""The grid of the quality site: the state of each index in each session."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from b3_contracts.layout import RawEntry
from b3_contracts.trading_calendar import closed_weekdays
from b3_contracts.vocabulary import QUADRIMESTER_SOURCES
from bovespa_pipeline.quality_report.reasons import Reason
from bovespa_pipeline.queries.gaps import missing_sessions
from glue_transform import IndexSession

__all__ = [
    "HOLIDAY",
    "MISSING",
    "PASSED",
    "QUADRIMESTER",
    "REFUSED",
    "WARNED",
    "WITHHELD",
    "Cells",
    "cells_of",
]

PASSED: Final = "passed"
QUADRIMESTER: Final = "quadrimester"
"""Passed, and published from a quadrimester's portfolio: that of its first session."""
WARNED: Final = "warned"
REFUSED: Final = "refused"
WITHHELD: Final = "withheld"
"""Its imports contradict each other, and the gate refused none of them."""
MISSING: Final = "missing"
HOLIDAY: Final = "holiday"


@dataclass(frozen=True)
class Cells:
    """The states of one index by day, and why B3 was closed on a holiday, by language."""

    states: Mapping[dt.date, str]
    closed: Mapping[dt.date, Mapping[str, str]]


def cells_of(
    sources: Mapping[IndexSession, str],
    reasons: Mapping[IndexSession, Collection[Reason]],
    withdrawn: Collection[RawEntry],
    expected: dt.date,
    ended: Collection[str],
) -> dict[str, Cells]:
    """The cells of each index, from its first session to the expected one, weekends left out.

    `sources` are those of the published sessions. The cells of an index that has `ended` end with
    its last session.
    """
    marks: dict[str, dict[dt.date, str]] = {}
    for session in sorted({*sources, *reasons}):
        if state := _state(sources.get(session), reasons.get(session, ())):
            marks.setdefault(session.index_code, {})[session.reference_date] = state
    withdrawn_sessions = {(entry.index_code, entry.reference_date) for entry in withdrawn}
    return {
        index: _with_calendar(
            states,
            {day for code, day in withdrawn_sessions if code == index},
            max(states) if index in ended else max(*states, expected),
        )
        for index, states in marks.items()
    }


def _state(source: str | None, reasons: Collection[Reason]) -> str | None:
    """The state of a session; `source` is that of its published portfolio, if it has one."""
    if source is not None:
        if any(reason.is_warning and reason.is_published for reason in reasons):
            return WARNED
        return QUADRIMESTER if source in QUADRIMESTER_SOURCES else PASSED
    standing = [reason for reason in reasons if reason.stands]
    if all(reason.withholds for reason in standing):
        return WITHHELD if standing else None
    return REFUSED


def _with_calendar(
    states: Mapping[dt.date, str], withdrawn: Collection[dt.date], last: dt.date
) -> Cells:
    closed = closed_weekdays(min(states), last)
    missing = {*missing_sessions(list(states), last), *withdrawn}
    blank = {**dict.fromkeys(closed, HOLIDAY), **dict.fromkeys(missing, MISSING)}
    return Cells({**blank, **states}, closed)
