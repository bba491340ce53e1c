"""Why a position changed, at the bounds of each rule, and what a stay tells of it."""

import datetime as dt
from typing import Any

import pytest

from glue_transform import DuckDBEngine, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
FEBRUARY = [dt.date(2025, 2, day) for day in (3, 4, 5, 6)]


def refined(*portfolios: dict[str, int], days: list[dt.date] = FEBRUARY) -> MemoryLake:
    lake = memory_lake()
    for day, quantities in zip(days, portfolios, strict=False):
        lake.raw.land(raw_rows("IBOV", day, evenly(quantities)))
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)
    return lake


def rows(lake: MemoryLake, table: str, *columns: str) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in lake.memory.tables[table].select(columns).to_pylist()}


def many(count: int, changed: int = 0) -> dict[str, int]:
    return {f"A{n:03d}3": 1000 + n + (n < changed) * 10**6 for n in range(count)}


@pytest.mark.parametrize(
    ("count", "changed", "cause"),
    [
        (20, 3, "corporate_action"),
        (20, 4, "unexplained"),
        (79, 4, "unexplained"),
        (80, 4, "corporate_action"),
        (80, 5, "unexplained"),
        (100, 5, "corporate_action"),
    ],
)
def test_few_changes_are_corporate_actions_and_many_are_unexplained(
    count: int, changed: int, cause: str
) -> None:
    """Three positions, or five in a hundred of the portfolio before, are few."""
    lake = refined(many(count), many(count, changed))
    assert rows(lake, "position_change", "cause") == {(cause,)}


MANY = {f"A{n:03d}3": 1000 for n in range(20)}


def of_index(code: str, quantities: dict[str, int], days: list[dt.date] = FEBRUARY) -> MemoryLake:
    """An index of twenty quantities of 1000, and these a session later."""
    lake = memory_lake()
    for day, those in zip(days, (MANY, quantities), strict=False):
        lake.raw.land(raw_rows(code, day, evenly(those)))
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)
    return lake


@pytest.mark.parametrize(
    ("code", "quantity", "cause"),
    [
        ("GPTW", 1010, "corporate_action"),
        ("GPTW", 800, "corporate_action"),
        ("GPTW", 1250, "corporate_action"),
        ("GPTW", 799, "unexplained"),
        ("GPTW", 1251, "unexplained"),
        ("IBOV", 1010, "unexplained"),
    ],
)
def test_dividends_explain_small_changes_of_quantity_in_the_indices_that_adjust_for_them(
    code: str, quantity: int, cause: str
) -> None:
    """However many positions change in a session."""
    lake = of_index(code, dict.fromkeys(MANY, quantity))
    assert rows(lake, "position_change", "change_type", "cause") == {("quantity", cause)}


def test_what_a_dividend_does_not_explain_is_judged_beside_it_as_before() -> None:
    """Three other changes are few, four are many; the dividends are neither."""
    dividends = dict.fromkeys(MANY, 1010)
    few = {**dividends, "A0003": 3000, "A0013": 3000, "NEWW3": 7}
    for quantities, cause in ((few, "corporate_action"), ({**few, "MORE3": 8}, "unexplained")):
        changes = rows(of_index("GPTW", quantities), "position_change", "ticker", "cause")
        others = {(ticker, why) for ticker, why in changes if quantities[ticker] != 1010}
        assert {why for _, why in others} == {cause}
        assert {why for _, why in changes - others} == {"corporate_action"}


def test_a_rebalance_explains_what_a_dividend_would_too() -> None:
    """The rules are asked in their order."""
    days = [dt.date(2025, 1, 3), dt.date(2025, 1, 6)]
    lake = of_index("GPTW", dict.fromkeys(MANY, 1010), days)
    assert rows(lake, "position_change", "cause") == {("rebalance",)}


def test_the_largest_quantities_are_compared_exactly() -> None:
    """No product overflows."""
    largest = 2**62
    lake = memory_lake()
    for day, quantity in zip(FEBRUARY, (largest, largest + largest // 4 + 1), strict=False):
        lake.raw.land(raw_rows("GPTW", day, evenly({"ABEV3": quantity})))
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)
    assert rows(lake, "position_change", "cause") == {("corporate_action",)}


def test_renames_are_not_counted_among_changes() -> None:
    """Three corporate actions beside a rename are still three."""
    renamed = {**many(20, 3), "NEWW3": 1019}
    del renamed["A0193"]
    lake = refined(many(20), renamed)
    assert rows(lake, "position_change", "change_type", "cause") == {
        ("quantity", "corporate_action"),
        ("ticker", "rename"),
    }


@pytest.mark.parametrize(
    ("previous", "current", "cause"),
    [
        (dt.date(2025, 1, 3), dt.date(2025, 1, 6), "rebalance"),
        (dt.date(2025, 1, 3), dt.date(2025, 1, 7), "rebalance"),
        (dt.date(2025, 1, 6), dt.date(2025, 1, 7), "corporate_action"),
        (dt.date(2025, 1, 2), dt.date(2025, 1, 3), "corporate_action"),
        (dt.date(2025, 1, 31), dt.date(2025, 2, 3), "corporate_action"),
        (dt.date(2025, 8, 29), dt.date(2025, 9, 1), "rebalance"),
        (dt.date(2020, 9, 4), dt.date(2020, 9, 8), "rebalance"),
        (dt.date(2020, 9, 7), dt.date(2020, 9, 8), "rebalance"),
        (dt.date(2020, 9, 8), dt.date(2020, 9, 9), "corporate_action"),
    ],
)
def test_a_rebalance_date_after_the_one_and_not_after_the_other_explains_all(
    previous: dt.date, current: dt.date, cause: str
) -> None:
    """The bounds: the day itself belongs to the session that opens with it."""
    lake = refined({"ABEV3": 1}, {"ABEV3": 2}, days=[previous, current])
    assert rows(lake, "position_change", "cause") == {(cause,)}


def test_a_chain_of_names_is_a_chain_of_stays() -> None:
    """A stay that was entered and left by rename names the next ticker, not the previous."""
    lake = refined({"AAAA3": 5}, {"BBBB3": 5}, {"CCCC3": 5}, {"AAAA3": 5})
    one, two, three, four = FEBRUARY
    columns = ("ticker", "valid_from", "valid_to", "entered_by", "left_by", "other_ticker")
    assert rows(lake, "membership", *columns) == {
        ("AAAA3", one, one, None, "rename", "BBBB3"),
        ("BBBB3", two, two, "rename", "rename", "CCCC3"),
        ("CCCC3", three, three, "rename", "rename", "AAAA3"),
        ("AAAA3", four, None, "rename", None, "CCCC3"),
    }


def test_two_papers_of_one_quantity_are_not_taken_for_each_other() -> None:
    """An ambiguous rename is not reported as one."""
    lake = refined({"AAAA3": 5, "BBBB3": 5, "PETR4": 9}, {"CCCC3": 5, "PETR4": 9})
    assert rows(lake, "position_change", "ticker", "change_type") == {
        ("AAAA3", "exclusion"),
        ("BBBB3", "exclusion"),
        ("CCCC3", "inclusion"),
    }
