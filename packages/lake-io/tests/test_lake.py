"""A lake in a folder: where it can be, what happens when it is moved, what an open one is."""

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from filelock import FileLock

from lake_io import (
    LakeDamaged,
    LakeUnreachable,
    NotInLake,
    open_lake,
    open_store,
    relocate_lake,
)
from lake_io.storage.local import platform

on_posix = pytest.mark.skipif(platform.IS_WINDOWS, reason="Windows has no lock for a reader")


def test_a_lake_is_made_where_there_is_none(tmp_path: Path) -> None:
    """Folders on the way to it too; opening it again finds it."""
    uri = str(tmp_path / "some" / "lake")
    assert open_lake(uri).uri == uri
    assert open_lake(uri).refined_tables.snapshot().is_empty


@pytest.mark.parametrize("contents", [None, [], ["notes.txt"]], ids=["missing", "empty", "wrong"])
def test_a_reader_creates_no_lake(tmp_path: Path, contents: list[str] | None) -> None:
    """It is told that there is none."""
    folder = tmp_path / "lake"
    if contents is not None:
        folder.mkdir()
        for name in contents:
            (folder / name).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotInLake, match="there is no lake at"):
        open_lake(str(folder), create=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_reader_of_a_raw_zone_creates_no_tables(tmp_path: Path, factories: ModuleType) -> None:
    """The first publication does, and the same reader then sees them."""
    (tmp_path / "raw").mkdir()
    tables = open_lake(str(tmp_path), create=False).refined_tables
    assert tables.snapshot().is_empty
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    factories.publish(tables, "run", sessions)
    assert factories.view_of(open_lake(str(tmp_path), create=False).refined_tables.snapshot()) == (
        sessions
    )
    assert factories.view_of(tables.snapshot()) == sessions


def test_tables_without_their_catalogue_are_damaged_for_a_reader_too(
    tmp_path: Path, factories: ModuleType
) -> None:
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    factories.publish(open_lake(str(tmp_path)).refined_tables, "run", sessions)
    (tmp_path / "catalogue.db").unlink()
    with pytest.raises(LakeDamaged, match="file not found beside its tables"):
        open_lake(str(tmp_path), create=False)


@pytest.mark.parametrize("name", ["a b", "100%", "a%20b", "ção", "a#b", "a&b=c", "quote'", "a?b"])
def test_a_lake_lies_in_its_folder_whatever_its_name(
    tmp_path: Path, factories: ModuleType, name: str
) -> None:
    """Nothing of it is written beside a folder whose name a URI would spell differently."""
    lake = open_lake(str(tmp_path / name))
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    snapshot = factories.publish(lake.refined_tables, "run", sessions)
    assert factories.view_of(snapshot) == sessions
    assert snapshot.dataset("position").count_rows() == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_relative_path_is_a_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same lake when it is opened from elsewhere by its whole path."""
    monkeypatch.chdir(tmp_path)
    assert open_lake("lake").uri == str(tmp_path / "lake")
    monkeypatch.chdir("/")
    assert open_lake(str(tmp_path / "lake")).refined_tables.snapshot().is_empty


def test_rebuilding_drops_nothing_of_a_lake_that_has_not_moved(
    tmp_path: Path, factories: ModuleType
) -> None:
    """There the run itself replaces what is published."""
    sessions = {factories.session("IBOV", 6): {"PETR4": 1}}
    factories.publish(open_lake(str(tmp_path)).refined_tables, "run", sessions)
    assert (
        factories.view_of(open_lake(str(tmp_path), rebuild=True).refined_tables.snapshot())
        == sessions
    )


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_catalogue_that_is_garbage_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    """It names the file and what makes a new one, which then works."""
    (tmp_path / "catalogue.db").write_bytes(content)
    with pytest.raises(LakeDamaged, match="is no catalogue of a lake") as error:
        open_lake(str(tmp_path))
    assert "\n" not in str(error.value)
    assert open_lake(str(tmp_path), rebuild=True).refined_tables.snapshot().is_empty


def test_a_database_of_something_else_is_no_catalogue(tmp_path: Path) -> None:
    """Nor is it written to."""
    with sqlite3.connect(tmp_path / "catalogue.db") as database:
        database.execute("create table iceberg_tables (x int)")
    database.close()
    before = (tmp_path / "catalogue.db").read_bytes()
    with pytest.raises(LakeDamaged, match="is no catalogue of a lake"):
        open_lake(str(tmp_path))
    assert (tmp_path / "catalogue.db").read_bytes() == before


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_lake_at_a_file_is_unreachable(tmp_path: Path, below: str) -> None:
    """Or below one, as below a folder that cannot be written."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LakeUnreachable) as error:
        open_lake(str(tmp_path / "file" / below))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("uri", ["gs://bucket", "http://here", "~nobody-of-that-name/lake", "a\0b"])
def test_a_place_that_cannot_hold_a_lake_is_unreachable(uri: str) -> None:
    """Each is refused before anything is made."""
    with pytest.raises(LakeUnreachable):
        open_lake(uri)


@on_posix
def test_a_user_who_may_only_read_learns_who_holds_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exclusive lock, which needs the right to write, is refused as by the system."""
    lake = open_lake(str(tmp_path))
    with lake.refining():
        monkeypatch.setattr(FileLock, "acquire", denied)
        holder = lake.lock_holder()
        assert holder is not None
        assert holder.process_id == os.getpid()
    note = tmp_path / "lock.holder"
    note.write_text('{"process_id": 1, "host": "gone", "since": "2026-01-01T00:00:00+00:00"}')
    assert lake.lock_holder() is None
    (tmp_path / "lock").unlink()
    assert lake.lock_holder() is None


@on_posix
def test_a_holder_that_cannot_be_determined_is_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock file that the user may not even read, and Windows."""
    lake = open_lake(str(tmp_path))
    with lake.refining():
        monkeypatch.setattr(FileLock, "acquire", denied)
        monkeypatch.setattr(platform, "IS_WINDOWS", True)
        assert lake.lock_holder() is None
        monkeypatch.setattr(platform, "IS_WINDOWS", False)
        monkeypatch.setattr(os, "open", denied)
        assert lake.lock_holder() is None


def denied(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_a_lake_is_refined_by_one_at_a_time(tmp_path: Path) -> None:
    """The lock is let go at the end, also by a run that failed."""
    lake = open_lake(str(tmp_path))
    with pytest.raises(ZeroDivisionError), lake.refining():
        raise ZeroDivisionError
    with lake.refining():
        pass
    assert not list(tmp_path.glob("lock.*"))


def test_who_holds_the_lock_is_told(tmp_path: Path) -> None:
    """To whoever waits, who may give up; the note of a run that was killed is not believed."""
    lake, told = open_lake(str(tmp_path)), list[str]()
    assert lake.lock_holder() is None
    with lake.refining():
        holder = lake.lock_holder()
        assert holder is not None
        assert holder.process_id == os.getpid()
        with (
            pytest.raises(LakeUnreachable, match=rf"by process {os.getpid()} on .*0\.01 s"),
            open_lake(str(tmp_path)).refining(wait=0.01, told=told.append),
        ):
            pass
        assert told == [f"waiting for the lock of the lake, held by {holder}"]
        (tmp_path / "lock.holder").write_bytes(b"damaged")
        assert lake.lock_holder() is None
    (tmp_path / "lock.holder").write_text("left by a run that was killed")
    assert lake.lock_holder() is None
    with lake.refining(wait=0):
        pass


def test_a_front_page_replaces_the_one_before(tmp_path: Path) -> None:
    """Whole, readable by all, beside the pages that are there; nothing else is left."""
    lake = open_lake(str(tmp_path))
    (Path(lake.quality.uri) / "validations").mkdir(parents=True)
    (Path(lake.quality.uri) / "validations" / "run.html").write_text("Data Docs")
    for page in (b"one", b"another"):
        lake.quality.write_front_page(page)
    assert Path(lake.quality.front_page).read_bytes() == b"another"
    assert Path(lake.quality.front_page).stat().st_mode & 0o777 == 0o644
    assert sorted(lake.quality.names()) == ["index.html", "validations/run.html"]


def test_the_same_front_page_is_not_written_again(tmp_path: Path) -> None:
    """A run that changes nothing writes nothing."""
    lake = open_lake(str(tmp_path))
    lake.quality.write_front_page(b"page")
    before = Path(lake.quality.front_page).stat()
    lake.quality.write_front_page(b"page")
    after = Path(lake.quality.front_page).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_front_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """And leaves no scratch behind."""
    lake = open_lake(str(tmp_path))
    Path(lake.quality.front_page).mkdir(parents=True)
    with pytest.raises(LakeUnreachable, match="cannot write"):
        lake.quality.write_front_page(b"page")
    assert [path.name for path in Path(lake.quality.uri).iterdir()] == ["index.html"]


NAMES = {
    "a file": ("file", "it is a file, not a folder"),
    "a name with a NUL": ("a\0b", "its name contains a NUL character"),
    "a name that is not UTF-8": ("a\udcffb", "its name is not UTF-8"),
}


@pytest.mark.parametrize(("name", "reason"), NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("opened", [open_lake, open_store, relocate_lake])
def test_a_name_that_is_no_folder_is_refused_with_the_reason(
    opened: Callable[[str], object], name: str, reason: str, tmp_path: Path
) -> None:
    """The same sentence wherever the name is given."""
    (tmp_path / "file").touch()
    uri = f"{tmp_path}{os.sep}{name}"
    with pytest.raises(LakeUnreachable) as refused:
        opened(uri)
    assert str(refused.value) == f"cannot use {uri!r} as a lake: {reason}"
