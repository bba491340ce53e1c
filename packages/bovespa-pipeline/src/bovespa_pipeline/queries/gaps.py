"""Gaps: trading days without a captured session, by the calendar of `b3_contracts`.

A calendar only finds gaps: which session a portfolio is of, its header alone says.
"""

import datetime as dt
from collections.abc import Sequence

from b3_contracts.trading_calendar import trading_days

__all__ = ["missing_sessions"]


def missing_sessions(captured: Sequence[dt.date]) -> list[dt.date]:
    """Return the trading days between the first and the last captured session that are missing."""
    captured_days = set(captured)
    return [
        day
        for day in trading_days(min(captured_days), max(captured_days))
        if day not in captured_days
    ]
