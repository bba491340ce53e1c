"""Errors of the scraper, named by the caller's next step.

B3Error
├── Unreachable     try again later: no connection, time-out, 429, 5xx, endpoint gone
│   └── Blocked     this address is refused (a page for people, 401, 403, 451); wait longer
├── NoPortfolio     nothing there: B3 knows no such index, or has no bulletin of that date
├── ExtraMissing    install what the message names
└── Refused         stop and tell a person: what came is not an exact portfolio
    ├── Undated     no date in it; pass `reference_date` if you know it
    ├── Unnamed     no index in it; pass `index` if you know it
    ├── UnknownColumns  columns of a table are not recognised; pass `columns`
    ├── NoSection   a bulletin without portfolios; another session's may have them
    └── InconsistentTotals  it was parsed, but its figures contradict each other
"""

import datetime as dt
from collections.abc import Sequence

from b3_contracts.errors import Broken, printable

__all__ = [
    "B3Error",
    "Blocked",
    "ExtraMissing",
    "InconsistentTotals",
    "NoPortfolio",
    "NoSection",
    "Refused",
    "Undated",
    "UnknownColumns",
    "Unnamed",
    "Unreachable",
]


class B3Error(Exception):
    """Any failure of this package that is not a mistake in the calling code.

    Its text can be printed and stored, whatever of B3's stands in it.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class Unreachable(B3Error):
    """B3 did not answer; the same call may work later."""


class Blocked(Unreachable):
    """A refusal of this address: a page for people (HTML, a CAPTCHA), or 401, 403, 451."""


class NoPortfolio(B3Error):
    """B3 answered, and has nothing under that index code or date."""


class ExtraMissing(B3Error):
    """A package that only some payloads need is not installed."""


class Refused(B3Error):
    """The payload breaks a rule; trying again does not help.

    `pages` are the bytes received, so that they can be kept; `broken` says which rule
    which rows broke, where it is about rows.
    """

    def __init__(
        self, message: str, *, pages: Sequence[bytes] = (), broken: Sequence[Broken] = ()
    ) -> None:
        super().__init__(message)
        self.pages = tuple(pages)
        self.broken = tuple(broken)


class Undated(Refused):
    """No date in the payload, or one that can be read as two.

    `dates` are the two; `languages` the codes of those its words and numbers are in, for
    callers who have a date from elsewhere that is written as B3 writes it. `is_quadrimester`:
    it is the portfolio of some quadrimester.
    """

    def __init__(
        self,
        message: str,
        *,
        dates: Sequence[dt.date] = (),
        languages: Sequence[str] = (),
        is_quadrimester: bool = False,
    ) -> None:
        super().__init__(message)
        self.dates = tuple(dates)
        self.languages = tuple(languages)
        self.is_quadrimester = is_quadrimester


class Unnamed(Refused):
    """The payload names no index (GetPortfolioDay's JSON never does)."""


class UnknownColumns(Refused):
    """A table whose names do not say which column is which."""


class NoSection(Refused):
    """A bulletin, or a chapter of one, that holds no index portfolios."""


class InconsistentTotals(Refused):
    """Weights, quantities or tickers contradict the payload's own totals."""
