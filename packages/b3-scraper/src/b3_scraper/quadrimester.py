"""Quadrimesters: their names, and the session in which their portfolios take effect."""

import datetime as dt
import re
from typing import Final

from b3_scraper.errors import ExtraMissing

__all__ = ["Quadrimester", "first_session", "named_quadrimester", "session_in_force"]

_FIRST_MONTHS: Final = {"jan": 1, "mai": 5, "set": 9}
_LAST_MONTHS: Final = {"abr": 1, "ago": 5, "dez": 9}
_PERIOD: Final = re.compile(r"\b([a-z]{3})[a-z]*\.? a ([a-z]{3})[a-z]*\.? (?:de )?(\d{4})\b")

Quadrimester = tuple[int, int]
"""The year and the first month."""


def named_quadrimester(text: str) -> Quadrimester | None:
    """The quadrimester in `Carteira Jan. a Abr. 2025` or `Para Maio a Agosto de 2026`.

    None for a text that names no period, or one that is no quadrimester.
    """
    match = _PERIOD.search(text.casefold())
    first = _FIRST_MONTHS.get(match[1]) if match else None
    last = _LAST_MONTHS.get(match[2]) if match else None
    return (int(match[3]), first) if match and first and first == last else None


def first_session(quadrimester: Quadrimester) -> dt.date:
    """The session in which its portfolios take effect. Raises ExtraMissing without a calendar."""
    try:
        from b3_contracts.trading_calendar import rebalance_day
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "dating a quadrimester needs B3's calendar: pip install 'b3-scraper[bulletin]'"
        ) from error
    return rebalance_day(*quadrimester)


def session_in_force(day: dt.date) -> dt.date:
    """The first session of the quadrimester whose portfolios are in force on a day."""
    month = (day.month - 1) // 4 * 4 + 1
    start = first_session((day.year, month))
    if day >= start:
        return start
    return first_session((day.year, month - 4) if month > 1 else (day.year - 1, 9))
