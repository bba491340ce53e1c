"""The grid of the quality site: the state of each index in each session."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from b3_contracts.layout import RawEntry
from b3_contracts.trading_calendar import closed_weekdays
from bovespa_pipeline.quality_report.reasons import Reason
from bovespa_pipeline.queries.gaps import missing_sessions
from glue_transform import IndexSession

__all__ = ["HOLIDAY", "MISSING", "PASSED", "REFUSED", "WARNED", "Cells", "cells_of"]

PASSED: Final = "passed"
WARNED: Final = "warned"
REFUSED: Final = "refused"
MISSING: Final = "missing"
HOLIDAY: Final = "holiday"


@dataclass(frozen=True)
class Cells:
    """The states of one index by day, and why B3 was closed on a holiday, by language."""

    states: Mapping[dt.date, str]
    closed: Mapping[dt.date, Mapping[str, str]]


def cells_of(
    published: Collection[IndexSession],
    reasons: Mapping[IndexSession, Collection[Reason]],
    withdrawn: Collection[RawEntry],
) -> dict[str, Cells]:
    """The cells of each index, from its first known session to its last, weekends left out.

    A session nobody captured is missing if it lies between two that somebody did: whether an
    index has ended or was not asked for, no calendar can tell.
    """
    marks: dict[str, dict[dt.date, str]] = {}
    for session in sorted({*published, *reasons}):
        if state := _state(session in published, reasons.get(session, ())):
            marks.setdefault(session.index_code, {})[session.reference_date] = state
    withdrawn_sessions = {(entry.index_code, entry.reference_date) for entry in withdrawn}
    return {
        index: _with_calendar(states, {day for code, day in withdrawn_sessions if code == index})
        for index, states in marks.items()
    }


def _state(is_published: bool, reasons: Collection[Reason]) -> str | None:
    if is_published:
        return (
            WARNED
            if any(reason.is_warning and reason.is_published for reason in reasons)
            else PASSED
        )
    return REFUSED if any(reason.stands for reason in reasons) else None


def _with_calendar(states: Mapping[dt.date, str], withdrawn: Collection[dt.date]) -> Cells:
    closed = closed_weekdays(min(states), max(states))
    missing = {*missing_sessions(list(states)), *withdrawn}
    blank = {**dict.fromkeys(closed, HOLIDAY), **dict.fromkeys(missing, MISSING)}
    return Cells({**blank, **states}, closed)
