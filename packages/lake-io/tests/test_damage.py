"""A local lake whose own files are broken: each is named, none is believed, a rebuild goes on."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b3_contracts.specification import REFINED
from lake_io import Lake, LakeDamaged, LakeSnapshot, LakeUnreachable, QueryError, open_lake, query
from lake_io.tables.refined_tables import RefinedTables
from lake_io.verification import breaches, damages

Damage = Callable[[Path], object]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def into_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def into_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES: dict[str, Damage] = {
    "truncated": truncate,
    "emptied": lambda path: path.write_bytes(b""),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a bit flipped": flip,
    "deleted": Path.unlink,
    "a folder": into_folder,
    "a link": into_link,
}
KINDS = {
    "metadata": "metadata/*.metadata.json",
    "manifest list": "metadata/snap-*.avro",
    "manifest": "metadata/[!s]*.avro",
    "data": "data/**/*.parquet",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, factories: ModuleType) -> Any:
    """A lake of two publications."""

    def fill(tables: RefinedTables) -> None:
        factories.publish(tables, "one", {factories.session("IBOV", 6): {"PETR4": 1, "VALE3": 2}})
        factories.publish(tables, "two", {factories.session("IBOV", 7): {"PETR4": 3}})

    return factories.Template(tmp_path_factory.mktemp("damage") / "lake", fill)


@pytest.fixture
def root(template: Any) -> Path:
    """The lake as it was before any damage."""
    lake: Path = template.restore()
    return lake


def newest(root: Path, table: str, kind: str) -> Path:
    """A file of this kind that the newest view of the table needs."""
    found = (root / "warehouse").rglob(f"{table}/{KINDS[kind]}")
    return max(found, key=lambda path: (path.name.split("-")[0], path.stat().st_mtime_ns))


def read_all(snapshot: LakeSnapshot) -> dict[str, list[str]]:
    return {name: sorted(map(repr, snapshot.read(name).to_pylist())) for name in REFINED}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("table", ["position", "portfolio"])
def test_a_broken_file_of_a_table_is_named_by_every_reader(
    root: Path, table: str, damage: str, kind: str
) -> None:
    """In one sentence, by rows, by SQL and by who verifies."""
    file = newest(root, table, kind)
    DAMAGES[damage](file)
    relative = str(file.relative_to(root))
    lake = open_lake(str(root))
    for read in (read_newest, ask_newest, raise_first):
        with pytest.raises(LakeDamaged) as error:
            read(lake)
        assert relative in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_sql_reads_the_whole_tables_beside_a_damaged_one(root: Path, kind: str) -> None:
    newest(root, "position", kind).unlink()
    snapshot = open_lake(str(root)).refined_tables.snapshot()
    assert query(snapshot, "select count(*) as n from portfolio").to_pydict() == {"n": [2]}
    with pytest.raises(LakeDamaged, match=r"position/.* is damaged: file not found"):
        query(snapshot, "select count(*) as n from position")


def test_an_engine_is_not_given_files_that_are_missing(root: Path) -> None:
    """The fault names the table and what is wrong, not a path alone."""
    newest(root, "position", "data").unlink()
    snapshot = open_lake(str(root)).refined_tables.snapshot()
    with pytest.raises(LakeDamaged, match=r"^the table position is damaged: .*\.parquet"):
        snapshot.dataset("position")


def read_newest(lake: Lake) -> None:
    read_all(lake.refined_tables.snapshot())


def ask_newest(lake: Lake) -> None:
    query(
        lake.refined_tables.snapshot(), "select * from position join portfolio using (index_code)"
    )


def raise_first(lake: Lake) -> None:
    for damage in damages(lake.refined_tables):
        raise damage


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_rebuild_sets_damaged_tables_aside_and_begins_anew(
    root: Path, factories: ModuleType, damage: str, kind: str
) -> None:
    """It says where they are; what is published next is read whole."""
    DAMAGES[damage](newest(root, "position", kind))
    warnings: list[str] = []
    lake = open_lake(str(root), rebuild=True, warn=warnings.append)
    assert lake.refined_tables.snapshot().is_empty
    [aside] = (root / "damaged").iterdir()
    assert str(aside) in warnings[0]
    assert {path.name for path in aside.iterdir()} == {"catalogue.db", "warehouse"}
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    assert factories.view_of(factories.publish(lake.refined_tables, "new", sessions)) == sessions
    assert list(damages(lake.refined_tables)) == []


def test_a_flipped_bit_is_noticed_wherever_it_is(root: Path) -> None:
    """In a footer's statistics too, which are no data and choose the rows that are read."""
    file = newest(root, "portfolio", "data")
    body = file.read_bytes()
    before = read_all(open_lake(str(root)).refined_tables.snapshot())
    for place in range(0, len(body), 97):
        flipped = bytearray(body)
        flipped[place] ^= 1 << place % 8
        file.write_bytes(flipped)
        with pytest.raises(LakeDamaged, match=file.name):
            open_lake(str(root)).refined_tables.snapshot().read("portfolio")
    file.write_bytes(body)
    assert read_all(open_lake(str(root)).refined_tables.snapshot()) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_checksum_is_as_bad_as_a_broken_file(root: Path, damage: str) -> None:
    """Without it nothing can be said of the file."""
    file = newest(root, "position", "data")
    DAMAGES[damage](file.with_name(f"{file.name}.sha256"))
    with pytest.raises(LakeDamaged, match=f"{file.name}"):
        open_lake(str(root)).refined_tables.snapshot().read("position")


@pytest.mark.parametrize("damage", [*DAMAGES, "something else", "a table lost"])
def test_a_broken_catalogue_is_named_and_not_taken_for_an_empty_one(
    root: Path, factories: ModuleType, damage: str
) -> None:
    """A lake without its catalogue would else answer that it holds nothing."""
    break_catalogue(root / "catalogue.db", damage)
    with pytest.raises((LakeDamaged, LakeUnreachable), match=r"catalogue\.db") as error:
        open_lake(str(root)).refined_tables.snapshot()
    assert "\n" not in str(error.value)
    lake = open_lake(str(root), rebuild=True)
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    assert factories.view_of(factories.publish(lake.refined_tables, "new", sessions)) == sessions


def break_catalogue(file: Path, damage: str) -> None:
    if damage == "something else":
        file.unlink()
        with sqlite3.connect(file) as database:
            database.execute("create table notes (text varchar)")
        database.close()
    elif damage == "a table lost":
        with sqlite3.connect(file) as database:
            database.execute("delete from iceberg_tables where table_name = 'portfolio'")
        database.close()
    elif damage == "a bit flipped":
        body = bytearray(file.read_bytes())
        body[body.index(b"bovespaportfolio") + 8] ^= 1
        file.write_bytes(body)
    else:
        DAMAGES[damage](file)


def test_a_rebuild_of_whole_tables_keeps_them(root: Path) -> None:
    """Their history with them."""
    lake = open_lake(str(root), rebuild=True)
    assert [run.run_id for run in lake.refined_tables.history()] == ["one", "two"]
    assert not (root / "damaged").exists()


def test_a_rebuild_waits_for_nobody_to_mend_a_place(root: Path) -> None:
    """A database that is locked or may not be read is not a broken one."""
    (root / "lock").unlink(missing_ok=True)
    (root / "lock").mkdir()
    with pytest.raises(LakeUnreachable, match="cannot lock"):
        open_lake(str(root), rebuild=True)


def test_wrong_sql_over_whole_tables_is_the_sqls_fault(root: Path) -> None:
    """Errors while rows are read are not all damage."""
    with pytest.raises(QueryError, match="Conversion Error"):
        query(
            open_lake(str(root)).refined_tables.snapshot(),
            "select cast(ticker as int) from position",
        )


def test_rows_that_break_their_contract_are_named_by_table(root: Path) -> None:
    """Files may be whole and rows wrong: the names of these runs are not those of a run."""
    refined_tables = open_lake(str(root)).refined_tables
    assert list(damages(refined_tables)) == []
    assert [breach.table for breach in breaches(refined_tables)] == ["quality_result"]


def test_maintenance_deletes_the_checksums_of_what_it_deletes(root: Path) -> None:
    """No file is left that says something of one that is gone."""
    table = open_lake(str(root)).refined_tables.table("position")
    file = newest(root, "position", "data")
    table.io.delete(str(file))
    assert not file.with_name(f"{file.name}.sha256").exists()
