"""Pending work: what the next run would change, seen without a run."""

import datetime as dt
from collections.abc import Callable

import pytest

from b3_contracts.layout import RawEntry
from glue_transform import DuckDBEngine, IndexSession, Pending, Scope, pending, refine
from glue_transform.report import EVERYTHING
from glue_transform.testing import Line, evaluate, evenly, preview_rows, raw_rows
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
MON, TUE = (dt.date(2025, 2, day) for day in (3, 4))
GOOD = evenly({"PETR4": 100, "VALE3": 200})
OTHER = evenly({"PETR4": 100, "VALE3": 201})
BAD = [GOOD[0]._replace(weight_pct=GOOD[0].weight_pct + 1), GOOD[1]]
NOTHING = Pending(frozenset(), frozenset(), frozenset(), ())
TUESDAY = frozenset({IndexSession("IBOV", TUE)})

Land = Callable[..., RawEntry]


@pytest.fixture
def lake() -> MemoryLake:
    """A lake with a published session."""
    lake = memory_lake()
    lake.raw.land(raw_rows("IBOV", MON, GOOD, source="import"))
    run(lake)
    return lake


@pytest.fixture
def land(lake: MemoryLake) -> Land:
    """`land(lines, source)` lands a payload of Tuesday."""

    def add(lines: list[Line], source: str = "import") -> RawEntry:
        return lake.raw.land(raw_rows("IBOV", TUE, lines, source=source))[0]

    return add


def run(lake: MemoryLake) -> None:
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)


def pending_of(lake: MemoryLake, scope: Scope = EVERYTHING) -> Pending:
    """The pending work; a run that follows leaves none."""
    work = pending(lake, scope)
    run(lake)
    assert pending(lake, scope) == NOTHING
    return work


def test_a_session_that_has_landed_is_pending(lake: MemoryLake, land: Land) -> None:
    """In its own scope only."""
    assert pending(lake, EVERYTHING) == NOTHING
    land(GOOD)
    assert pending(lake, Scope(frozenset({"SMLL"}))) == NOTHING
    assert pending_of(lake) == Pending(TUESDAY, frozenset(), frozenset(), ())


def test_a_refused_session_is_not_pending_once_it_was_evaluated(
    lake: MemoryLake, land: Land
) -> None:
    land(BAD)
    assert pending_of(lake).publish == TUESDAY


def test_a_better_payload_of_a_published_session_is_pending(lake: MemoryLake, land: Land) -> None:
    land(GOOD)
    run(lake)
    land(OTHER, "capture")
    assert pending_of(lake) == Pending(TUESDAY, frozenset(), frozenset(), ())


def test_a_worse_payload_of_a_published_session_is_not(lake: MemoryLake, land: Land) -> None:
    land(GOOD, "capture")
    run(lake)
    land(OTHER)
    assert pending_of(lake) == NOTHING


def test_a_published_payload_that_is_withdrawn_is_to_be_removed(
    lake: MemoryLake, land: Land
) -> None:
    entry = land(GOOD)
    run(lake)
    lake.raw.withdraw(entry, "wrong", NOW)
    assert pending_of(lake) == Pending(frozenset(), TUESDAY, frozenset(), ())


def test_a_published_session_that_is_contradicted_is_to_be_removed(
    lake: MemoryLake, land: Land
) -> None:
    land(GOOD)
    run(lake)
    land(OTHER)
    assert pending_of(lake) == Pending(frozenset(), TUESDAY, frozenset(), ())


def test_imports_that_contradict_each_other_are_pending_until_a_run_withholds_them(
    lake: MemoryLake, land: Land
) -> None:
    land(GOOD)
    land(OTHER)
    assert pending_of(lake) == Pending(frozenset(), frozenset(), TUESDAY, ())


def test_a_preview_that_has_landed_is_pending(lake: MemoryLake) -> None:
    """B3's answer before the weeks of previews is none."""
    for day, lines in ((dt.date(2025, 3, 20), GOOD), (dt.date(2025, 4, 3), OTHER)):
        lake.raw.previews.land(preview_rows("IBOV", day, lines))
    work = pending_of(lake)
    assert [(each.index_code, each.effective_date) for each in work.previews] == [
        ("IBOV", dt.date(2025, 5, 5))
    ]
    assert work.publish | work.remove | work.withhold == frozenset()
