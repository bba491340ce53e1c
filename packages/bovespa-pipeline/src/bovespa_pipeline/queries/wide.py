"""Weights of an index side by side: a row per session, a column per security."""

import pyarrow as pa
import pyarrow.compute as pc

from lake_io import LakeSnapshot
from lake_io.tables.filters import among

__all__ = ["weights_wide"]


def weights_wide(snapshot: LakeSnapshot, index_code: str) -> pa.Table:
    """`reference_date`, then a column of weights in percent for each ticker, in order.

    Null where a security was not in the index.
    """
    names = ("reference_date", "ticker", "weight_pct")
    rows = snapshot.read("position", among("index_code", {index_code}), names)
    dates, tickers = (pc.unique(rows[name]).sort() for name in names[:2])
    places = dict(zip(dates.to_pylist(), range(len(dates)), strict=True))
    cells: dict[str, list[object]] = {each: [None] * len(dates) for each in tickers.to_pylist()}
    for date, ticker, weight in zip(*(rows[name].to_pylist() for name in names), strict=True):
        cells[ticker][places[date]] = weight
    kind = rows.schema.field("weight_pct").type
    columns = {ticker: pa.array(weights, kind) for ticker, weights in cells.items()}
    return pa.table({names[0]: dates, **columns})
