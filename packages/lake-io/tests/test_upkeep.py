"""Upkeep changes files, never rows, and a reader never meets it half done."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from lake_io import Lake, NotInLake, open_lake, upkeep
from lake_io.catalogue import Catalogue
from lake_io.stamps import moments

EVERY = 4
KEPT = 3
LONG = dt.timedelta(days=31)


class Crash(Exception):
    """A crash between two commits."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upkeep every fourth publication, so that tests stay short."""
    monkeypatch.setattr(upkeep, "EVERY", EVERY)
    monkeypatch.setattr(upkeep, "KEPT", KEPT)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """In a folder, for it takes many publications; on S3, test_lake_on_aws.py has one upkeep."""
    return open_lake(str(tmp_path / "lake"))


@pytest.fixture
def tidy(lake: Lake) -> Callable[..., bool]:
    """Upkeep some time after the newest publication."""

    def tidied(later: dt.timedelta = dt.timedelta(0)) -> bool:
        newest = lake.catalogue.history()[-1].published_at
        return lake.catalogue.upkeep(newest + later)

    return tidied


def fill(catalogue: Catalogue, made: ModuleType, runs: range = range(EVERY)) -> None:
    """A session a run, in the same month."""
    for number in runs:
        sessions = {made.session("IBOV", 1 + number): {"PETR4": number + 1, "VALE3": 2}}
        made.publish(catalogue, f"run {number}", sessions)


def files(lake: Lake, suffix: str) -> set[Path]:
    return set(Path(lake.uri, "warehouse").rglob(f"*{suffix}"))


def test_nothing_is_done_before_it_is_due(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Nor on a fresh lake, nor again right after it."""
    assert not lake.catalogue.upkeep(dt.datetime(2025, 1, 6, tzinfo=dt.UTC))
    fill(lake.catalogue, made, range(EVERY - 1))
    assert not tidy()
    fill(lake.catalogue, made, range(EVERY - 1, EVERY))
    assert tidy()
    assert not tidy()
    fill(lake.catalogue, made, range(EVERY, 2 * EVERY))
    assert tidy()


def test_rows_stay_and_files_become_few(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """One file a month of positions, one for each other table."""
    fill(lake.catalogue, made, range(EVERY - 1))
    made.publish(lake.catalogue, "february", {made.session("IBOV", 40): {"PETR4": 9}})
    before = lake.catalogue.view()
    rows, quality = made.everything(before), before.read("quality_result").num_rows
    assert tidy()
    after = lake.catalogue.view()
    assert made.everything(after) == rows
    assert after.read("quality_result").num_rows == quality
    counts = {name: len(list(after.data_files(name))) for name in after.snapshot_ids}
    assert counts == {**dict.fromkeys(counts, 1), "position": 2}


def test_what_nobody_needs_is_deleted(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Once their time has come: data files and manifests of the moments that expired."""
    fill(lake.catalogue, made)
    data, manifests = files(lake, ".parquet"), files(lake, ".avro")
    assert tidy(LONG)
    assert len(files(lake, ".parquet")) == 6
    assert len(files(lake, ".avro")) < len(manifests)
    assert not data & files(lake, ".parquet") - {
        Path(path) for path in lake.catalogue.view().data_files("membership")
    }


def test_a_view_of_the_last_days_can_still_be_read(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Opened before upkeep, by whoever is still at it."""
    fill(lake.catalogue, made)
    view = lake.catalogue.view()
    rows = made.everything(view)
    assert tidy()
    assert made.everything(view) == rows
    assert made.everything(type(view)(open_lake(lake.uri).catalogue, view.snapshot_ids)) == rows


def test_a_view_that_has_expired_says_so(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """To a lake opened since then."""
    fill(lake.catalogue, made)
    view = lake.catalogue.view("run 0")
    assert tidy(LONG)
    with pytest.raises(NotInLake, match="read the lake anew"):
        type(view)(open_lake(lake.uri).catalogue, view.snapshot_ids).read("position")


def test_the_history_names_the_runs_that_are_kept(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """Each once, at the time it published; all of them can be read."""
    fill(lake.catalogue, made)
    before = lake.catalogue.history()
    assert tidy()
    after = lake.catalogue.history()
    assert [run.run_id for run in after] == [run.run_id for run in before[-KEPT + 1 :]]
    assert after[-1].published_at == before[-1].published_at
    assert [len(made.view_of(lake.catalogue.view(run.run_id))) for run in after] == [3, 4]


def test_the_newest_moment_never_expires(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """However old it is, and however many upkeeps go by."""
    fill(lake.catalogue, made)
    rows = made.everything(lake.catalogue.view())
    assert tidy(100 * LONG)
    assert len(moments(lake.catalogue.table("portfolio"))) == 1
    assert made.everything(open_lake(lake.uri).catalogue.view()) == rows
    fill(lake.catalogue, made, range(EVERY, EVERY + 1))
    assert len(made.view_of(lake.catalogue.view())) == EVERY + 1


def test_snapshots_stay_as_many_as_are_kept(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """However many have published: their number slows every commit down."""
    counts = []
    for turn in range(3):
        fill(lake.catalogue, made, range(turn * EVERY, (turn + 1) * EVERY))
        assert tidy()
        counts.append(
            {n: len(lake.catalogue.table(n).snapshots()) for n in ("position", "portfolio")}
        )
    assert counts[1] == counts[2]


def test_what_a_run_has_not_finished_is_left_alone(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool]
) -> None:
    """For a day: then it is what a crash left behind."""
    fill(lake.catalogue, made)
    unfinished = made.publication(
        "unfinished", lake.catalogue.view(), {made.session("IBOV", 20): {"PETR4": 1}}
    )
    snapshot_id = lake.catalogue._replace("position", unfinished)
    assert tidy()
    assert open_lake(lake.uri).catalogue.table("position").snapshot_by_id(snapshot_id)
    fill(lake.catalogue, made, range(EVERY, 2 * EVERY))
    assert tidy(dt.timedelta(days=2))
    assert not open_lake(lake.uri).catalogue.table("position").snapshot_by_id(snapshot_id)


@pytest.mark.parametrize("commit", [1, 5, 6, 7, 11])
def test_a_crash_in_upkeep_harms_nobody(
    lake: Lake,
    made: ModuleType,
    tidy: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    commit: int,
) -> None:
    """Before any of its commits: every moment in the history reads as before, and the next
    publication and the next upkeep go through."""
    fill(lake.catalogue, made)
    rows = made.everything(lake.catalogue.view())
    catalog = lake.catalogue._catalog
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
    catalogue = open_lake(lake.uri).catalogue
    assert made.everything(catalogue.view()) == rows
    for run in catalogue.history():
        made.everything(catalogue.view(run.run_id))
    fill(catalogue, made, range(EVERY, 2 * EVERY))
    assert len(made.view_of(catalogue.view())) == 2 * EVERY
    assert tidy(LONG)
    assert len(made.view_of(open_lake(lake.uri).catalogue.view())) == 2 * EVERY


def test_a_run_that_publishes_during_upkeep_wins(
    lake: Lake, made: ModuleType, tidy: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is lost; the upkeep is done another time."""
    fill(lake.catalogue, made)
    catalog, other = lake.catalogue._catalog, Catalogue(lake.catalogue._catalog)
    commit_table, done = catalog.commit_table, []

    def interrupted(*args):
        done.append(args)
        if len(done) == 3:
            fill(other, made, range(EVERY, EVERY + 1))
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    assert not tidy()
    assert len(made.view_of(lake.catalogue.view())) == EVERY + 1
    assert tidy()
    assert len(made.view_of(lake.catalogue.view())) == EVERY + 1
