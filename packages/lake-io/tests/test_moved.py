"""A lake in another place than the one its tables name: read, written, and relocated."""

import datetime as dt
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import ManifestContent, ManifestFile

from b3_contracts.specification import REFINED
from lake_io import Conflict, LakeError, LakeUnreachable, NotInLake, open_lake, query, relocate_lake
from lake_io.storage.local.checksums import ChecksummedOutput, present_path
from lake_io.storage.local.lock import LakeLock
from lake_io.storage.local.sqlite import FolderTables, open_catalog
from lake_io.tables import maintenance
from lake_io.tables.refined_tables import RefinedTables
from lake_io.verification import damages

RUNS = ("first", "second", "third")
COUNTS = "select index_code, reference_date, position_count from portfolio order by all"
Move = Callable[[Path, Path], object]
MOVES: Mapping[str, Move] = {
    "moved": Path.rename,
    "copied": shutil.copytree,
    "copied, and the first one lost": lambda old, new: (shutil.copytree(old, new), gut(old)),
}


def gut(folder: Path) -> None:
    """Empty every file of a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, factories: ModuleType) -> Any:
    """A lake of three runs, of which one replaced a session of another month."""
    january, february = factories.session("IBOV", 6), factories.session("IBOV", 37)

    def fill(tables: RefinedTables) -> None:
        factories.publish(tables, RUNS[0], {january: {"PETR4": 1, "VALE3": 2}})
        factories.publish(tables, RUNS[1], {february: {"PETR4": 3}})
        factories.publish(tables, RUNS[2], {january: {"VALE3": 4}}, recomputed=[february])

    return factories.Template(tmp_path_factory.mktemp("moved") / "old", fill)


@pytest.fixture
def old(template: Any) -> Path:
    """The lake where it was made."""
    lake: Path = template.restore()
    return lake


@pytest.fixture(scope="module")
def before(template: Any, factories: ModuleType) -> Mapping[str, object]:
    """Its answers where it was made."""
    return answers(template.restore(), factories)


def answers(lake: Path, factories: ModuleType) -> dict[str, object]:
    """Everything that a reader can ask of the tables."""
    tables = open_lake(str(lake)).refined_tables
    runs = [(run.run_id, run.published_at, run.contract_version) for run in tables.history()]
    return {
        "rows": factories.everything(tables.snapshot()),
        "history": runs,
        "runs": {run: factories.everything(tables.snapshot(run)) for run in RUNS},
        "sql": query(tables.snapshot(), COUNTS).to_pylist(),
        "damages": list(map(str, damages(tables))),
    }


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_moved_lake_answers_as_before(
    old: Path, before: Mapping[str, object], tmp_path: Path, factories: ModuleType, move: Move
) -> None:
    """Rows, history, earlier runs, SQL; and reading writes nothing."""
    move(old, tmp_path / "new")
    files = tree(tmp_path / "new")
    assert answers(tmp_path / "new", factories) == before
    assert before["damages"] == []
    assert tree(tmp_path / "new") == files


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_moved_lake_is_written_where_it_lies(
    old: Path, tmp_path: Path, factories: ModuleType, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publication and maintenance; nothing is written, or deleted, at the place it was."""
    monkeypatch.setattr(maintenance, "MAINTENANCE_INTERVAL", 1)
    move(old, tmp_path / "new")
    files = tree(old)
    tables = open_lake(str(tmp_path / "new")).refined_tables
    march = factories.session("IBOV", 70)
    factories.publish(tables, "fourth", {march: {"PETR4": 5}})
    assert tables.maintain(dt.datetime.now(dt.UTC) + dt.timedelta(days=40))
    found = open_lake(str(tmp_path / "new")).refined_tables
    assert factories.view_of(found.snapshot())[march] == {"PETR4": 5}
    assert list(damages(found)) == []
    assert tree(old) == files


def test_a_lake_is_used_from_two_places_in_turn(
    old: Path, tmp_path: Path, factories: ModuleType
) -> None:
    """As a container and its host do, of which each has a path of its own to it."""
    places = (old, tmp_path / "new")
    for day in (71, 72, 73):
        places[0].rename(places[1])
        places = places[::-1]
        held = {factories.session("IBOV", day): {"PETR4": day}}
        factories.publish(open_lake(str(places[0])).refined_tables, str(day), held)
    tables = open_lake(str(tmp_path / "new")).refined_tables
    assert len(factories.view_of(tables.snapshot())) == 5
    assert list(damages(tables)) == []


def test_a_rebuild_of_a_moved_lake_keeps_its_tables(
    old: Path, before: Mapping[str, object], tmp_path: Path, factories: ModuleType
) -> None:
    """And so the history of its runs."""
    old.rename(tmp_path / "new")
    open_lake(str(tmp_path / "new"), rebuild=True)
    assert answers(tmp_path / "new", factories) == before


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/srv/lake/warehouse/bovespa/position/data/x.parquet", "bovespa/position/data/x.parquet"),
        ("/srv/warehouse/lake/warehouse/bovespa/x", "bovespa/x"),
        ("file:///srv/lake/warehouse/bovespa/a=2025-01/x", "bovespa/a=2025-01/x"),
        (r"C:\Users\ana\lake\warehouse\bovespa\position", "bovespa/position"),
        ("C:/Users/ana/lake/warehouse/bovespa/position", "bovespa/position"),
    ],
)
def test_a_path_is_looked_for_below_the_warehouse(location: str, path: str) -> None:
    """Whatever system the tables were made on."""
    assert present_path(location, Path("/lake")) == Path("/lake/warehouse", path)


def test_a_path_outside_of_a_warehouse_stays(tmp_path: Path) -> None:
    assert present_path("/elsewhere/x.parquet", tmp_path) == Path("/elsewhere/x.parquet")


def plain(lake: Path) -> SqlCatalog:
    """The catalogue as a program without this package opens it."""
    return SqlCatalog("bovespa", uri=f"sqlite:///{lake / 'catalogue.db'}")


def rows_of_all_snapshots(catalog: SqlCatalog) -> dict[str, list[str]]:
    tables = {name: catalog.load_table(f"bovespa.{name}") for name in REFINED if has(catalog, name)}
    return {
        f"{name} {snapshot.sequence_number}": sorted(
            map(repr, table.scan(snapshot_id=snapshot.snapshot_id).to_arrow().to_pylist())
        )
        for name, table in tables.items()
        for snapshot in table.snapshots()
    }


def has(catalog: SqlCatalog, name: str) -> bool:
    return catalog.table_exists(f"bovespa.{name}")


def entries(catalog: SqlCatalog) -> list[tuple[object, ...]]:
    """What every manifest of every snapshot says, but for paths and lengths of manifests."""
    found: list[tuple[object, ...]] = []
    for name in filter(lambda each: has(catalog, each), REFINED):
        table = catalog.load_table(f"bovespa.{name}")
        for snapshot in table.snapshots():
            for manifest in snapshot.manifests(table.io):
                line = [manifest[position] for position in range(2, len(manifest))]
                found.append((name, snapshot.summary, repr(line)))
                for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=False):
                    numbers = (entry.status, entry.snapshot_id, entry.sequence_number)
                    file = [plainly(entry.data_file[place]) for place in (0, *range(2, 15))]
                    found.append((*numbers, entry.file_sequence_number, *file))
    return found


def plainly(value: Any) -> object:
    """The value; a dictionary that PyIceberg has not decoded yet as one that it has."""
    return dict(value) if isinstance(value, Mapping) else value


def test_a_relocated_lake_is_read_by_other_programs(
    old: Path, before: Mapping[str, object], tmp_path: Path, factories: ModuleType
) -> None:
    """Every snapshot, with its sequence numbers, statistics and counts; before, none is."""
    written = rows_of_all_snapshots(plain(old)), entries(plain(old))
    old.rename(tmp_path / "new")
    with pytest.raises(FileNotFoundError):
        plain(tmp_path / "new").load_table("bovespa.portfolio")
    tables = relocate_lake(str(tmp_path / "new"))
    assert tables[-1] == "portfolio"
    new = plain(tmp_path / "new")
    assert answers(tmp_path / "new", factories) == before
    assert (rows_of_all_snapshots(new), entries(new)) == written


def test_a_relocated_lake_is_written_as_ever(
    old: Path, tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publication, maintenance, and a second move."""
    monkeypatch.setattr(maintenance, "MAINTENANCE_INTERVAL", 1)
    old.rename(tmp_path / "new")
    relocate_lake(str(tmp_path / "new"))
    tables = open_lake(str(tmp_path / "new")).refined_tables
    factories.publish(tables, "fourth", {factories.session("IBOV", 70): {"PETR4": 5}})
    assert tables.maintain(dt.datetime.now(dt.UTC))
    before = factories.everything(tables.snapshot())
    (tmp_path / "new").rename(tmp_path / "third place")
    relocate_lake(str(tmp_path / "third place"))
    moved = open_lake(str(tmp_path / "third place")).refined_tables
    assert factories.everything(moved.snapshot()) == before
    assert list(damages(moved)) == []
    assert rows_of_all_snapshots(plain(tmp_path / "third place")) != {}


def test_a_second_relocation_writes_nothing(old: Path, tmp_path: Path) -> None:
    """Nor does one of a lake that was never moved."""
    assert relocate_lake(str(old)) == ()
    old.rename(tmp_path / "new")
    relocate_lake(str(tmp_path / "new"))
    files = tree(tmp_path / "new")
    assert relocate_lake(str(tmp_path / "new")) == ()
    assert tree(tmp_path / "new") == files


def test_two_relocations_at_once_are_one(
    old: Path, before: Mapping[str, object], tmp_path: Path, factories: ModuleType
) -> None:
    """The second waits for the lock, and then has nothing to do."""
    old.rename(tmp_path / "new")
    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(relocate_lake, str(tmp_path / "new")) for _ in range(2)]
        counts = sorted(len(each.result()) for each in work)
    assert counts == [0, len(before["rows"]) + 1]  # type: ignore[arg-type]  # a dictionary
    assert answers(tmp_path / "new", factories) == before


def test_a_lake_that_another_process_refines_is_not_relocated(old: Path, tmp_path: Path) -> None:
    """Said with who holds the lock."""
    old.rename(tmp_path / "new")
    with LakeLock(tmp_path / "new")(), pytest.raises(LakeUnreachable, match=str(os.getpid())):
        relocate_lake(str(tmp_path / "new"), wait=0)


@pytest.mark.parametrize("number", [0, 1, 7, 20])
def test_a_relocation_that_fails_leaves_the_lake_as_it_was(
    old: Path,
    before: Mapping[str, object],
    tmp_path: Path,
    factories: ModuleType,
    number: int,
) -> None:
    """At any file; the next one completes it."""
    old.rename(tmp_path / "new")
    create, left = ChecksummedOutput.create, [number]

    def failing(self: ChecksummedOutput, overwrite: bool = False) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return create(self, overwrite)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChecksummedOutput, "create", failing)
        with pytest.raises(LakeUnreachable, match="No space left"):
            relocate_lake(str(tmp_path / "new"))
    assert answers(tmp_path / "new", factories) == before
    relocate_lake(str(tmp_path / "new"))
    assert answers(tmp_path / "new", factories) == before
    assert rows_of_all_snapshots(plain(tmp_path / "new")) != {}


def test_a_table_that_was_published_meanwhile_is_a_conflict(
    old: Path, tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No table is pointed anywhere else, and what was published is there."""
    old.rename(tmp_path / "new")
    held = {factories.session("SMLL", 6): {"PETR4": 1}}
    repoint = FolderTables.repoint

    def late(self: FolderTables, *arguments: Any) -> None:
        factories.publish(open_lake(str(tmp_path / "new")).refined_tables, "meanwhile", held)
        repoint(self, *arguments)

    monkeypatch.setattr(FolderTables, "repoint", late)
    with pytest.raises(Conflict):
        relocate_lake(str(tmp_path / "new"))
    view = factories.view_of(open_lake(str(tmp_path / "new")).refined_tables.snapshot())
    assert held.items() <= view.items()


def test_all_tables_are_pointed_elsewhere_or_none(old: Path) -> None:
    catalog = open_catalog(old)
    location = catalog.load_table("bovespa.position").metadata_location
    wrong = {"position": (location, "new"), "portfolio": ("not this", "new")}
    with pytest.raises(CommitFailedException):
        catalog.repoint(wrong, old)
    assert catalog.load_table("bovespa.position").metadata_location == location


def test_a_table_with_deletes_by_row_is_left_as_it_is(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program wrote them; PyIceberg can write no such manifest."""
    old.rename(tmp_path / "new")
    monkeypatch.setattr(ManifestFile, "content", ManifestContent.DELETES)
    with pytest.raises(LakeError, match="cannot be rewritten: it has deletes by row"):
        relocate_lake(str(tmp_path / "new"))


@pytest.mark.parametrize(
    ("uri", "error"), [("nowhere", NotInLake), ("s3://bucket", LakeUnreachable)]
)
def test_a_place_without_tables_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, error: type[Exception]
) -> None:
    """And nothing is made there."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        relocate_lake(uri)
    assert list(tmp_path.iterdir()) == []
