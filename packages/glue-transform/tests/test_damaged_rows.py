"""Typed rows in raw that a disk has broken or lost: a refusal, but no verdict on the payload."""

import datetime as dt
from typing import Any

import pytest

from b3_contracts.layout import RawEntry, raw_position_key
from glue_transform import DuckDBEngine, RefineOptions, Report, Scope, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
MON, TUE, WED = (dt.date(2025, 2, day) for day in (3, 4, 5))
ENGINE = DuckDBEngine()
LINES = evenly({"PETR4": 100, "VALE3": 200})
OTHER = evenly({"PETR4": 100, "VALE3": 201})
REBUILD = RefineOptions(rebuild=True)
DAMAGED = b"PAR1 and no more"


@pytest.fixture
def lake() -> MemoryLake:
    return memory_lake()


def land(lake: MemoryLake, day: dt.date, lines: Any = LINES, **about: Any) -> RawEntry:
    return lake.raw.land(raw_rows("IBOV", day, lines, **about))[0]


def run(lake: MemoryLake, choices: RefineOptions = RefineOptions()) -> Report:  # noqa: B008 - frozen
    return refine(lake, ENGINE, NOW, choices, evaluate=evaluate)


def key(entry: RawEntry) -> str:
    return raw_position_key(entry, 1)


def published(lake: MemoryLake) -> dict[dt.date, str]:
    rows = lake.memory.tables["portfolio"]
    dates, payloads = rows["reference_date"].to_pylist(), rows["payload_sha256"].to_pylist()
    return dict(zip(dates, payloads, strict=True))


def rows(lake: MemoryLake) -> dict[str, list[str]]:
    tables = lake.memory.tables.items()
    return {n: sorted(map(repr, t.to_pylist())) for n, t in tables if n != "quality_result"}


def test_rows_that_are_made_again_are_published_without_a_retry(lake: MemoryLake) -> None:
    """Damage on disk is no verdict on what B3 sent."""
    entry = land(lake, MON)
    whole = lake.store.objects[key(entry)]
    lake.store.objects[key(entry)] = DAMAGED
    assert (run(lake).published, published(lake)) == ((), {})
    lake.store.objects[key(entry)] = whole
    report = run(lake)
    assert (report.published, report.is_clean) == ((("IBOV", MON),), True)


def test_rows_that_stay_damaged_are_named_by_each_run_and_written_by_the_first(
    lake: MemoryLake,
) -> None:
    """Whatever the reader says of them the next time; no run is clean meanwhile."""
    entry = land(lake, MON)
    lake.store.objects[key(entry)] = DAMAGED
    first = run(lake)
    count = lake.memory.published
    for body in (DAMAGED, b"", b"PAR1" * 9):
        lake.store.objects[key(entry)] = body
        again = run(lake)
        assert (again.refused, again.is_clean, lake.memory.published) == ((), False, count)
        assert key(entry) in str(again.prior_findings[0])
    assert key(entry) in str(first.refused[0])


def test_a_run_that_publishes_others_does_not_write_a_known_damage_again(lake: MemoryLake) -> None:
    """The table of findings does not grow while a damage lasts."""
    lake.store.objects[key(land(lake, MON))] = DAMAGED
    run(lake)
    land(lake, TUE)
    assert len(run(lake).prior_findings) == 1
    results = lake.memory.tables["quality_result"]["table_name"].to_pylist()
    assert results.count("raw_position") == 1


def test_damaged_rows_outside_the_scope_are_left_alone(lake: MemoryLake) -> None:
    """The refusals recorded there."""
    lake.store.objects[key(land(lake, MON))] = DAMAGED
    run(lake)
    report = run(lake, RefineOptions(Scope(frozenset({"IBRA"}))))
    assert (report.prior_findings, report.is_clean) == ((), True)


@pytest.mark.parametrize("body", [DAMAGED, None])
def test_a_published_session_is_not_left_to_a_rival_while_its_rows_are_damaged(
    lake: MemoryLake, body: bytes | None
) -> None:
    """Neither to one that came before, nor is it taken out where the rival is damaged too."""
    speaker = land(lake, MON)
    run(lake)
    before = rows(lake)
    rival = land(lake, MON, OTHER, source="import")
    put(lake, speaker, body)
    report = run(lake)
    assert (report.published, report.removed) == ((), ())
    assert [f.entry for f in report.refused] == [speaker]
    assert rows(lake) == before
    put(lake, rival, DAMAGED)
    assert (run(lake).removed, rows(lake)) == ((), before)


@pytest.mark.parametrize("body", [DAMAGED, None])
def test_a_rebuild_leaves_a_session_it_cannot_make_again_as_it_was(
    lake: MemoryLake, body: bytes | None
) -> None:
    """With a refusal that names the file, each time; its neighbours are made again."""
    entries = [land(lake, day) for day in (MON, TUE, WED)]
    run(lake)
    before = rows(lake)
    put(lake, entries[1], body)
    report = run(lake, REBUILD)
    assert [session.reference_date for session in report.published] == [MON, WED]
    assert report.removed == ()
    assert f"reference_date=2025-02-04/{entries[1].payload_sha256}" in str(report.refused[0])
    assert rows(lake) == before
    again = run(lake, REBUILD)
    assert (again.refused, len(again.prior_findings), again.is_clean) == ((), 1, False)
    assert (len(run(lake).prior_findings), rows(lake)) == (1, before)


def test_a_withdrawn_session_is_taken_out_though_its_rows_are_lost(lake: MemoryLake) -> None:
    """A person's word needs no rows."""
    entry, other = land(lake, MON), land(lake, MON, OTHER, source="import")
    run(lake)
    del lake.store.objects[key(entry)]
    lake.raw.withdraw(entry, "wrong", NOW)
    assert run(lake).is_clean
    assert published(lake) == {MON: other.payload_sha256}


def put(lake: MemoryLake, entry: RawEntry, body: bytes | None) -> None:
    """Break the entry's typed rows, or lose them."""
    if body is None:
        lake.store.objects.pop(key(entry))
    else:
        lake.store.objects[key(entry)] = body
