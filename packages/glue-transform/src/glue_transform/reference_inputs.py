"""Inputs of the statements that come from the contracts and the calendar, not from a lake."""

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.trading_calendar import is_trading_day
from b3_contracts.vocabulary import (
    DIVIDEND_ADJUSTED_INDICES,
    DIVIDEND_RATIO_PERCENT,
    OPEN_VOCABULARIES,
)

__all__ = ["closed_days", "dividend_adjusted_indices", "vocabulary_words"]


def vocabulary_words() -> pa.Table:
    """The known words of each open vocabulary, as the input `vocabulary_word`."""
    rows = [
        (vocabulary.column, word)
        for vocabulary in OPEN_VOCABULARIES
        for word in sorted(vocabulary.known)
    ]
    columns, words = zip(*rows, strict=True)
    return pa.table({"column_name": columns, "word": words})


def closed_days(dates: pa.ChunkedArray) -> pa.Table:
    """Those of `dates` on which B3 held no session, once each, as the input `closed_day`."""
    closed = [day for day in pc.unique(dates).to_pylist() if not is_trading_day(day)]
    return pa.table({"closed_date": pa.array(closed, pa.date32())})


def dividend_adjusted_indices() -> pa.Table:
    """The indices whose quantities dividends change, as the input `dividend_adjusted_index`."""
    least, most = DIVIDEND_RATIO_PERCENT
    codes = sorted(DIVIDEND_ADJUSTED_INDICES)
    return pa.table(
        {
            "index_code": pa.array(codes, pa.string()),
            "least_percent": pa.array([least] * len(codes), pa.int64()),
            "most_percent": pa.array([most] * len(codes), pa.int64()),
        }
    )
