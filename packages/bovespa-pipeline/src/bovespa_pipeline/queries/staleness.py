"""The age of an answer: which sessions answer for a day, and which rebalances lie between."""

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from functools import cache

from bovespa_pipeline.queries.results import DatedAnswer, StaleAnswer
from lake_io import NotInLake

__all__ = ["assert_fresh", "rebalances_between", "warn_if_stale"]


def rebalances_between(sessions: Mapping[str, dt.date], day: dt.date) -> dict[str, dt.date]:
    """The first session of the last rebalance after an index's session and not after `day`.

    Indices without one are left out: their portfolio of that session is in force on the day.
    """
    last = max((each for each in _rebalances() if each <= day), default=dt.date.min)
    return {code: last for code, session in sessions.items() if session < last}


def assert_fresh(answer: DatedAnswer, max_age: int | None, *, is_today: bool) -> None:
    """Raises NotInLake for a session more than `max_age` days older than the day."""
    if max_age is None:
        return
    if not isinstance(max_age, int) or max_age < 0:
        raise ValueError(f"max_age={max_age!r}: a whole number of days, 0 or more, is expected")
    for code, session in answer.sessions.items():
        age = (answer.day - session).days
        if age > max_age:
            raise NotInLake(
                f"the latest session of {code} is {session}, {age} "
                f"{'day' if age == 1 else 'days'} before {'today' if is_today else answer.day}, "
                f"and no more than {max_age} were allowed"
            )


def warn_if_stale(answer: DatedAnswer) -> None:
    """Warn once, at the line that called the caller, of portfolios that are not in force."""
    stale = [
        f"{', '.join(codes)} of {session}, before the rebalance of {rebalance}"
        for codes, session, rebalance in answer.groups()
        if rebalance
    ]
    if stale:
        message = f"not the portfolios in force on {answer.day}: {'; '.join(stale)}"
        warnings.warn(message, StaleAnswer, stacklevel=3)


@cache
def _rebalances() -> Sequence[dt.date]:
    """Each rebalance's first session: a Monday, or the day after where that is a holiday."""
    from glue_transform.rebalances import rebalance_dates

    mondays: list[dt.date] = rebalance_dates()["rebalance_date"].to_pylist()
    return [_session_from(day) for day in mondays]


def _session_from(day: dt.date) -> dt.date:
    from b3_contracts.trading_calendar import closed_weekdays

    while closed_weekdays(day, day):
        day += dt.timedelta(days=1)
    return day
