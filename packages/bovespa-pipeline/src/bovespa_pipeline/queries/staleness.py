"""The age of an answer: which sessions answer for a day, and which rebalances lie between."""

import datetime as dt
import warnings
from collections.abc import Mapping
from typing import TypeVar

from b3_contracts.counts import counted
from bovespa_pipeline.queries.results import DatedAnswer, StaleAnswer
from lake_io import NotInLake

__all__ = ["fresh", "rebalances_between"]


AnswerT = TypeVar("AnswerT", bound=DatedAnswer)


def rebalances_between(sessions: Mapping[str, dt.date], day: dt.date) -> dict[str, dt.date]:
    """The first session of the last rebalance after an index's session and not after `day`.

    Indices without one are left out: their portfolio of that session is in force on the day.
    """
    earlier = {code: each for code, each in sessions.items() if each < _last_monday(day)}
    if not earlier:
        return {}
    from b3_contracts.trading_calendar import last_rebalance

    last = last_rebalance(day)
    return {code: last for code, session in earlier.items() if session < last}


def fresh(answer: AnswerT, max_age: int | None, *, is_today: bool) -> AnswerT:
    """Return the answer; warn, at the line that called the caller, if it is not in force.

    Raises NotInLake for a session more than `max_age` days older than the day, and ValueError for
    a `max_age` that is no number of days.
    """
    _assert_fresh(answer, max_age, is_today=is_today)
    _warn_if_stale(answer)
    return answer


def _assert_fresh(answer: DatedAnswer, max_age: int | None, *, is_today: bool) -> None:
    if max_age is None:
        return
    if not isinstance(max_age, int) or max_age < 0:
        raise ValueError(f"max_age={max_age!r}: a whole number of days, 0 or more, is expected")
    for code, session in answer.sessions.items():
        age = (answer.day - session).days
        if age > max_age:
            raise NotInLake(
                f"the latest session of {code} is {session}, {counted(age, 'day', 'days')} "
                f"before {'today' if is_today else answer.day}; "
                f"the limit is {counted(max_age, 'day', 'days')}"
            )


def _warn_if_stale(answer: DatedAnswer) -> None:
    stale = [
        f"{', '.join(codes)} of {session}, before the rebalance of {rebalance}"
        for codes, session, rebalance in answer.groups()
        if rebalance
    ]
    if stale:
        message = f"not the portfolios in force on {answer.day}: {'; '.join(stale)}"
        warnings.warn(message, StaleAnswer, stacklevel=4)


def _last_monday(day: dt.date) -> dt.date:
    """The last first Monday of January, May or September until `day`.

    No rebalance is earlier than its Monday, and the calendar of holidays takes long to import.
    """
    firsts = [dt.date(year, month, 1) for year in (day.year, day.year - 1) for month in (9, 5, 1)]
    mondays = (first + dt.timedelta(-first.weekday() % 7) for first in firsts)
    return next(monday for monday in mondays if monday <= day)
