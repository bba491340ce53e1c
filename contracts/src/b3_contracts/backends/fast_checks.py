"""Fast proof with Arrow kernels that a table satisfies its contract.

Pandera takes about 2 ms per column, however few the rows, and seconds for millions.
Almost every table is a good one, so `validate` asks here first; only a table that is
not proven good goes to pandera, which alone refuses and gives the reasons. The limits are
those of the models, and a kind of check unknown here proves nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends.arrow import schema
from b3_contracts.backends.row_checks import ROW_CHECKS
from b3_contracts.table_spec import ColumnSpec, Limits, TableSpec, as_spec

if TYPE_CHECKING:
    from b3_contracts.models.tables import Table

__all__ = ["satisfies"]

NO_LIMITS: Final = Limits()
_LARGEST: Final = 2**63
"""Above this number of combinations integers would overflow: nothing is proven."""


def satisfies(rows: pa.Table, table: "TableSpec | type[Table]") -> bool:
    """True if the rows provably satisfy the table's contract; False proves nothing."""
    spec = as_spec(table)
    return (
        _has_columns(rows, spec)
        and all(_column_holds(rows[column.name], column) for column in spec.columns)
        and _is_unique(rows, spec.unique)
        and all(_rows_hold(rows, name) for name in spec.row_checks)
    )


def _has_columns(rows: pa.Table, spec: TableSpec) -> bool:
    target = schema(spec)
    return bool(rows.column_names == target.names and rows.schema.types == target.types)


def _column_holds(values: pa.ChunkedArray, column: ColumnSpec) -> bool:
    if values.null_count and not column.nullable:
        return False
    if column.limits == NO_LIMITS or values.null_count == len(values):
        return True
    holds = _texts_hold if pa.types.is_string(values.type) else _figures_hold
    return holds(values, column.limits)


def _texts_hold(values: pa.ChunkedArray, limits: Limits) -> bool:
    """Check each distinct text once: millions of rows hold a few hundred."""
    texts = pc.drop_null(pc.unique(values))
    if replace(limits, one_of=None, matches=None) != NO_LIMITS:
        return False
    if limits.one_of is not None and not set(texts.to_pylist()) <= set(limits.one_of):
        return False
    if limits.matches is None:
        return True
    return bool(pc.all(pc.match_substring_regex(texts, f"^(?:{limits.matches})")).as_py())


def _figures_hold(values: pa.ChunkedArray, limits: Limits) -> bool:
    """Check the least and the greatest figure, which stand for all of them."""
    extremes = pc.min_max(values).as_py()
    return _within(extremes["min"], extremes["max"], limits)


def _within(least: Any, greatest: Any, limit: Limits) -> bool:
    if limit.one_of is not None or limit.matches is not None:
        return False
    return (
        (limit.above is None or least > Decimal(limit.above))
        and (limit.at_least is None or least >= Decimal(limit.at_least))
        and (limit.at_most is None or greatest <= Decimal(limit.at_most))
        and (limit.below is None or greatest < Decimal(limit.below))
    )


def _is_unique(rows: pa.Table, key: Sequence[str]) -> bool:
    """One number per combination of values, which are quicker to count than the values."""
    if not key:
        return True
    number, size = pa.scalar(0, pa.int64()), 1
    for name in key:
        codes = pc.dictionary_encode(rows[name].combine_chunks(), null_encoding="encode")
        number = pc.add(pc.multiply(number, len(codes.dictionary)), codes.indices.cast(pa.int64()))
        size *= len(codes.dictionary)
    return size < _LARGEST and pc.count_distinct(number).as_py() == rows.num_rows


def _rows_hold(rows: pa.Table, name: str) -> bool:
    if name not in ROW_CHECKS:
        return False
    truth = ROW_CHECKS[name](rows)
    return bool(pc.all(pc.fill_null(truth, fill_value=False), min_count=0).as_py())
