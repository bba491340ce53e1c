"""Dates and the clock: light, so that the command line can import it."""

import datetime as dt
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SAO_PAULO", "Day", "Time", "as_date", "as_time", "expected_session", "now"]

SAO_PAULO: Final = dt.timezone(dt.timedelta(hours=-3))
"""Brazil has had no daylight saving time since 2019."""

Day: TypeAlias = Union[dt.date, str, "np.datetime64"]
"""A date, a time whose date counts (pandas' and NumPy's too), or a text of the form YYYY-MM-DD."""
Time: TypeAlias = Union[dt.date, str, "np.datetime64"]
"""A time or the start of a day (pandas' and NumPy's too), or a text in ISO 8601; UTC by default."""


def now() -> dt.datetime:
    """Return the current time in UTC: the only clock of the package."""
    return dt.datetime.now(dt.UTC)


def as_date(day: Day) -> dt.date:
    """Convert a day to a date. Raises ValueError for a text of another form, and TypeError."""
    value = _from_numpy(day)
    if isinstance(value, dt.datetime):
        value = _not_nat(value).date()
    if isinstance(value, dt.date):
        return value
    text = _text(value, "date")
    if value is not day:  # NumPy's, which may have a time
        text = text.partition("T")[0]
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise ValueError(f"{day!r} is no date of the form YYYY-MM-DD") from error


def as_time(time: Time) -> dt.datetime:
    """Convert a time to one with a time zone. Raises ValueError for no ISO 8601, and TypeError."""
    value = _from_numpy(time)
    if not isinstance(value, dt.datetime):
        text = value.isoformat() if isinstance(value, dt.date) else _text(value, "time")
        value = dt.datetime.fromisoformat(text)
    value = _not_nat(value)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _from_numpy(value: object) -> object:
    """The text of a value of NumPy's, which need not be installed."""
    return str(value) if type(value).__name__ == "datetime64" else value


def _not_nat(time: dt.datetime) -> dt.datetime:
    """Raises ValueError for pandas' NaT, which is a datetime and equals nothing."""
    if time != time:  # noqa: PLR0124 - no other value differs from itself
        raise ValueError("NaT is no time")
    return time


def _text(value: object, kind: str) -> str:
    if not isinstance(value, str):
        name = type(value).__name__
        raise TypeError(
            f"a {kind} or its text (YYYY-MM-DD) is expected, not a value of type {name}"
        )
    return value


def expected_session(time: dt.datetime) -> dt.date:
    """The session that has to be there: the last one before today in São Paulo.

    Today's own is not asked for, whatever the time of the daily run is.
    """
    from b3_contracts.trading_calendar import is_trading_day

    day = time.astimezone(SAO_PAULO).date() - dt.timedelta(1)
    while not is_trading_day(day):
        day -= dt.timedelta(1)
    return day
