"""The quick proof and pandera agree: what is proven is what pandera passes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from b3_contracts.backends.arrow import schema
from b3_contracts.backends.fast_checks import satisfies
from b3_contracts.models.tables import TABLES, Portfolio, Position, RawPosition, Table

BY_TYPE: dict[pa.DataType, list[Any]] = {
    pa.string(): ["", "ON", "NM", "PETR4", "PETR4\n", "IBOV", "rename", " x", "a" * 64, "?"],
    pa.int64(): [-1, 0, 1, 10, 11, 2**62],
    pa.bool_(): [True, False],
    pa.date32(): [dt.date(2024, 12, 30), dt.date(2025, 1, 6), dt.date(2025, 1, 7)],
    pa.decimal128(9, 3): [Decimal(text) for text in ("-100.001", "0.000", "100.000", "100.001")],
    pa.decimal128(28, 8): [Decimal(text) for text in ("0.00000000", "0.00000001")],
    pa.timestamp("us", "UTC"): [dt.datetime(2025, 1, 6, tzinfo=dt.UTC)],
}


def passes_pandera(table: pa.Table, model: type[Table]) -> bool:
    try:
        model.to_schema().validate(table, lazy=True)
    except SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_proven_is_what_pandera_passes(
    table_of: Any, model: type[Table], data: st.DataObject
) -> None:
    """Any two rows, with any columns spoilt by values at, within and beyond the limits."""
    values = {
        field.name: st.none() | st.sampled_from(BY_TYPE[field.type]) for field in schema(model)
    }
    spoilt = st.fixed_dictionaries({}, optional=values).map(lambda row: dict([*row.items()][:2]))
    table = table_of(model, *data.draw(st.lists(spoilt, min_size=1, max_size=2)))
    assert satisfies(table, model) == passes_pandera(table, model)


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_a_good_table_is_proven(table_of: Any, model: type[Table]) -> None:
    """Else every table would take the slow way unnoticed."""
    assert satisfies(table_of(model), model)
    assert satisfies(table_of(model).slice(0, 0), model)


def test_chunks_are_seen_as_one_table(table_of: Any) -> None:
    """A ticker that stands once in each of two chunks stands twice."""
    table = table_of(Position)
    assert not satisfies(pa.concat_tables([table, table]), Position)


def test_a_column_of_nulls_may_be_null(table_of: Any) -> None:
    """No sector at all is what most of B3's answers have."""
    nothing = {"sector": None, "divisor": None, "total_theoretical_quantity": None}
    assert satisfies(table_of(RawPosition, nothing, nothing), RawPosition)


def test_columns_of_another_order_or_type_are_not_proven(table_of: Any) -> None:
    """Names, order and types are checked before any value is."""
    table = table_of(Portfolio)
    assert not satisfies(table.select(list(reversed(table.column_names))), Portfolio)
    assert not satisfies(table.drop(["divisor"]), Portfolio)
    assert not satisfies(table.append_column("x", pa.array([1])), Portfolio)
    other = table["divisor"].cast(pa.decimal128(38, 8))
    assert not satisfies(
        table.set_column(table.column_names.index("divisor"), "divisor", other), Portfolio
    )
