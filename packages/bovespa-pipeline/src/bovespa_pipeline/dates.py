"""Dates and the clock: light, so that the command line can import it."""

import datetime as dt

__all__ = ["Day", "as_date", "now"]

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
    try:
        return dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise ValueError(f"{day!r} is no date of the form YYYY-MM-DD") from error
