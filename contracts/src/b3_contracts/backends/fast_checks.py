"""Fast proof with Arrow kernels that a table satisfies its contract.

Pandera takes about 2 ms per column, however few the rows, and seconds for millions.
Almost every table is a good one, so `validate` asks here first; only a table that is
not proven good goes to pandera, which alone refuses and says why. What is checked is
read from the same models, and a kind of check unknown here proves nothing.
"""

from decimal import Decimal
from typing import Any, Final

import pandera.pyarrow as pandera
import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends.arrow import schema
from b3_contracts.models.rules import Limits, can_limit, column_checks, limits, row_checks
from b3_contracts.models.tables import Table

__all__ = ["satisfies"]

_LARGEST: Final = 2**63
"""Above this number of combinations integers would overflow: nothing is proven."""


def satisfies(table: pa.Table, model: type[Table]) -> bool:
    """True if the table provably satisfies the model's contract; False proves nothing."""
    return (
        _has_columns(table, model)
        and all(
            _column_holds(table[name], column) for name, column in model.to_schema().columns.items()
        )
        and _is_unique(table, model.to_schema().unique)
        and all(_rows_hold(table, model, name) for name in row_checks(model))
    )


def _has_columns(table: pa.Table, model: type[Table]) -> bool:
    target = schema(model)
    return bool(table.column_names == target.names and table.schema.types == target.types)


def _column_holds(values: pa.ChunkedArray, column: Any) -> bool:
    if values.null_count and not column.nullable:
        return False
    checks = column_checks(column)
    if not checks or values.null_count == len(values):
        return True
    if not all(map(can_limit, checks)):
        return False
    allowed = [limits(check) for check in checks]
    holds = _texts_hold if pa.types.is_string(values.type) else _figures_hold
    return holds(values, allowed)


def _texts_hold(values: pa.ChunkedArray, allowed: list[Limits]) -> bool:
    """Each distinct text once: millions of rows hold a few hundred."""
    texts = pc.drop_null(pc.unique(values))
    return all(_text_holds(texts, limit) for limit in allowed)


def _text_holds(texts: pa.Array, limit: Limits) -> bool:
    if limit.one_of is not None:
        return set(texts.to_pylist()) <= set(limit.one_of)
    if limit.matches is not None:
        return bool(pc.all(pc.match_substring_regex(texts, f"^(?:{limit.matches})")).as_py())
    return False


def _figures_hold(values: pa.ChunkedArray, allowed: list[Limits]) -> bool:
    """The least and the greatest figure stand for all of them."""
    extremes = pc.min_max(values).as_py()
    return all(_within(extremes["min"], extremes["max"], limit) for limit in allowed)


def _within(least: Any, greatest: Any, limit: Limits) -> bool:
    if limit.one_of is not None or limit.matches is not None:
        return False
    return (
        (limit.above is None or least > Decimal(limit.above))
        and (limit.at_least is None or least >= Decimal(limit.at_least))
        and (limit.at_most is None or greatest <= Decimal(limit.at_most))
        and (limit.below is None or greatest < Decimal(limit.below))
    )


def _is_unique(table: pa.Table, key: list[str] | None) -> bool:
    """One number per combination of values, which are quicker to count than the values."""
    if not key:
        return True
    number, size = pa.scalar(0, pa.int64()), 1
    for name in key:
        codes = pc.dictionary_encode(table[name].combine_chunks(), null_encoding="encode")
        number = pc.add(pc.multiply(number, len(codes.dictionary)), codes.indices.cast(pa.int64()))
        size *= len(codes.dictionary)
    return size < _LARGEST and pc.count_distinct(number).as_py() == table.num_rows


def _rows_hold(table: pa.Table, model: type[Table], name: str) -> bool:
    truth = getattr(model, name)(pandera.PyArrowData(table))
    return bool(pc.all(pc.fill_null(truth, fill_value=False), min_count=0).as_py())
