"""A rebuild of tables that are damaged or outdated: its runs are still in the history."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b3_contracts.specification import REFINED
from lake_io import NotInLake, RefinedTables, open_lake
from lake_io.errors import LakeOutdated
from lake_io.storage.local import sqlite
from lake_io.tables import maintenance

RUNS = ["first", "second"]
Damage = Callable[[Path], object]


@pytest.fixture
def lake(tmp_path: Path, factories: ModuleType) -> Path:
    """A lake of two runs."""
    tables = open_lake(str(tmp_path / "lake")).refined_tables
    for day, run in enumerate(RUNS, start=6):
        factories.publish(tables, run, {factories.session("IBOV", day): {"PETR4": day}})
    return tmp_path / "lake"


def newest(lake: Path, pattern: str) -> Path:
    return max((lake / "warehouse" / "bovespa").glob(pattern))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


DAMAGES: dict[str, Damage] = {
    "a data file": lambda lake: cut(newest(lake, "position/data/*/*.parquet")),
    "the newest metadata": lambda lake: cut(newest(lake, "portfolio/metadata/*.metadata.json")),
    "a catalogue that is none": lambda lake: (lake / "catalogue.db").write_bytes(b"damaged"),
    "no catalogue": lambda lake: (lake / "catalogue.db").unlink(),
}


def runs(tables: RefinedTables) -> list[tuple[object, ...]]:
    return [(run.run_id, run.published_at, run.contract_version) for run in tables.history()]


def rebuilt(lake: Path, factories: ModuleType, run: str) -> RefinedTables:
    """The tables after a rebuild and its publication."""
    tables = open_lake(str(lake), rebuild=True).refined_tables
    factories.publish(tables, run, {factories.session("IBOV", 7): {"PETR4": 7}})
    return open_lake(str(lake)).refined_tables


def results(tables: RefinedTables) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tables.snapshot().read("quality_result").to_pylist()
    return sorted(rows, key=repr)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_rebuild_of_damaged_tables_keeps_their_runs(
    lake: Path, factories: ModuleType, damage: Damage
) -> None:
    """With their times, before the run that rebuilt, and the results of their gates."""
    before, found = runs(open_lake(str(lake)).refined_tables), results
    quality = found(open_lake(str(lake)).refined_tables)
    damage(lake)
    tables = rebuilt(lake, factories, "third")
    after = runs(tables)
    # The newest metadata file being damaged, the one before it knows all runs but the last.
    count = 1 if damage is DAMAGES["the newest metadata"] else len(RUNS)
    assert [run for run, *_ in after] == [*RUNS[:count], "third"]
    assert after[:count] == before[:count]
    kept = [row for row in quality if row["run_id"] in RUNS[:count]]
    assert [row for row in found(tables) if row["run_id"] != "third"] == kept


def test_a_rebuild_of_outdated_tables_keeps_their_runs(
    lake: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outdated(*_: object) -> None:
        raise LakeOutdated("made under another contract")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "assert_compatible", outdated)
        tables = open_lake(str(lake), rebuild=True).refined_tables
    assert tables.snapshot().is_empty
    factories.publish(tables, "third", {factories.session("IBOV", 7): {"PETR4": 7}})
    history = open_lake(str(lake)).refined_tables.history()
    assert [run.run_id for run in history] == [*RUNS, "third"]


def test_the_tables_of_an_earlier_run_are_asked_for_by_time(
    lake: Path, factories: ModuleType
) -> None:
    """They are made anew: what it published is no longer there as it was."""
    DAMAGES["no catalogue"](lake)
    tables = rebuilt(lake, factories, "third")
    with pytest.raises(NotInLake, match=f"ask for {tables.history()[0].published_at:%Y-%m-%d}"):
        tables.snapshot("first")
    assert set(tables.snapshot("third").snapshot_ids) <= set(REFINED)


def test_a_second_rebuild_keeps_the_runs_of_the_first(lake: Path, factories: ModuleType) -> None:
    before = runs(open_lake(str(lake)).refined_tables)
    for run in ("third", "fourth"):
        DAMAGES["a data file"](lake)
        tables = rebuilt(lake, factories, run)
    assert [run for run, *_ in runs(tables)] == [*RUNS, "third", "fourth"]
    assert runs(tables)[: len(RUNS)] == before


def test_only_the_first_publication_has_the_earlier_results(
    lake: Path, factories: ModuleType
) -> None:
    """And a later one replaces no row of them."""
    DAMAGES["no catalogue"](lake)
    tables = open_lake(str(lake), rebuild=True).refined_tables
    for run in ("third", "fourth"):
        factories.publish(tables, run, {factories.session("IBOV", 7): {"PETR4": 7}})
    found = results(open_lake(str(lake)).refined_tables)
    assert {row["run_id"] for row in found} == {*RUNS, "third", "fourth"}
    assert len(found) == 2 * 4


def test_earlier_runs_expire_with_the_rebuild(
    lake: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every run does that nobody can read any more."""
    monkeypatch.setattr(maintenance, "MAINTENANCE_INTERVAL", 1)
    monkeypatch.setattr(maintenance, "MAX_SNAPSHOTS", 1)
    DAMAGES["no catalogue"](lake)
    tables = rebuilt(lake, factories, "third")
    tables.maintain(tables.history()[-1].published_at)
    assert [run.run_id for run in tables.history()] == ["third"]
