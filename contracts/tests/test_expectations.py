"""The suites: every check of a model, in the words of Great Expectations."""

import os
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandera.pyarrow as pandera
import pytest

import b3_contracts
from b3_contracts.errors import ContractError
from b3_contracts.governance.expectations import Expectation, rules_version, suite
from b3_contracts.models.tables import TABLES, PortfolioAudit, Position, RawPosition, Table

SPOILT: dict[str, Any] = {
    "expect_column_values_to_be_in_set": "?",
    "expect_column_values_to_match_regex": " ?",
}


def named(model: type[Table]) -> dict[str, Expectation]:
    return {rule.name: rule for rule in suite(model)}


def test_a_rule_of_the_audit_says_table_column_and_severity() -> None:
    """Rows of `quality_result` for a portfolio whose weights do not sum to 100."""
    assert named(PortfolioAudit)["weight_excess equal_to(0)"] == Expectation(
        name="weight_excess equal_to(0)",
        type="expect_column_values_to_be_between",
        kwargs={"column": "weight_excess", "min_value": 0, "max_value": 0},
        column="weight_excess",
        table="position",
        severity="blocking",
    )


def test_what_compares_with_neighbours_only_warns() -> None:
    """A blocking rule looks at one portfolio only."""
    warnings = {rule.column for rule in suite(PortfolioAudit) if rule.severity == "warning"}
    assert warnings == {
        "position_count_jump",
        "unknown_share_class_count",
        "unknown_ex_rights_count",
        "unknown_listing_segment_count",
        "closed_day_count",
    }


def test_every_kind_of_check_has_its_expectation() -> None:
    """Null, list, pattern, strict and open bounds, key and order of columns."""
    rules = named(Position)
    assert {name: rule.type for name, rule in rules.items() if "index_code" in name} == {
        "unique(index_code, reference_date, ticker)": "expect_compound_columns_to_be_unique",
        "index_code not_null": "expect_column_values_to_not_be_null",
        "index_code str_matches": "expect_column_values_to_match_regex",
    }
    assert rules["columns in order"].kwargs["column_list"][0] == "index_code"
    closed = named(RawPosition)["source isin"]
    assert closed.type == "expect_column_values_to_be_in_set"
    assert rules["theoretical_quantity greater_than(0)"].kwargs == {
        "column": "theoretical_quantity",
        "min_value": 0,
        "strict_min": True,
    }
    assert "ex_rights not_null" not in rules


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_a_rule_is_known_by_its_name(model: type[Table]) -> None:
    """`quality_result` tells rules apart by table and name."""
    names = Counter((rule.table, rule.name) for rule in suite(model))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_every_bound_is_one_that_a_float_holds(model: type[Table]) -> None:
    """Great Expectations compares floats: no bound is moved by the conversion."""
    bounds = [
        rule.kwargs[name]
        for rule in suite(model)
        for name in ("min_value", "max_value")
        if name in rule.kwargs
    ]
    assert [bound for bound in bounds if Decimal(float(bound)) != Decimal(bound)] == []


def test_a_bound_that_no_float_holds_is_refused() -> None:
    """Better no suite than one that evaluates by another figure."""

    class Tenth(Table):
        weight: int = pandera.Field(ge=Decimal("0.1"))

        class Config(Table.Config):
            name = "tenth"

    with pytest.raises(ContractError, match=r"no float is exactly 0\.1"):
        suite(Tenth)


def test_a_check_without_an_expectation_is_refused() -> None:
    """A new kind of check cannot be forgotten here."""

    class Ends(Table):
        ticker: str = pandera.Field(str_endswith="F")

        class Config(Table.Config):
            name = "ends"

    with pytest.raises(ContractError, match="str_endswith is none of"):
        suite(Ends)


def test_the_rules_version_names_the_contract_and_its_rules() -> None:
    """A portfolio refused under one version is tried again under another."""
    assert re.fullmatch(re.escape(b3_contracts.__version__) + r"\+[0-9a-f]{8}", rules_version())


def test_the_rules_version_follows_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer rules are other rules."""
    before = rules_version()
    monkeypatch.delitem(TABLES, "portfolio_audit")
    rules_version.cache_clear()
    try:
        assert rules_version() != before
    finally:
        rules_version.cache_clear()


Run = Callable[[type[Table], Any], dict[str, bool]]


@pytest.fixture(scope="module")
def run() -> Run:
    """Great Expectations over a table: which rule held, by its name."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    reason = "great_expectations comes with the extra [quality]"
    gx = pytest.importorskip("great_expectations", reason=reason)
    registry = pytest.importorskip("great_expectations.expectations.registry", reason=reason)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
    batches = asset.add_batch_definition_whole_dataframe("whole")

    def evaluate(model: type[Table], table: Any) -> dict[str, bool]:
        batch = batches.get_batch({"dataframe": table.to_pandas()})
        rules = suite(model)
        built = [
            registry.get_expectation_impl(rule.type)(**rule.kwargs, meta={"rule": rule.name})
            for rule in rules
        ]
        held = batch.validate(gx.ExpectationSuite("suite", expectations=built))
        return {each.expectation_config.meta["rule"]: each.success for each in held.results}

    return evaluate


def spoilt_rows(model: type[Table]) -> list[dict[str, Any]]:
    """A good row twice, a row of nulls, a row below every limit and one above."""
    below: dict[str, Any] = {}
    above: dict[str, Any] = {}
    for rule in suite(model):
        if rule.type in SPOILT:
            below[rule.kwargs["column"]] = SPOILT[rule.type]
        if "min_value" in rule.kwargs:
            below[rule.kwargs["column"]] = rule.kwargs["min_value"] - 1
        if "max_value" in rule.kwargs:
            above[rule.kwargs["column"]] = rule.kwargs["max_value"] + 1
    return [{}, {}, dict.fromkeys(model.to_schema().columns), below, above]


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_great_expectations_passes_a_good_table(
    run: Run, table_of: Any, model: type[Table]
) -> None:
    """Every rule of the suite is one that Great Expectations knows and that holds."""
    verdicts = run(model, table_of(model))
    assert set(verdicts.values()) == {True}


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_great_expectations_fails_a_bad_row(run: Run, table_of: Any, model: type[Table]) -> None:
    """Each rule about rows finds the row that breaks it: no rule is there in name only."""
    verdicts = run(model, table_of(model, *spoilt_rows(model)))
    assert [name for name, held in verdicts.items() if held] == ["columns in order"]


def test_great_expectations_sees_columns_out_of_order(run: Run, table_of: Any) -> None:
    """The order of columns is a rule too."""
    table = table_of(Position)
    moved = table.select(list(reversed(table.column_names)))
    assert not run(Position, moved)["columns in order"]


@pytest.mark.parametrize("excess", ["0.001", "-0.001"])
def test_the_smallest_excess_of_weights_fails(run: Run, table_of: Any, excess: str) -> None:
    """Zero is exact as a float, so a thousandth too much is seen."""
    table = table_of(PortfolioAudit, {}, {"index_code": "IBRA", "weight_excess": Decimal(excess)})
    assert not run(PortfolioAudit, table)["weight_excess equal_to(0)"]
