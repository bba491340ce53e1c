"""A table that breaks its contract is refused, with the rule and the rows."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from b3_contracts.backends.arrow import column_names
from b3_contracts.backends.validation import validate
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.tables import (
    TABLES,
    Membership,
    Portfolio,
    Position,
    PositionChange,
    QualityResult,
    RawPosition,
    ShareClassSummary,
    Table,
)


def refusal(table: pa.Table, model: type[Table]) -> tuple[Broken, ...]:
    with pytest.raises(ContractError) as caught:
        validate(table, model)
    return caught.value.broken


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_a_good_table_comes_back_as_it_is(table_of: Any, model: type[Table]) -> None:
    """Validation changes nothing, an empty table included."""
    table = table_of(model)
    assert validate(table, model) is table
    assert validate(table.slice(0, 0), model).num_rows == 0


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("ticker", None, "must not be null"),
        ("ticker", "../../PETR4", "must match ^[A-Z][A-Z0-9]{3}[0-9]{1,2}$"),
        ("ticker", "PETR4\n", "must match ^[A-Z][A-Z0-9]{3}[0-9]{1,2}$"),
        ("share_class", "ON NM", "must match ^[A-Z][A-Z0-9]{0,3}$"),
        ("ex_rights", "ej", "must match ^[A-Z][A-Z0-9]{0,3}$"),
        ("listing_segment", "N", "must match ^[A-Z][A-Z0-9]$"),
        ("theoretical_quantity", 0, "must be greater than 0"),
        ("weight_pct", Decimal("-0.001"), "must be at least 0"),
        ("weight_pct", Decimal("100.001"), "must be at most 100"),
    ],
)
def test_a_bad_value_is_named_with_its_rule_and_row(
    table_of: Any, column: str, value: object, rule: str
) -> None:
    """The row is told by its keys, the good row beside it is not."""
    spoilt = {"index_code": "IBXX", column: value}
    (broken,) = refusal(table_of(Position, {}, spoilt), Position)
    assert (broken.column, broken.rule) == (column, rule)
    assert [row["index_code"] for row in broken.rows] == ["IBXX"]
    assert broken.rows[0][column] == value


def test_a_value_outside_a_closed_list_is_named_with_the_list(table_of: Any) -> None:
    """The pipeline's own words are closed."""
    (broken,) = refusal(table_of(RawPosition, {}, {"source": "guess"}), RawPosition)
    assert (
        broken.rule == "must be one of capture, import, import_incomplete, bulletin, quadrimester"
    )
    assert broken.rows[0]["source"] == "guess"


@pytest.mark.parametrize("model", [Position, RawPosition, ShareClassSummary, PositionChange])
def test_a_word_of_b3_that_nobody_knows_keeps_the_contract(
    table_of: Any, model: type[Table]
) -> None:
    """A session is not lost to a new class, marker or segment."""
    words = {"share_class": "PNZ", "ex_rights": "E9", "listing_segment": "N9"}
    known = {name: word for name, word in words.items() if name in column_names(model)}
    table = table_of(model, known)
    assert validate(table, model) is table


@pytest.mark.parametrize(
    ("model", "key"),
    [
        (Position, "index_code, reference_date, ticker"),
        (ShareClassSummary, "index_code, reference_date, share_class"),
        (Membership, "index_code, ticker, valid_from"),
        (Portfolio, "index_code, reference_date"),
    ],
)
def test_a_duplicate_is_named_by_its_key(table_of: Any, model: type[Table], key: str) -> None:
    """The columns of the key stand where else the column stands, their values in the row."""
    (broken,) = refusal(table_of(model, {}, {}, {"index_code": "IBRA"}), model)
    assert (broken.column, broken.rule) == (key, "is not unique")
    assert {row["index_code"] for row in broken.rows} == {"IBOV"}


def test_a_rule_may_not_judge_the_same_portfolio_twice_in_a_run(table_of: Any) -> None:
    """The nulls of a rule's own row count as equal."""
    own = {"index_code": None, "reference_date": None, "payload_sha256": None}
    assert validate(table_of(QualityResult, {}, own), QualityResult).num_rows == 2
    (broken,) = refusal(table_of(QualityResult, own, own), QualityResult)
    assert broken.rule == "is not unique"


def test_raw_may_hold_a_ticker_twice(table_of: Any) -> None:
    """Raw says what B3 said; the gate refuses it later."""
    assert validate(table_of(RawPosition, {}, {}), RawPosition).num_rows == 2


@pytest.mark.parametrize(
    ("model", "spoilt", "named"),
    [
        (Portfolio, {"previous_reference_date": dt.date(2025, 1, 6)}, "previous_reference_date"),
        (PositionChange, {"quantity_change": 1}, "quantity_change"),
        (PositionChange, {"previous_ticker": "ISAE4"}, "previous_ticker"),
        (PositionChange, {"change_type": "quantity"}, "previous_ticker"),
        (Membership, {"valid_to": dt.date(2024, 1, 2)}, "valid_to"),
    ],
)
def test_a_row_that_contradicts_itself_shows_the_columns_in_question(
    table_of: Any, model: type[Table], spoilt: Mapping[str, object], named: str
) -> None:
    """A rule about several columns is about the row; only its columns and the keys are shown."""
    table = table_of(model, {"index_code": "IBRA"}, spoilt)
    (broken,) = refusal(table, model)
    assert broken.column == "row"
    assert [row["index_code"] for row in broken.rows] == ["IBOV"]
    assert named in broken.rows[0]
    assert len(broken.rows[0]) < table.num_columns


@pytest.mark.parametrize(
    ("model", "spoilt"),
    [
        (Portfolio, {"previous_reference_date": None}),
        (Membership, {"valid_to": None}),
        (
            PositionChange,
            {
                "previous_ticker": None,
                "change_type": "exclusion",
                "theoretical_quantity": None,
                "weight_pct": None,
                "quantity_ratio": None,
                "quantity_change": -395_801_044,
                "weight_change_pct": Decimal("-0.460"),
            },
        ),
    ],
)
def test_a_null_that_is_allowed_breaks_no_rule_of_rows(
    table_of: Any, model: type[Table], spoilt: Mapping[str, object]
) -> None:
    """A first session, a stay that lasts and an exclusion are ordinary rows."""
    assert validate(table_of(model, spoilt), model).num_rows == 1


def test_at_most_five_rows_are_shown(table_of: Any) -> None:
    """A thousand bad rows make one short message."""
    rows = [{"ticker": f"T{number:03d}3", "theoretical_quantity": 0} for number in range(1000)]
    (broken,) = refusal(table_of(Position, *rows), Position)
    assert len(broken.rows) == 5
    assert len(str(broken)) < 1000


def test_every_broken_rule_is_reported(table_of: Any) -> None:
    """One correction round is enough."""
    broken = refusal(table_of(Position, {"company": None, "share_class": "?"}), Position)
    assert {each.column for each in broken} == {"company", "share_class"}


def test_a_decimal_of_another_scale_is_another_type(table_of: Any) -> None:
    """Two decimals where three are agreed say that someone rounded."""
    table = table_of(Position)
    spoilt = table.set_column(9, "weight_pct", pa.array([Decimal("6.54")], pa.decimal128(9, 2)))
    (broken,) = refusal(spoilt, Position)
    assert broken.column == "weight_pct"
    assert broken.rule == (
        "expected Decimal(precision=9, scale=3), got Decimal(precision=9, scale=2)"
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("ticker", pa.array([4])),
        ("theoretical_quantity", pa.array(["10"])),
        ("weight_pct", pa.array([2.5])),
        ("reference_date", pa.array(["2025-01-06"])),
    ],
)
def test_a_wrong_type_is_told_once(table_of: Any, column: str, values: Any) -> None:
    """The checks that fail because of the type add nothing to the message."""
    table = table_of(Position)
    spoilt = table.set_column(table.column_names.index(column), column, values)
    (broken,) = refusal(spoilt, Position)
    assert broken.column == column
    assert broken.rule.startswith("expected ")


def test_columns_missing_added_or_moved_are_named(table_of: Any) -> None:
    """A table is exactly its columns, in their order."""
    table = table_of(Position)
    assert [str(each) for each in refusal(table.drop(["sector"]), Position)] == [
        "sector: is missing"
    ]
    assert [str(each) for each in refusal(table.append_column("x", pa.array([1])), Position)] == [
        "x: is not a column of the table"
    ]
    moved = table.select([*table.column_names[1:], table.column_names[0]])
    assert "is out of the contract's order" in {each.rule for each in refusal(moved, Position)}


def test_a_hostile_value_cannot_disturb_the_terminal(table_of: Any) -> None:
    """Control characters are shown escaped, long values cut."""
    rows = [{"ticker": "\x1b[2J"}, {"ticker": "A" * 10_000}]
    (broken,) = refusal(table_of(Position, *rows), Position)
    assert str(broken).isprintable()
    assert len(str(broken)) < 500


@pytest.mark.parametrize(
    "setting", ["PANDERA_VALIDATION_DEPTH=SCHEMA_ONLY", "PANDERA_VALIDATION_ENABLED=False"]
)
def test_no_environment_switches_the_checks_of_rows_off(setting: str) -> None:
    """A bad row is refused although pandera was told to look at schemas only, or at nothing."""
    name, _, value = setting.partition("=")
    code = """
import pyarrow as pa
from b3_contracts.backends.arrow import schema
from b3_contracts.errors import ContractError
from b3_contracts.models.tables import Portfolio
from b3_contracts.backends.validation import validate
row = {name: None for name in schema(Portfolio).names}
try:
    validate(pa.Table.from_pylist([row], schema=schema(Portfolio)), Portfolio)
except ContractError as error:
    print(error)
"""
    environment = {**os.environ, name: value}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    assert "index_code: must not be null" in done.stdout
