"""The statements: one text that two engines read alike, exact, with the contract's types."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.models.tables import RAW, TABLES, Position, PositionChange
from glue_transform import DuckDBEngine, StatementFailed
from glue_transform.engines.base import DIALECT, STATEMENTS, statement
from glue_transform.rebalances import rebalance_dates
from glue_transform.reference_inputs import (
    closed_days,
    dividend_adjusted_indices,
    vocabulary_words,
)
from glue_transform.testing import Line, evenly, raw_rows

DAY, NEXT = dt.date(2025, 2, 3), dt.date(2025, 2, 4)
LARGEST = 2**63 - 1
SESSION_COLUMNS = [
    ("index_code", pa.string()),
    ("reference_date", pa.date32()),
    ("previous_reference_date", pa.date32()),
]
FORBIDDEN = (
    exp.TryCast,
    exp.RegexpLike,
    exp.RegexpExtract,
    exp.RegexpReplace,
    exp.RegexpSplit,
    exp.Qualify,
    exp.GenerateDateArray,
    exp.GenerateSeries,
    exp.Explode,
    exp.Rand,
    exp.CurrentTimestamp,
    exp.CurrentDate,
)


def inputs_of(name: str) -> dict[str, pa.Table]:
    """Small inputs that give each statement a row at least."""
    raw = pa.concat_tables(
        [
            raw_rows("IBOV", DAY, evenly({"ABEV3": 3, "TRPL4": 7})),
            raw_rows("IBOV", NEXT, evenly({"ABEV3": 4, "ISAE4": 7})),
        ]
    )
    position = arrow.conform(raw, Position)
    session = pa.table(
        [["IBOV", "IBOV"], [DAY, NEXT], [None, DAY]], schema=pa.schema(SESSION_COLUMNS)
    )
    change = {
        "session": session,
        "position": position,
        "rebalance": rebalance_dates(),
        "dividend_adjusted_index": dividend_adjusted_indices(),
    }
    span = pa.table({"index_code": ["IBOV"], "first_session": [DAY], "last_session": [NEXT]})
    headers = arrow.empty(TABLES["portfolio"])
    return {
        "portfolio_audit": {
            "raw_position": raw,
            "session": session,
            "published_portfolio": headers,
            "vocabulary_word": vocabulary_words(),
            "closed_day": closed_days(raw["reference_date"]),
        },
        "portfolio": {"raw_position": raw, "session": session, "recomputed_portfolio": headers},
        "position": {"raw_position": raw},
        "position_change": change,
        "share_class_summary": {"session": session, "position": position},
        "membership": {
            "position_change": arrow.empty(PositionChange),
            "position": position,
            "index_span": span,
        },
    }[name]


def parsed(name: str) -> exp.Select:
    tree = sqlglot.parse_one(statement(name, DIALECT), read=DIALECT)
    assert isinstance(tree, exp.Select)
    return tree


def answer(name: str, **replaced: pa.Table) -> pa.Table:
    return DuckDBEngine().run(name, {**inputs_of(name), **replaced})


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("dialect", [DIALECT, "spark", "duckdb"])
def test_a_statement_parses_in_every_dialect_it_is_meant_for(name: str, dialect: str) -> None:
    """SQL written for one engine is read by the others."""
    text = statement(name, dialect)
    assert isinstance(sqlglot.parse_one(text, read=dialect), exp.Select)


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("dialect", [DIALECT, "duckdb"])
def test_a_statement_keeps_to_what_engines_read_alike(name: str, dialect: str) -> None:
    """No cast that turns errors into nulls, no text parsing, no sequences, no clock."""
    tree = sqlglot.parse_one(statement(name, dialect), read=dialect)
    assert [node.sql() for node in tree.walk() if isinstance(node, FORBIDDEN)] == []
    assert "TRY_" not in statement(name, dialect).upper()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_gives_the_columns_of_its_contract_in_order(name: str) -> None:
    """Nothing is put right afterwards: names and order are the statement's own."""
    assert parsed(name).named_selects == arrow.column_names(TABLES[name])


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_output_column_has_its_contracts_type_before_it_is_conformed(name: str) -> None:
    """DuckDB's results have the contract's types without a cast by Arrow."""
    wanted = {field.name: field.type for field in arrow.schema(TABLES[name])}
    assert {field.name: field.type for field in bare_answer(name).schema} == wanted


def bare_answer(name: str) -> pa.Table:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, rows in inputs_of(name).items():
            connection.register(table, rows)
        return connection.sql(statement(name, "duckdb")).to_arrow_table()


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_computed_output_column_is_cast(name: str) -> None:
    """A column that is not one of an input says its type itself, for every engine."""
    computed = [
        column.alias
        for column in parsed(name).selects
        if not isinstance(column.unalias(), exp.Cast | exp.Column)
    ]
    texts_and_dates = {"cause", "last_seen", "other_ticker"}
    assert set(computed) <= texts_and_dates


def test_a_value_that_does_not_fit_is_an_error_and_not_a_null() -> None:
    """A class whose sum no 64-bit integer holds stops the statement."""
    huge = arrow.conform(
        raw_rows("IBOV", DAY, evenly({"ABEV3": LARGEST, "VALE3": 1}), total=None), Position
    )
    with pytest.raises(StatementFailed, match=r"share_class_summary\.sql"):
        answer("share_class_summary", position=huge)


def test_an_input_without_a_column_is_named() -> None:
    """The engine's own words reach the person who has to mend it."""
    with pytest.raises(StatementFailed, match="ticker"):
        answer("position", raw_position=inputs_of("position")["raw_position"].drop(["ticker"]))


def test_one_statement_does_not_see_the_inputs_of_another() -> None:
    """An engine is used again and again, and remembers nothing."""
    engine = DuckDBEngine()
    engine.run("position", inputs_of("position"))
    with pytest.raises(StatementFailed, match="raw_position"):
        engine.run("position", {})


def test_what_does_not_fit_the_contract_is_refused_by_name() -> None:
    """A column that an engine gave as a float is not taken for an exact one."""
    rows = inputs_of("position")["raw_position"]
    with pytest.raises(ContractError, match="company"):
        arrow.conform(rows.drop(["company"]), RAW)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, LARGEST), st.integers(1, LARGEST)), min_size=1, max_size=60)
)
def test_a_ratio_is_exact_to_its_eighth_decimal_and_rounded_half_up(
    pairs: list[tuple[int, int]],
) -> None:
    """No double takes part: ratios of any two quantities are those of integers."""
    named = {f"A{number // 100:03d}{number % 100}": pair for number, pair in enumerate(pairs, 11)}
    sides = [
        raw_rows("IBOV", day, [Line(t, pair[at], Decimal(0)) for t, pair in named.items()], total=1)
        for at, day in enumerate((DAY, NEXT))
    ]
    rows = answer("position_change", position=arrow.conform(pa.concat_tables(sides), Position))
    found = dict(zip(rows["ticker"].to_pylist(), rows["quantity_ratio"].to_pylist(), strict=True))
    assert found == {
        ticker: Decimal((2 * now * 10**8 + before) // (2 * before)).scaleb(-8)
        for ticker, (before, now) in named.items()
        if before != now
    }


def audit_of(rows: pa.Table) -> dict[str, Any]:
    found: list[dict[str, Any]] = answer("portfolio_audit", raw_position=rows).to_pylist()
    assert len(found) == 1
    return found[0]


def test_the_audit_is_exact_where_doubles_are_not() -> None:
    """Differences of one in eighteen digits and of a thousandth of a percent are seen."""
    lines = evenly({"ABEV3": 10**17 + 1, "VALE3": 9 * 10**17})
    wrong = [lines[0]._replace(weight_pct=lines[0].weight_pct + Decimal("0.001")), lines[1]]
    found = audit_of(raw_rows("IBOV", DAY, wrong, total=10**18))
    assert (found["quantity_excess"], found["weight_excess"]) == (1, Decimal("0.001"))


def test_sums_beyond_the_types_are_an_excess_and_not_the_end_of_the_run() -> None:
    """One portfolio's absurd figures are refused as any others are."""
    lines = [Line(f"A{n:03d}3", LARGEST, Decimal(100)) for n in range(100)]
    lines += [Line(f"B{n:03d}3", 1, Decimal(100)) for n in range(9_950)]
    stated = audit_of(raw_rows("IBOV", DAY, lines, total=1))
    unstated = audit_of(raw_rows("IBOV", DAY, lines, total=None))
    assert stated["quantity_excess"] == unstated["quantity_excess"] == LARGEST
    assert stated["weight_excess"] == Decimal("999999.999")


@pytest.mark.parametrize(
    ("total", "excess"),
    [
        ("99.979", "0.000"),
        ("100.021", "0.000"),
        ("99.978", "-0.001"),
        ("100.022", "0.001"),
        ("97.000", "-2.979"),
    ],
)
def test_the_weights_of_a_bulletin_may_be_rounded(total: str, excess: str) -> None:
    """By 0.02 and half a thousandth per position, here two; what lies beyond is the excess."""
    lines = evenly({"ABEV3": 1, "VALE3": 1})
    lines[0] = lines[0]._replace(weight_pct=Decimal(total) - lines[1].weight_pct)
    found = audit_of(raw_rows("IBOV", DAY, lines, source="bulletin"))
    assert found["weight_excess"] == Decimal(excess)
    exact = audit_of(raw_rows("IBOV", DAY, lines, source="import"))
    assert exact["weight_excess"] == min(Decimal(total) - 100, Decimal("999999.999"))


def test_a_total_that_was_not_stated_is_no_excess() -> None:
    """Without a footer there is nothing to differ from."""
    lines = evenly({"ABEV3": LARGEST})
    assert audit_of(raw_rows("IBOV", DAY, lines, total=None))["quantity_excess"] is None


def test_the_first_mondays_of_january_may_and_september_are_the_rebalance_dates() -> None:
    """Three a year, from the real's first year on; the next session where B3 is closed."""
    dates = rebalance_dates()["rebalance_date"].to_pylist()
    assert [d for d in dates if d.year == 2025] == [
        dt.date(2025, 1, 6),
        dt.date(2025, 5, 5),
        dt.date(2025, 9, 1),
    ]
    assert {(d.weekday(), d.day <= 7) for d in dates if d.day not in {2, 8}} == {(0, True)}
    moved = [d for d in dates if d.weekday() != 0]
    assert {(d.weekday(), d.month, d.day) for d in moved} == {(1, 1, 2), (1, 5, 2), (1, 9, 8)}
    assert {dt.date(2018, 1, 2), dt.date(2020, 9, 8), dt.date(2024, 1, 2)} < set(moved)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_column_that_the_sql_lacks_names_its_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column added to the model alone is named with its `.sql` file."""
    inputs = inputs_of(name)
    wider = [*arrow.column_names(TABLES[name]), "isin"]
    monkeypatch.setattr(arrow, "column_names", lambda _: wider)
    with pytest.raises(StatementFailed, match=rf"{name}\.sql lacks .*: isin"):
        DuckDBEngine().run(name, inputs)
