"""Athena's named queries, without Athena: read in its dialect, run in DuckDB's on the sample.

What they answer is checked figure by figure; what Terraform registers is these very files.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from node import Node
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from b3_contracts.specification import REFINED
from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.ingest.capturing import capture
from bovespa_pipeline.sample import sample_portfolios, sample_previews
from glue_transform import DuckDBEngine, refine
from glue_transform.testing import evaluate
from lake_io import Lake, LakeSnapshot, open_lake, query

FOLDER = Path(__file__).parents[1] / "modules" / "query" / "queries"
FILES = {path.stem.replace("_", "-"): path.read_text("utf-8") for path in FOLDER.glob("*.sql")}
QUESTIONS = {
    "changes-of-a-month",
    "composition-on-a-date",
    "days-since-inclusion",
    "history-of-a-weight",
    "latest-sessions",
    "overlap-of-two-indices",
    "preview-of-the-next-portfolio",
    "quality-of-the-last-30-days",
    "refused-portfolios",
    "turnover-of-a-rebalance",
}
WRONG = {
    "cast by colons": "select weight_pct::double from position",
    "group by all": "select index_code, count(*) from position group by all",
    "interval without quotes": "select date '2025-01-06' - interval 1 day",
    "limit with an offset": "select ticker from position order by ticker limit 10, 5",
    "star without a column": "select * except (ticker) from position",
    "trailing comma": "select ticker, from position",
}
TODAY = dt.date(2025, 9, 1)
BROKEN = dt.date(2025, 2, 17)
SCHEMA = {
    table: {column.name: column.type for column in spec.columns} for table, spec in REFINED.items()
}

Rows = list[dict[str, Any]]
Ask = Callable[[str], Rows]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> LakeSnapshot:
    """The sample exchange, and a session after it whose weights add up to 101.000."""
    lake = open_lake(str(tmp_path_factory.mktemp("queries") / "lake"))
    sample = sample_portfolios()
    last = [found for found in sample if found.index_code == "IBOV"][-1]
    heavier = replace(last.rows[0], weight_pct=last.rows[0].weight_pct + 1)
    broken = replace(last, reference_date=BROKEN, rows=(heavier, *last.rows[1:]))
    _land(lake, [*sample, broken])
    refine(lake, DuckDBEngine(), dt.datetime.combine(TODAY, dt.time(6), dt.UTC), evaluate=evaluate)
    return lake.refined_tables.snapshot()


def _land(lake: Lake, portfolios: list[SamplePortfolio]) -> None:
    first = portfolios[0].reference_date
    with Exchange(portfolios, today=first, previews=sample_previews()) as exchange:
        for portfolio in portfolios:
            exchange.today = portfolio.reference_date
            asked_at = dt.datetime.combine(portfolio.reference_date, dt.time(21), dt.UTC)
            with Client(exchange.url) as client:
                capture(lake.raw, client, [portfolio.index_code], lambda at=asked_at: at)


@pytest.fixture(scope="module")
def ask(snapshot: LakeSnapshot) -> Ask:
    """The rows a named query answers with, on `TODAY`."""
    return lambda name: query(snapshot, _translated(FILES[name])).to_pylist()


def _translated(text: str) -> str:
    """Translate Athena's SQL to DuckDB's, with `TODAY` as the current date."""
    parsed = sqlglot.parse_one(text, read="athena")
    today = sqlglot.parse_one(f"date '{TODAY}'", read="athena")
    return parsed.transform(lambda node: today if isinstance(node, exp.CurrentDate) else node).sql(
        "duckdb"
    )


def test_every_question_has_its_file() -> None:
    """None is lost or renamed without notice."""
    assert set(FILES) == QUESTIONS


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_query_begins_with_what_it_answers(name: str) -> None:
    """The console shows the first line as the description: one sentence."""
    first = FILES[name].splitlines()[0]
    assert first.startswith("-- ")
    assert first.endswith(".")


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_query_is_one_statement_that_only_reads(name: str) -> None:
    """Athena runs one statement at a time, and its readers may write nothing."""
    (statement,) = sqlglot.parse(FILES[name], read="athena")
    assert isinstance(statement, exp.Select)


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_query_reads_only_what_the_contracts_have(name: str) -> None:
    """Every table and column is of the contracts, so that a change of them is noticed here."""
    parsed = sqlglot.parse_one(FILES[name], read="athena")
    made_here = {cte.alias for cte in parsed.find_all(exp.CTE)}
    assert {table.name for table in parsed.find_all(exp.Table)} - made_here <= set(REFINED)
    qualify(parsed, schema=SCHEMA, dialect="athena", validate_qualify_columns=True)


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_query_starts_from_what_is_published(name: str) -> None:
    """Athena may see rows of a publication under way: `portfolio` decides, but of refusals."""
    tables = {
        table.name for table in sqlglot.parse_one(FILES[name], read="athena").find_all(exp.Table)
    }
    assert "portfolio" in tables or "quality_result" in tables


@pytest.fixture(scope="module")
def trino_errors(node: Node) -> dict[str, list[str]]:
    """Syntax errors by Trino's own grammar, of the named queries and of the wrong ones."""
    return node.trino_errors(FILES | WRONG)


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_query_is_of_trinos_grammar(trino_errors: dict[str, list[str]], name: str) -> None:
    """Athena's engine is Trino; sqlglot reads other dialects' words as Athena's."""
    assert trino_errors[name] == []


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_query_of_another_dialect_is_refused(
    trino_errors: dict[str, list[str]], name: str
) -> None:
    """DuckDB's and Spark's own forms, which Athena refuses."""
    assert trino_errors[name]


@pytest.mark.parametrize("name", sorted(WRONG))
def test_sqlglot_alone_would_accept_a_query_of_another_dialect(name: str) -> None:
    """This is why the second grammar is here."""
    assert sqlglot.parse_one(WRONG[name], read="athena")


def test_composition_on_a_date(ask: Ask) -> None:
    """8 January was not captured: 6 January's portfolio answers, whole, heaviest first."""
    rows = ask("composition-on-a-date")
    assert (len(rows), sum(row["weight_pct"] for row in rows)) == (87, Decimal("100.000"))
    assert {row["reference_date"] for row in rows} == {dt.date(2025, 1, 6)}
    assert [row["ticker"] for row in rows[:3]] == ["VALE3", "PETR4", "ITUB4"]
    assert rows[0]["weight_pct"] == Decimal("11.783")


def test_changes_of_a_month(ask: Ask) -> None:
    """January 2025 has the rebalance and nothing else."""
    rows = ask("changes-of-a-month")
    assert {(row["reference_date"], row["cause"]) for row in rows} == {
        (dt.date(2025, 1, 6), "rebalance")
    }
    assert {kind: _tickers(rows, kind) for kind in ("inclusion", "exclusion")} == {
        "inclusion": ["POMO4", "PSSA3"],
        "exclusion": ["ALPA4", "EZTC3"],
    }
    assert len(_tickers(rows, "quantity")) == 46


def _tickers(rows: Rows, change_type: str) -> list[str]:
    return [row["ticker"] for row in rows if row["change_type"] == change_type]


def test_history_of_a_weight(ask: Ask) -> None:
    """LREN3's bonus shares move its quantity and not its weight; each move adds up."""
    rows = ask("history-of-a-weight")
    before, after = rows[:2]
    assert (before["theoretical_quantity"], after["theoretical_quantity"]) == (
        952_487_418,
        1_047_736_159,
    )
    assert (after["weight_change_pct"], after["ex_rights"]) == (Decimal("0.000"), "EB")
    assert before["weight_change_pct"] is None
    moves = sum(row["weight_change_pct"] for row in rows[1:])
    assert rows[0]["weight_pct"] + moves == rows[-1]["weight_pct"]
    assert len(rows) == 15


def test_preview_of_the_next_portfolio(ask: Ask) -> None:
    """The second preview of January 2025, against the portfolio of the day it came on."""
    rows = ask("preview-of-the-next-portfolio")
    assert {kind: _tickers(rows, kind) for kind in ("inclusion", "exclusion")} == {
        "inclusion": ["PSSA3", "POMO4"],
        "exclusion": ["EZTC3", "ALPA4"],
    }
    assert {
        (row["effective_date"], row["preview_number"], row["in_force_date"]) for row in rows
    } == {(dt.date(2025, 1, 6), 2, dt.date(2024, 12, 16))}
    moves = [abs(row["weight_change_pct"]) for row in rows]
    assert moves == sorted(moves, reverse=True)


def test_turnover_of_a_rebalance(snapshot: LakeSnapshot, ask: Ask) -> None:
    """Turnover computed by hand from the two adjacent portfolios."""
    (row,) = ask("turnover-of-a-rebalance")
    before, after = (_weights(snapshot, dt.date(*day)) for day in ((2024, 12, 30), (2025, 1, 6)))
    moved = [after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in before | after]
    assert Decimal(str(row.pop("turnover_pct"))) == sum(map(abs, moved)) / 2
    assert row == {
        "reference_date": dt.date(2025, 1, 6),
        "previous_reference_date": dt.date(2024, 12, 30),
        "inclusion_count": 2,
        "exclusion_count": 2,
        "quantity_count": 46,
    }


def _weights(snapshot: LakeSnapshot, day: dt.date, index_code: str = "IBOV") -> dict[str, Decimal]:
    rows = snapshot.read("position").to_pylist()
    return {
        row["ticker"]: row["weight_pct"]
        for row in rows
        if (row["index_code"], row["reference_date"]) == (index_code, day)
    }


def test_overlap_of_two_indices(snapshot: LakeSnapshot, ask: Ask) -> None:
    """IBOV and IBRA, each in its last session: what both hold, and how much of each it is."""
    ibov = _weights(snapshot, dt.date(2025, 2, 14))
    ibra = _weights(snapshot, dt.date(2025, 8, 26), "IBRA")
    common = set(ibov) & set(ibra)
    assert ask("overlap-of-two-indices") == [
        {
            "index_code": "IBOV",
            "reference_date": dt.date(2025, 2, 14),
            "other_code": "IBRA",
            "other_reference_date": dt.date(2025, 8, 26),
            "common_count": len(common),
            "weight_pct": sum(ibov[ticker] for ticker in common),
            "other_weight_pct": sum(ibra[ticker] for ticker in common),
            "overlap_pct": sum(min(ibov[ticker], ibra[ticker]) for ticker in common),
        }
    ]
    assert len(common) == 81


def test_days_since_inclusion(ask: Ask) -> None:
    """Up to 14 February; who was there on 11 December may have been there for long."""
    rows = ask("days-since-inclusion")
    known = {row["ticker"]: row["days_since_inclusion"] for row in rows if row["entered_by"]}
    assert known == {"POMO4": 39, "PSSA3": 39, "AMOB3": 60}
    assert {row["days_since_inclusion"] for row in rows if not row["entered_by"]} == {65}
    assert len(rows) == 87


def test_latest_sessions(ask: Ask) -> None:
    """The refused session of 17 February is not one."""
    rows = ask("latest-sessions")
    assert [(row["index_code"], row["reference_date"], row["position_count"]) for row in rows] == [
        ("IBOV", dt.date(2025, 2, 14), 87),
        ("IBRA", dt.date(2025, 8, 26), 166),
    ]


def test_quality_of_the_last_30_days(ask: Ask) -> None:
    """One rule was broken, by one payload; every other one held."""
    worst, *others = ask("quality-of-the-last-30-days")
    assert (worst["column_name"], worst["severity"]) == ("weight_excess", "blocking")
    assert (worst["judged_count"], worst["broken_count"], worst["payload_count"]) == (1, 1, 1)
    assert {(row["broken_count"], row["payload_count"]) for row in others} == {(0, 0)}
    assert len(others) > 10


def test_refused_portfolios(ask: Ask) -> None:
    """The session whose weights add up to 101.000, by the rule that said so."""
    (row,) = ask("refused-portfolios")
    assert (row["index_code"], row["reference_date"]) == ("IBOV", BROKEN)
    assert "weight_excess" in row["expectation"]


def test_terraform_registers_these_files_and_no_others(applied: Any) -> None:
    """Each under its file's name, with its first line as the description."""
    athena = applied.client("athena")
    found = [
        athena.get_named_query(NamedQueryId=each)["NamedQuery"]
        for each in athena.list_named_queries(WorkGroup="bovespa")["NamedQueryIds"]
    ]
    registered = {each["Name"]: (each["Description"], each["QueryString"]) for each in found}
    assert registered == {
        name: (text.splitlines()[0].removeprefix("-- "), text) for name, text in FILES.items()
    }
