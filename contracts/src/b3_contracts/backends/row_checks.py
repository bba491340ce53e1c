"""Checks of whole rows on Arrow tables, by the names that the models give them."""

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["ROW_CHECKS"]


def _previous_is_before(table: pa.Table) -> pa.ChunkedArray:
    return _holds(pc.less(table["previous_reference_date"], table["reference_date"]))


def _quantity_change_adds_up(table: pa.Table) -> pa.ChunkedArray:
    now, before = (
        pc.fill_null(table[name], 0)
        for name in ("theoretical_quantity", "previous_theoretical_quantity")
    )
    return pc.equal(table["quantity_change"], pc.subtract(now, before))


def _previous_ticker_fits(table: pa.Table) -> pa.ChunkedArray:
    renamed = pc.equal(table["change_type"], "ticker")
    other = pc.not_equal(table["previous_ticker"], table["ticker"])
    return pc.equal(renamed, pc.fill_null(other, fill_value=False))


def _seen_before_effect(table: pa.Table) -> pa.ChunkedArray:
    return pc.less(table["first_seen_on"], table["effective_date"])


def _stay_is_not_negative(table: pa.Table) -> pa.ChunkedArray:
    return _holds(pc.less_equal(table["valid_from"], table["valid_to"]))


def _holds(truth: pa.ChunkedArray) -> pa.ChunkedArray:
    """A comparison with null holds: nullability is the column's own rule."""
    return pc.fill_null(truth, fill_value=True)


ROW_CHECKS: Final[Mapping[str, Callable[[pa.Table], pa.ChunkedArray]]] = {
    "previous_is_before": _previous_is_before,
    "previous_ticker_fits": _previous_ticker_fits,
    "quantity_change_adds_up": _quantity_change_adds_up,
    "seen_before_effect": _seen_before_effect,
    "stay_is_not_negative": _stay_is_not_negative,
}
