"""The rebalance dates: a new portfolio takes effect in January, May and September.

Source: B3's methodology of its indices; the first Monday of the month, or the next session
where B3 is closed on that Monday (2 January 2018, 8 September 2020).
"""

import datetime as dt
from typing import Final

import pyarrow as pa

from b3_contracts.trading_calendar import next_trading_day

__all__ = ["rebalance_dates"]

FIRST_YEAR: Final = 1994
LAST_YEAR: Final = 2100
MONTHS: Final = (1, 5, 9)


def rebalance_dates() -> pa.Table:
    """Every rebalance date, from the real's first year on, as the input `rebalance`."""
    dates = [
        next_trading_day(_first_monday(year, month))
        for year in range(FIRST_YEAR, LAST_YEAR)
        for month in MONTHS
    ]
    return pa.table({"rebalance_date": pa.array(dates, pa.date32())})


def _first_monday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=-first.weekday() % 7)
