"""The models: complete, described, and one meaning per column name."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import b3_contracts
from b3_contracts import vocabulary
from b3_contracts.backends.arrow import column_names, conform, empty, schema
from b3_contracts.errors import ContractError
from b3_contracts.models import tables
from b3_contracts.models.tables import REFINED, TABLES, Portfolio, Position, RawPosition, Table

MODULES = sorted(
    path.stem
    for path in Path(b3_contracts.__file__).parent.glob("*.py")
    if not path.stem.startswith("_")
)


def columns() -> Iterator[tuple[str, str, Any]]:
    for table, model in TABLES.items():
        for name, column in model.to_schema().columns.items():
            yield table, name, column


def test_the_refined_tables_stand_in_the_order_of_their_commits() -> None:
    """`portfolio`, which every reader joins, is published last."""
    assert tuple(REFINED) == vocabulary.TABLE_NAMES
    assert tuple(REFINED)[-1] == "portfolio"


def test_every_table_is_registered_under_its_own_name() -> None:
    """A model that is defined and left out of TABLES would have no snapshot."""
    assert {name: model.to_schema().name for name, model in TABLES.items()} == {
        name: name for name in TABLES
    }
    defined = {model for model in vars(tables).values() if isinstance(model, type)}
    assert {model for model in defined if issubclass(model, Table)} == {Table, *TABLES.values()}


def test_every_column_has_a_description() -> None:
    """The dictionary has no empty cell where the meaning should stand."""
    assert [(table, name) for table, name, column in columns() if not column.description] == []


def test_a_column_has_one_type_and_one_unit_everywhere() -> None:
    """The same name never means another kind of figure in another table."""
    found: dict[str, set[tuple[str, str]]] = {}
    for _table, name, column in columns():
        found.setdefault(name, set()).add((repr(column.dtype.type), column.metadata["unit"]))
    assert {name: kinds for name, kinds in found.items() if len(kinds) > 1} == {}


def test_no_column_is_a_float() -> None:
    """Decimals keep the digits B3 gave."""
    fields = [field for model in TABLES.values() for field in schema(model)]
    assert [field.name for field in fields if pa.types.is_floating(field.type)] == []


def test_the_key_of_every_refined_table_is_among_its_columns() -> None:
    """`unique` and `replaced_by` name columns that exist."""
    for model in REFINED.values():
        named = {*(model.to_schema().unique or []), *model.Config.metadata["replaced_by"]}
        assert named <= set(column_names(model))


def test_an_empty_table_has_the_schema_of_its_model() -> None:
    """A first run can publish and read what has no rows yet."""
    assert empty(Portfolio).schema == schema(Portfolio)
    assert empty(Portfolio).num_rows == 0


def test_conform_selects_orders_and_casts(table_of: Any) -> None:
    """A reader takes its declared columns and ignores further ones."""
    raw = table_of(RawPosition)
    narrow = raw.set_column(8, "theoretical_quantity", pa.array([7], pa.int32()))
    shuffled = narrow.select(list(reversed(narrow.column_names)))
    conformed = conform(shuffled, Position)
    assert conformed.schema == schema(Position)
    assert conformed["theoretical_quantity"].to_pylist() == [7]


def test_conform_names_each_missing_column(table_of: Any) -> None:
    """All of them at once, so that one correction is enough."""
    with pytest.raises(ContractError, match=r"ticker: is missing; sector: is missing"):
        conform(table_of(Position).drop(["ticker", "sector"]), Position)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("weight_pct", pa.array([2.663])),
        ("weight_pct", pa.array(["2.6631"])),
        ("theoretical_quantity", pa.array([10**20], pa.decimal128(38, 0))),
        ("reference_date", pa.array([0], pa.timestamp("us"))),
        ("ticker", pa.array([[1]])),
    ],
)
def test_conform_refuses_what_a_cast_would_lose(table_of: Any, column: str, values: Any) -> None:
    """A float, a fourth decimal, an overflow or a time of day is never dropped silently."""
    table = table_of(Position)
    spoilt = table.set_column(table.column_names.index(column), column, values)
    with pytest.raises(ContractError, match=f"{column}: does not fit"):
        conform(spoilt, Position)


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_offers_is_sorted_and_there(name: str) -> None:
    """`__all__` is the list of what is public, in the order people search it."""
    if name == "spark":
        pytest.importorskip("pyspark", reason="b3_contracts.backends.spark needs the extra [spark]")
    module = import_module(f"b3_contracts.{name}")
    constants = [each for each in module.__all__ if each.isupper()]
    others = [each for each in module.__all__ if not each.isupper()]
    assert module.__all__ == [*sorted(constants), *sorted(others)]
    assert [each for each in module.__all__ if not hasattr(module, each)] == []
