"""Refining B3's own files: counts, changes, causes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.specification import REFINED, TABLES
from b3_contracts.vocabulary import OPEN_VOCABULARIES
from glue_transform import DuckDBEngine, RefineOptions, refine
from glue_transform.reference_inputs import closed_days, vocabulary_words
from glue_transform.testing import evaluate
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
ENGINE = DuckDBEngine()
JANUARY = dt.date(2025, 1, 6)
WARNINGS = (
    *(vocabulary.audit_column for vocabulary in OPEN_VOCABULARIES),
    "closed_day_count",
)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def lake(captures: list[pa.Table]) -> MemoryLake:
    """All good captures, refined by the real gate."""
    lake = memory_lake()
    for rows in captures:
        lake.raw.land(rows)
    report = refine(lake, ENGINE, NOW)
    assert (len(report.published), report.refused, report.withheld) == (23, (), ())
    return lake


def tables(lake: MemoryLake) -> dict[str, list[Row]]:
    return {
        name: sorted(table.to_pylist(), key=repr)
        for name, table in lake.memory.tables.items()
        if name != "quality_result"
    }


def portfolios(lake: MemoryLake) -> dict[tuple[str, str], Row]:
    rows = lake.memory.tables["portfolio"].to_pylist()
    return {(row["index_code"], row["reference_date"].isoformat()): row for row in rows}


def changes(lake: MemoryLake, day: dt.date, change_type: str | None = None) -> list[Row]:
    return [
        row
        for row in lake.memory.tables["position_change"].to_pylist()
        if row["index_code"] == "IBOV" and row["reference_date"] == day
        if change_type in {None, row["change_type"]}
    ]


def test_the_audit_of_every_capture_is_exact(captures: list[pa.Table]) -> None:
    """All 23 add up to the thousandth of a percent and to the last security."""
    raw = pa.concat_tables(captures)
    inputs = {
        "raw_position": raw,
        "session": pa.table(
            {
                "index_code": pa.array([], pa.string()),
                "reference_date": pa.array([], pa.date32()),
                "previous_reference_date": pa.array([], pa.date32()),
            }
        ),
        "published_portfolio": arrow.empty(TABLES["portfolio"]),
        "vocabulary_word": vocabulary_words(),
        "closed_day": closed_days(raw["reference_date"]),
    }
    rows = ENGINE.run("portfolio_audit", inputs).to_pylist()
    figures = ("weight_excess", "quantity_excess", "duplicate_count", *WARNINGS)
    assert len(rows) == 23
    assert {tuple(row[name] for name in figures) for row in rows} <= {
        (Decimal("0.000"), 0, 0, 0, 0, 0, 0),
        (Decimal("0.000"), None, 0, 0, 0, 0, 0),
    }


@pytest.mark.parametrize(
    ("index", "day", "count"),
    [
        ("IBOV", "2025-01-06", 87),
        ("IBOV", "2025-04-07", 87),
        ("IBOV", "2024-07-29", 86),
        ("IBRA", "2025-08-26", 166),
        ("SMLL", "2025-08-26", 114),
        ("IFNC", "2022-05-06", 27),
    ],
)
def test_a_portfolio_has_its_positions(lake: MemoryLake, index: str, day: str, count: int) -> None:
    """Whole, and under the date of its title."""
    assert portfolios(lake)[index, day]["position_count"] == count


def test_figures_are_those_of_the_files(lake: MemoryLake) -> None:
    """A total, a quantity and a weight, to the last digit."""
    assert portfolios(lake)["IBOV", "2025-01-06"]["total_theoretical_quantity"] == 98_370_249_996
    [wege] = [
        row
        for row in lake.memory.tables["position"].to_pylist()
        if (row["ticker"], row["reference_date"]) == ("WEGE3", dt.date(2025, 4, 7))
    ]
    assert (wege["theoretical_quantity"], wege["weight_pct"]) == (1_243_177_587, Decimal("2.663"))


def test_sectors_come_with_the_download_that_has_them(lake: MemoryLake) -> None:
    """IBOV of 29 July 2024 was downloaded by sector."""
    positions = lake.memory.tables["position"].to_pylist()
    day = dt.date(2024, 7, 29)
    assert all(row["sector"] for row in positions if row["reference_date"] == day)


def test_january_2025_was_a_rebalance(lake: MemoryLake) -> None:
    """POMO4 and PSSA3 in, ALPA4 and EZTC3 out, 46 quantities, all by rebalance."""
    tickers = {
        kind: {row["ticker"] for row in changes(lake, JANUARY, kind)}
        for kind in ("inclusion", "exclusion")
    }
    assert tickers == {"inclusion": {"POMO4", "PSSA3"}, "exclusion": {"ALPA4", "EZTC3"}}
    assert len(changes(lake, JANUARY, "quantity")) == 46
    assert {row["cause"] for row in changes(lake, JANUARY)} == {"rebalance"}


def test_trpl4_became_isae4(lake: MemoryLake) -> None:
    """One change of ticker, neither an exclusion nor an inclusion; its stay says so too."""
    [rename] = changes(lake, dt.date(2024, 12, 30), "ticker")
    assert (rename["previous_ticker"], rename["ticker"]) == ("TRPL4", "ISAE4")
    assert rename["cause"] == "rename"
    stays = {
        row["ticker"]: (row["left_by"], row["entered_by"], row["other_ticker"])
        for row in lake.memory.tables["membership"].to_pylist()
        if row["index_code"] == "IBOV" and row["ticker"] in {"TRPL4", "ISAE4"}
    }
    assert stays == {"TRPL4": ("rename", None, "ISAE4"), "ISAE4": (None, "rename", "TRPL4")}


def test_eqtl3_alone_changed_by_a_corporate_action(lake: MemoryLake) -> None:
    """Between 6 January and 3 February 2025."""
    [change] = changes(lake, dt.date(2025, 2, 3))
    assert (change["ticker"], change["cause"]) == ("EQTL3", "corporate_action")
    assert change["previous_theoretical_quantity"] == 1_249_258_717
    assert change["theoretical_quantity"] == 1_253_541_010
    assert change["quantity_ratio"] == Decimal("1.00342787")


def test_nothing_changed_in_february_2025(lake: MemoryLake) -> None:
    """Nine sessions of moving weights are no change."""
    days = [dt.date(2025, 2, day) for day in range(4, 15)]
    assert [changes(lake, day) for day in days] == [[]] * len(days)


def test_the_reverse_order_and_a_rebuild_give_the_same_rows(
    lake: MemoryLake, captures: list[pa.Table]
) -> None:
    """The last file first, a run after each; then all again from raw."""
    other = memory_lake()
    for rows in reversed(captures):
        other.raw.land(rows)
        refine(other, ENGINE, NOW, evaluate=evaluate)
    assert set(tables(other)) == REFINED.keys() - {"quality_result"}
    assert tables(other) == tables(lake)
    refine(other, ENGINE, NOW, RefineOptions(rebuild=True), evaluate=evaluate)
    assert tables(other) == tables(lake)
