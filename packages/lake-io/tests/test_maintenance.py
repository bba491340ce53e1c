"""Maintenance changes files, never rows, and a reader never meets it half done."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from lake_io import Lake, NotInLake, open_lake
from lake_io.tables import maintenance
from lake_io.tables.refined_tables import RefinedTables
from lake_io.tables.snapshot_properties import publications

MAINTENANCE_INTERVAL = 4
MAX_SNAPSHOTS = 3
LONG = dt.timedelta(days=31)


class Crash(Exception):
    """A crash between two commits."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maintenance every fourth publication, so that tests stay short."""
    monkeypatch.setattr(maintenance, "MAINTENANCE_INTERVAL", MAINTENANCE_INTERVAL)
    monkeypatch.setattr(maintenance, "MAX_SNAPSHOTS", MAX_SNAPSHOTS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """In a folder, for it takes many publications; test_lake_on_aws.py maintains one on S3."""
    return open_lake(str(tmp_path / "lake"))


@pytest.fixture
def tidy(lake: Lake) -> Callable[..., bool]:
    """Maintenance some time after the newest publication."""

    def tidied(later: dt.timedelta = dt.timedelta(0)) -> bool:
        newest = lake.refined_tables.history()[-1].published_at
        return lake.refined_tables.maintain(newest + later)

    return tidied


def fill(
    refined_tables: RefinedTables, factories: ModuleType, runs: range = range(MAINTENANCE_INTERVAL)
) -> None:
    """A session a run, in the same month."""
    for number in runs:
        sessions = {factories.session("IBOV", 1 + number): {"PETR4": number + 1, "VALE3": 2}}
        factories.publish(refined_tables, f"run {number}", sessions)


def files(lake: Lake, suffix: str) -> set[Path]:
    return set(Path(lake.uri, "warehouse").rglob(f"*{suffix}"))


def test_nothing_is_done_before_it_is_due(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Nor on a fresh lake, nor again right after it."""
    assert not lake.refined_tables.maintain(dt.datetime(2025, 1, 6, tzinfo=dt.UTC))
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1))
    assert not tidy()
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1, MAINTENANCE_INTERVAL))
    assert tidy()
    assert not tidy()
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert tidy()


def test_rows_stay_and_files_become_few(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """One file a month of positions, one for each other table."""
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1))
    factories.publish(
        lake.refined_tables, "february", {factories.session("IBOV", 40): {"PETR4": 9}}
    )
    before = lake.refined_tables.snapshot()
    rows, quality = factories.everything(before), before.read("quality_result").num_rows
    assert tidy()
    after = lake.refined_tables.snapshot()
    assert factories.everything(after) == rows
    assert after.read("quality_result").num_rows == quality
    counts = {name: len(list(after.data_files(name))) for name in after.snapshot_ids}
    assert counts == {**dict.fromkeys(counts, 1), "position": 2}


def test_what_nobody_needs_is_deleted(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Once their time has come: data files and manifests of the moments that expired."""
    fill(lake.refined_tables, factories)
    data, manifests = files(lake, ".parquet"), files(lake, ".avro")
    assert tidy(LONG)
    assert len(files(lake, ".parquet")) == 6
    assert len(files(lake, ".avro")) < len(manifests)
    assert not data & files(lake, ".parquet") - {
        Path(path) for path in lake.refined_tables.snapshot().data_files("membership")
    }


def test_a_view_of_the_last_days_can_still_be_read(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Opened before maintenance, by whoever is still at it."""
    fill(lake.refined_tables, factories)
    snapshot = lake.refined_tables.snapshot()
    rows = factories.everything(snapshot)
    assert tidy()
    assert factories.everything(snapshot) == rows
    assert (
        factories.everything(
            type(snapshot)(open_lake(lake.uri).refined_tables, snapshot.snapshot_ids)
        )
        == rows
    )


def test_a_view_that_has_expired_says_so(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """To a lake opened since then."""
    fill(lake.refined_tables, factories)
    snapshot = lake.refined_tables.snapshot("run 0")
    assert tidy(LONG)
    with pytest.raises(NotInLake, match="read the lake anew"):
        type(snapshot)(open_lake(lake.uri).refined_tables, snapshot.snapshot_ids).read("position")


def test_the_history_names_the_runs_that_are_kept(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Each once, at the time it published; all of them can be read."""
    fill(lake.refined_tables, factories)
    before = lake.refined_tables.history()
    assert tidy()
    after = lake.refined_tables.history()
    assert [run.run_id for run in after] == [run.run_id for run in before[-MAX_SNAPSHOTS + 1 :]]
    assert after[-1].published_at == before[-1].published_at
    assert [len(factories.view_of(lake.refined_tables.snapshot(run.run_id))) for run in after] == [
        3,
        4,
    ]


def test_the_newest_moment_never_expires(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """However old it is, and however many maintenance runs go by."""
    fill(lake.refined_tables, factories)
    rows = factories.everything(lake.refined_tables.snapshot())
    assert tidy(100 * LONG)
    assert len(publications(lake.refined_tables.table("portfolio"))) == 1
    assert factories.everything(open_lake(lake.uri).refined_tables.snapshot()) == rows
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL, MAINTENANCE_INTERVAL + 1))
    assert len(factories.view_of(lake.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1


def test_snapshots_stay_as_many_as_are_kept(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """However many have published: their number slows every commit down."""
    counts = []
    for turn in range(3):
        fill(
            lake.refined_tables,
            factories,
            range(turn * MAINTENANCE_INTERVAL, (turn + 1) * MAINTENANCE_INTERVAL),
        )
        assert tidy()
        counts.append(
            {n: len(lake.refined_tables.table(n).snapshots()) for n in ("position", "portfolio")}
        )
    assert counts[1] == counts[2]


def test_what_a_run_has_not_finished_is_left_alone(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool]
) -> None:
    """For a day: then it is what a crash left behind."""
    fill(lake.refined_tables, factories)
    unfinished = factories.publication(
        "unfinished", lake.refined_tables.snapshot(), {factories.session("IBOV", 20): {"PETR4": 1}}
    )
    snapshot_id = lake.refined_tables._replace("position", unfinished)
    assert tidy()
    assert open_lake(lake.uri).refined_tables.table("position").snapshot_by_id(snapshot_id)
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert tidy(dt.timedelta(days=2))
    assert not open_lake(lake.uri).refined_tables.table("position").snapshot_by_id(snapshot_id)


@pytest.mark.parametrize("commit", [1, 5, 6, 7, 11])
def test_a_crash_in_maintenance_harms_nobody(
    lake: Lake,
    factories: ModuleType,
    tidy: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    commit: int,
) -> None:
    """Before any of its commits: every moment in the history reads as before, and the next
    publication and the next maintenance go through."""
    fill(lake.refined_tables, factories)
    rows = factories.everything(lake.refined_tables.snapshot())
    catalog = lake.refined_tables._catalog
    commit_table, done = catalog.commit_table, []

    def crash(*args):
        done.append(args)
        if len(done) == commit:
            raise Crash
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", crash)
    with pytest.raises(Crash):
        tidy(LONG)
    monkeypatch.setattr(catalog, "commit_table", commit_table)
    refined_tables = open_lake(lake.uri).refined_tables
    assert factories.everything(refined_tables.snapshot()) == rows
    for run in refined_tables.history():
        factories.everything(refined_tables.snapshot(run.run_id))
    fill(refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert len(factories.view_of(refined_tables.snapshot())) == 2 * MAINTENANCE_INTERVAL
    assert tidy(LONG)
    assert (
        len(factories.view_of(open_lake(lake.uri).refined_tables.snapshot()))
        == 2 * MAINTENANCE_INTERVAL
    )


def test_a_run_that_publishes_during_maintenance_wins(
    lake: Lake, factories: ModuleType, tidy: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is lost; the maintenance is done another time."""
    fill(lake.refined_tables, factories)
    catalog, other = lake.refined_tables._catalog, RefinedTables(lake.refined_tables._catalog)
    commit_table, done = catalog.commit_table, []

    def interrupted(*args):
        done.append(args)
        if len(done) == 3:
            fill(other, factories, range(MAINTENANCE_INTERVAL, MAINTENANCE_INTERVAL + 1))
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    assert not tidy()
    assert len(factories.view_of(lake.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1
    assert tidy()
    assert len(factories.view_of(lake.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1
