"""Previews: which answers announce a portfolio, and every way in which a stale one could seem to.

B3's answer has no date and outlives what it announces. The quadrimester of these tests is that of
September 2024 to 3 January 2025, its previews those of 2, 16 and 27 December.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts.trading_calendar import last_rebalance, next_rebalance, preview_days
from glue_transform import Announcement, DuckDBEngine, RefineOptions, Report, Scope, refine
from glue_transform.testing import Line, evaluate, evenly, preview_rows, raw_rows
from lake_io.testing import MemoryLake, memory_lake

ENGINE = DuckDBEngine()
EFFECTIVE = dt.date(2025, 1, 6)
NOW = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)
OLD = evenly({"PETR4": 100, "VALE3": 200})
NEW = evenly({"PETR4": 110, "ITUB4": 50})
NEWER = evenly({"PETR4": 111, "ITUB4": 50})

Answer = tuple[dt.date, list[Line]]


def day(month: int, number: int) -> dt.date:
    return dt.date(2025 if month == 1 else 2024, month, number)


@pytest.fixture
def lake() -> MemoryLake:
    return memory_lake()


def land(lake: MemoryLake, *answers: Answer, **about: Any) -> None:
    for captured_on, lines in answers:
        lake.raw.previews.land(preview_rows("IBOV", captured_on, lines, **about))


def run(lake: MemoryLake, options: RefineOptions = RefineOptions()) -> Report:  # noqa: B008 - frozen
    return refine(lake, ENGINE, NOW, options, evaluate=evaluate)


def announced(lake: MemoryLake) -> list[tuple[dt.date, int, bool]]:
    """First seen, number, confirmed: of each published preview of 6 January 2025."""
    run(lake)
    rows = lake.memory.tables["preview_position"].to_pylist()
    assert all(row["effective_date"] == EFFECTIVE for row in rows)
    names = ("first_seen_on", "preview_number", "is_confirmed")
    return sorted({tuple(row[name] for name in names) for row in rows})


def test_a_preview_is_what_differs_from_the_answers_before_its_weeks(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (day(12, 3), NEW), (day(12, 17), NEWER))
    assert announced(lake) == [(day(12, 3), 1, True), (day(12, 17), 2, True)]


def test_the_third_preview_is_told_by_its_day(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (day(12, 27), NEW))
    assert announced(lake) == [(day(12, 27), 3, True)]


@pytest.mark.parametrize("month", [9, 10, 11])
def test_outside_its_weeks_an_answer_is_stale_whatever_it_says(
    lake: MemoryLake, month: int
) -> None:
    land(lake, (day(9, 2), OLD), (day(month, 29), NEW))
    assert announced(lake) == []


def test_on_the_day_of_the_rebalance_the_last_preview_is_stale(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (EFFECTIVE, NEW))
    assert announced(lake) == []


def test_the_same_answer_as_before_is_stale(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (day(12, 3), OLD))
    assert announced(lake) == []


def test_the_same_figures_in_other_bytes_are_stale(lake: MemoryLake) -> None:
    """In another order, with other markers: the figures are what counts."""
    changed = [line._replace(ex_rights="ED") for line in reversed(OLD)]
    land(lake, (day(11, 4), OLD))
    land(lake, (day(12, 3), changed), payload="other bytes")
    assert announced(lake) == []


@pytest.mark.parametrize("quantity", [100, 101])
def test_its_members_prove_nothing(lake: MemoryLake, quantity: int) -> None:
    """Equal to the portfolio in force and new, or not equal and stale: only what came counts."""
    in_force = evenly({"PETR4": 100, "VALE3": 200})
    seen = evenly({"PETR4": quantity, "VALE3": 200})
    lake.raw.land(raw_rows("IBOV", day(12, 2), in_force))
    land(lake, (day(11, 4), NEW), (day(12, 3), seen))
    assert announced(lake) == [(day(12, 3), 1, True)]


def test_a_stale_answer_that_returns_is_stale_again(lake: MemoryLake) -> None:
    """A cache of B3's may give the old one between two new ones."""
    land(lake, (day(11, 4), OLD), (day(12, 3), NEW), (day(12, 17), NEWER))
    land(lake, (day(12, 4), OLD), payload="the old one again")
    assert announced(lake) == [(day(12, 3), 1, True), (day(12, 17), 2, True)]


def test_the_last_preview_of_an_earlier_quadrimester_is_stale(lake: MemoryLake) -> None:
    """It was new in August; the lake slept from then until December."""
    land(lake, (day(8, 20), NEW), (day(12, 3), NEW))
    rows = run(lake).previews
    assert [each.effective_date for each in rows if each.first_seen_on.month == 12] == []


def test_without_an_answer_since_the_last_rebalance_it_may_be_the_expired_one(
    lake: MemoryLake,
) -> None:
    """What was seen in August does not tell: the third preview came after it."""
    land(lake, (day(8, 20), OLD), (day(12, 3), NEW))
    found = [each for each in run(lake).previews if each.effective_date == EFFECTIVE]
    assert [(each.first_seen_on, each.is_confirmed) for each in found] == [(day(12, 3), False)]


def test_the_first_answer_of_a_new_lake_is_not_confirmed_the_next_one_is(
    lake: MemoryLake,
) -> None:
    land(lake, (day(12, 11), NEW), (day(12, 17), NEWER))
    assert announced(lake) == [(day(12, 11), 1, False), (day(12, 17), 2, True)]


def test_of_an_index_with_a_damaged_answer_nothing_is_announced(lake: MemoryLake) -> None:
    """Without it a stale one could seem new; what is published stays."""
    land(lake, (day(11, 4), OLD), (day(12, 3), NEW))
    (key, *_) = lake.raw.previews.keys()
    lake.store.objects[key.name] = b"damaged"
    report = run(lake)
    assert (report.previews, len(report.unreadable_previews)) == ((), 1)
    land(lake, (day(11, 4), OLD))
    assert announced(lake) == [(day(12, 3), 1, True)]


def test_another_index_says_nothing_of_this_one(lake: MemoryLake) -> None:
    lake.raw.previews.land(preview_rows("SMLL", day(11, 4), OLD))
    land(lake, (day(12, 3), NEW))
    assert announced(lake) == [(day(12, 3), 1, False)]


def changes(lake: MemoryLake) -> dict[str, tuple[Any, ...]]:
    names = ("change_type", "quantity_change", "weight_change_pct", "in_force_date")
    rows = lake.memory.tables["preview_change"].to_pylist()
    return {row["ticker"]: tuple(row[name] for name in names) for row in rows}


def test_it_is_compared_with_the_portfolio_in_force(lake: MemoryLake) -> None:
    """The last session until the day it came, of this run or an earlier one."""
    for number in (2, 3, 4):
        lake.raw.land(
            raw_rows("IBOV", day(12, number), evenly({"PETR4": 100 + number, "VALE3": 9}))
        )
    run(lake)
    land(lake, (day(12, 3), NEW))
    run(lake)
    half = Decimal("50.000")
    assert changes(lake) == {
        "ITUB4": ("inclusion", 50, half, day(12, 3)),
        "PETR4": ("quantity", 7, Decimal(0), day(12, 3)),
        "VALE3": ("exclusion", -9, -half, day(12, 3)),
    }


def test_a_weight_that_moves_alone_is_a_change(lake: MemoryLake) -> None:
    lines = [Line("PETR4", 100, Decimal("40.000")), Line("VALE3", 200, Decimal("60.000"))]
    lake.raw.land(raw_rows("IBOV", day(12, 2), OLD))
    land(lake, (day(12, 3), lines))
    run(lake)
    assert changes(lake)["PETR4"] == ("weight", 0, Decimal("-10.000"), day(12, 2))


def test_without_a_portfolio_in_force_there_are_no_changes(lake: MemoryLake) -> None:
    land(lake, (day(12, 3), NEW))
    (preview,) = run(lake).previews
    assert (preview.in_force_date, changes(lake)) == (None, {})


def test_a_session_that_comes_later_is_compared_with_anew(lake: MemoryLake) -> None:
    land(lake, (day(12, 3), NEW))
    run(lake)
    lake.raw.land(raw_rows("IBOV", day(12, 2), OLD))
    assert [each.in_force_date for each in run(lake).previews] == [day(12, 2)]
    assert changes(lake)["PETR4"][1] == 10
    corrected = raw_rows("IBOV", day(12, 2), NEWER, captured_at=NOW)
    lake.raw.land(corrected)
    run(lake)
    assert changes(lake)["PETR4"][1] == -1


def test_a_run_without_news_publishes_nothing(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (day(12, 3), NEW))
    run(lake)
    version = lake.memory.published
    assert (run(lake).previews, lake.memory.published) == ((), version)


def test_a_rebuild_publishes_all_and_a_scope_only_its_indices(lake: MemoryLake) -> None:
    land(lake, (day(11, 4), OLD), (day(12, 3), NEW))
    other = RefineOptions(Scope(frozenset({"SMLL"})))
    assert run(lake, other).previews == ()
    run(lake)
    before = lake.memory.tables["preview_position"]
    assert len(run(lake, RefineOptions(rebuild=True)).previews) == 1
    assert lake.memory.tables["preview_position"] == before


@given(
    st.lists(
        st.tuples(st.dates(dt.date(2023, 1, 1), dt.date(2025, 12, 31)), st.integers(0, 3)),
        max_size=12,
    )
)
def test_no_history_of_answers_makes_a_stale_one_new(found: list[tuple[dt.date, int]]) -> None:
    """However answers come: each is announced within its weeks, once, and unless it came before."""
    lake = memory_lake()
    answers = [(date, evenly({"PETR4": 1 + number})) for date, number in sorted(found)]
    land(lake, *answers)
    for each in run(lake, RefineOptions(rebuild=True)).previews:
        assert preview_days(each.effective_date)[0] <= each.first_seen_on < each.effective_date
        assert each.effective_date == next_rebalance(each.first_seen_on)
        lines = {date: lines for date, lines in answers if date == each.first_seen_on}
        assert lines
        others = [date for date, _ in answers if date < each.first_seen_on]
        assert not each.is_confirmed or any(
            date >= last_rebalance(each.first_seen_on) for date in others
        )


def test_announcements_are_in_order() -> None:
    """By index, rebalance and the day on which they came: the newest is the last."""
    first = Announcement("IBOV", EFFECTIVE, day(12, 3), "f" * 64, 1, is_confirmed=True)
    second = Announcement("IBOV", EFFECTIVE, day(12, 17), "0" * 64, 2, is_confirmed=True)
    assert max(first, second) == second
