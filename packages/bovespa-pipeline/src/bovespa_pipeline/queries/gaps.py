"""Gaps: trading days without a captured session, by the calendar of `b3_contracts`.

A calendar only finds gaps: which session a portfolio is of, its header alone says.
"""

import datetime as dt
from collections.abc import Sequence

from b3_contracts.trading_calendar import trading_days

__all__ = ["missing_sessions"]


def missing_sessions(captured: Sequence[dt.date], until: dt.date | None = None) -> list[dt.date]:
    """Return the trading days from the first captured session on that are missing.

    They end with the last captured session, or with `until` where it is later.
    """
    captured_days = set(captured)
    last = max(captured_days) if until is None else max(*captured_days, until)
    return [day for day in trading_days(min(captured_days), last) if day not in captured_days]
