"""The rebalance dates, as an input of the statements."""

from typing import Final

import pyarrow as pa

from b3_contracts.trading_calendar import QUADRIMESTER_MONTHS, rebalance_day

__all__ = ["rebalance_dates"]

FIRST_YEAR: Final = 1994
LAST_YEAR: Final = 2100


def rebalance_dates() -> pa.Table:
    """Every rebalance date, from the real's first year on, as the input `rebalance`."""
    dates = [
        rebalance_day(year, month)
        for year in range(FIRST_YEAR, LAST_YEAR)
        for month in QUADRIMESTER_MONTHS
    ]
    return pa.table({"rebalance_date": pa.array(dates, pa.date32())})
