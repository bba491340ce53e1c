"""Maintenance changes files, never rows, and a reader never meets it half done."""

import datetime as dt
from pathlib import Path
from types import ModuleType
from typing import Any

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


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, factories: ModuleType) -> Any:
    """A lake of so many publications that its maintenance is due."""

    def fill_once(tables: RefinedTables) -> None:
        fill(tables, factories)

    return factories.Template(tmp_path_factory.mktemp("due") / "lake", fill_once)


@pytest.fixture
def due(template: Any) -> Lake:
    """Such a lake, before its maintenance."""
    return open_lake(str(template.restore()))


def tidy(lake: Lake, later: dt.timedelta = dt.timedelta(0)) -> bool:
    """Maintenance some time after the newest publication."""
    newest = lake.refined_tables.history()[-1].published_at
    return lake.refined_tables.maintain(newest + later)


def fill(
    refined_tables: RefinedTables, factories: ModuleType, runs: range = range(MAINTENANCE_INTERVAL)
) -> None:
    """A session a run, in the same month."""
    for number in runs:
        sessions = {factories.session("IBOV", 1 + number): {"PETR4": number + 1, "VALE3": 2}}
        factories.publish(refined_tables, f"run {number}", sessions)


def files(lake: Lake, suffix: str) -> set[Path]:
    return set(Path(lake.uri, "warehouse").rglob(f"*{suffix}"))


def test_nothing_is_done_before_it_is_due(lake: Lake, factories: ModuleType) -> None:
    """Nor on a fresh lake, nor again right after it."""
    assert not lake.refined_tables.maintain(dt.datetime(2025, 1, 6, tzinfo=dt.UTC))
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1))
    assert not tidy(lake)
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1, MAINTENANCE_INTERVAL))
    assert tidy(lake)
    assert not tidy(lake)
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert tidy(lake)


def test_rows_stay_and_files_become_few(lake: Lake, factories: ModuleType) -> None:
    """One file a month of positions, one for each other table."""
    fill(lake.refined_tables, factories, range(MAINTENANCE_INTERVAL - 1))
    factories.publish(
        lake.refined_tables, "february", {factories.session("IBOV", 40): {"PETR4": 9}}
    )
    before = lake.refined_tables.snapshot()
    rows, quality = factories.everything(before), before.read("quality_result").num_rows
    assert tidy(lake)
    after = lake.refined_tables.snapshot()
    assert factories.everything(after) == rows
    assert after.read("quality_result").num_rows == quality
    counts = {name: len(list(after.data_files(name))) for name in after.snapshot_ids}
    assert counts == {**dict.fromkeys(counts, 1), "position": 2}


def test_what_nobody_needs_is_deleted(due: Lake) -> None:
    """Once their time has come: data files and manifests of the moments that expired."""
    data, manifests = files(due, ".parquet"), files(due, ".avro")
    assert tidy(due, LONG)
    assert len(files(due, ".parquet")) == 6
    assert len(files(due, ".avro")) < len(manifests)
    assert not data & files(due, ".parquet") - {
        Path(path) for path in due.refined_tables.snapshot().data_files("membership")
    }


def test_a_view_of_the_last_days_can_still_be_read(due: Lake, factories: ModuleType) -> None:
    """Opened before maintenance, by whoever is still at it."""
    snapshot = due.refined_tables.snapshot()
    rows = factories.everything(snapshot)
    assert tidy(due)
    assert factories.everything(snapshot) == rows
    assert (
        factories.everything(
            type(snapshot)(open_lake(due.uri).refined_tables, snapshot.snapshot_ids)
        )
        == rows
    )


def test_a_view_that_has_expired_says_so(due: Lake) -> None:
    """To a lake opened since then."""
    snapshot = due.refined_tables.snapshot("run 0")
    assert tidy(due, LONG)
    with pytest.raises(NotInLake, match="read the lake anew"):
        type(snapshot)(open_lake(due.uri).refined_tables, snapshot.snapshot_ids).read("position")


def test_the_history_names_the_runs_that_are_kept(due: Lake, factories: ModuleType) -> None:
    """Each once, at the time it published; all of them can be read."""
    before = due.refined_tables.history()
    assert tidy(due)
    after = due.refined_tables.history()
    assert [run.run_id for run in after] == [run.run_id for run in before[-MAX_SNAPSHOTS + 1 :]]
    assert after[-1].published_at == before[-1].published_at
    assert [len(factories.view_of(due.refined_tables.snapshot(run.run_id))) for run in after] == [
        3,
        4,
    ]


def test_the_newest_moment_never_expires(due: Lake, factories: ModuleType) -> None:
    """However old it is, and however many maintenance runs go by."""
    rows = factories.everything(due.refined_tables.snapshot())
    assert tidy(due, 100 * LONG)
    assert len(publications(due.refined_tables.table("portfolio"))) == 1
    assert factories.everything(open_lake(due.uri).refined_tables.snapshot()) == rows
    fill(due.refined_tables, factories, range(MAINTENANCE_INTERVAL, MAINTENANCE_INTERVAL + 1))
    assert len(factories.view_of(due.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1


def test_snapshots_stay_as_many_as_are_kept(lake: Lake, factories: ModuleType) -> None:
    """However many have published: their number slows every commit down."""
    counts = []
    for turn in range(3):
        fill(
            lake.refined_tables,
            factories,
            range(turn * MAINTENANCE_INTERVAL, (turn + 1) * MAINTENANCE_INTERVAL),
        )
        assert tidy(lake)
        counts.append(
            {n: len(lake.refined_tables.table(n).snapshots()) for n in ("position", "portfolio")}
        )
    assert counts[1] == counts[2]


def test_what_a_run_has_not_finished_is_left_alone(due: Lake, factories: ModuleType) -> None:
    """For a day: then it is what a crash left behind."""
    unfinished = factories.publication(
        "unfinished", due.refined_tables.snapshot(), {factories.session("IBOV", 20): {"PETR4": 1}}
    )
    snapshot_id = due.refined_tables._replace("position", unfinished)
    assert tidy(due)
    assert open_lake(due.uri).refined_tables.table("position").snapshot_by_id(snapshot_id)
    fill(due.refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert tidy(due, dt.timedelta(days=2))
    assert not open_lake(due.uri).refined_tables.table("position").snapshot_by_id(snapshot_id)


@pytest.mark.parametrize("commit", [1, 5, 6, 7, 11])
def test_a_crash_in_maintenance_harms_nobody(
    due: Lake,
    factories: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    commit: int,
) -> None:
    """Before any of its commits: every moment in the history reads as before, and the next
    publication and the next maintenance go through."""
    rows = factories.everything(due.refined_tables.snapshot())
    catalog = due.refined_tables._catalog
    commit_table, done = catalog.commit_table, []

    def crash(*args):
        done.append(args)
        if len(done) == commit:
            raise Crash
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", crash)
    with pytest.raises(Crash):
        tidy(due, LONG)
    monkeypatch.setattr(catalog, "commit_table", commit_table)
    refined_tables = open_lake(due.uri).refined_tables
    assert factories.everything(refined_tables.snapshot()) == rows
    for run in refined_tables.history():
        factories.everything(refined_tables.snapshot(run.run_id))
    fill(refined_tables, factories, range(MAINTENANCE_INTERVAL, 2 * MAINTENANCE_INTERVAL))
    assert len(factories.view_of(refined_tables.snapshot())) == 2 * MAINTENANCE_INTERVAL
    assert tidy(due, LONG)
    assert (
        len(factories.view_of(open_lake(due.uri).refined_tables.snapshot()))
        == 2 * MAINTENANCE_INTERVAL
    )


def test_a_run_that_publishes_during_maintenance_wins(
    due: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is lost; the maintenance is done another time."""
    catalog, other = due.refined_tables._catalog, RefinedTables(due.refined_tables._catalog)
    commit_table, done = catalog.commit_table, []

    def interrupted(*args):
        done.append(args)
        if len(done) == 3:
            fill(other, factories, range(MAINTENANCE_INTERVAL, MAINTENANCE_INTERVAL + 1))
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    assert not tidy(due)
    assert len(factories.view_of(due.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1
    assert tidy(due)
    assert len(factories.view_of(due.refined_tables.snapshot())) == MAINTENANCE_INTERVAL + 1
