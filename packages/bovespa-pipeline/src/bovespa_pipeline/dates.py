"""Dates and the clock: light, so that the command line can import it."""

import datetime as dt
from typing import Final

__all__ = ["SAO_PAULO", "Day", "as_date", "expected_session", "now"]

SAO_PAULO: Final = dt.timezone(dt.timedelta(hours=-3))
"""Brazil has had no daylight saving time since 2019."""

Day = dt.date | str
"""A date, or its text of the form YYYY-MM-DD."""


def now() -> dt.datetime:
    """Return the current time in UTC: the only clock of the package."""
    return dt.datetime.now(dt.UTC)


def as_date(day: Day) -> dt.date:
    """Convert a day to a date. Raises ValueError for a text of another form."""
    if isinstance(day, dt.datetime):
        return day.date()
    if isinstance(day, dt.date):
        return day
    if type(day).__name__ == "datetime64":  # NumPy's, which need not be installed here
        day = str(day).partition("T")[0]
    try:
        return dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise ValueError(f"{day!r} is no date of the form YYYY-MM-DD") from error


def expected_session(time: dt.datetime) -> dt.date:
    """The session that has to be there: the last one before today in São Paulo.

    Today's own is not asked for, whatever the time of the daily run is.
    """
    from b3_contracts.trading_calendar import is_trading_day

    day = time.astimezone(SAO_PAULO).date() - dt.timedelta(1)
    while not is_trading_day(day):
        day -= dt.timedelta(1)
    return day
