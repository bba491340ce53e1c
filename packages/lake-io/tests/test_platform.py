"""A lake on Windows, faked: no folder is opened, no open file is removed or renamed."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lake_io import LakeDamaged, LocalStore, RawDamaged, RawZone, open_lake, relocate_lake
from lake_io.errors import LakeOutdated
from lake_io.storage.local import platform, sqlite
from lake_io.storage.local.lock import LakeLock
from lake_io.storage.local.scratch import scratch_folder
from lake_io.verification import damages

OPEN_FILES = Path("/proc/self/fd")

pytestmark = pytest.mark.skipif(
    not OPEN_FILES.is_dir(), reason="the fake asks Linux which files are open"
)


def denied(path: object) -> PermissionError:
    return PermissionError(errno.EACCES, "Permission denied", str(path))


def is_open(path: Path) -> bool:
    """True if this process has the file open, or one below the folder."""
    opened = [os.path.realpath(link) for link in OPEN_FILES.iterdir()]
    return any(Path(each).is_relative_to(path.resolve()) for each in opened)


def refusing(operation: Callable[..., Any], is_refused: Callable[[Path], bool]) -> Any:
    def refused(path: Path, *arguments: Any, **options: Any) -> Any:
        if is_refused(Path(path)):
            raise denied(path)
        return operation(path, *arguments, **options)

    return refused


def opening(operation: Callable[..., int]) -> Any:
    """`os.open`, which opens no folder; what filelock and rmtree do on Linux is left to them."""

    def opened(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags == os.O_RDONLY and "dir_fd" not in options and Path(path).is_dir():
            raise denied(path)
        return operation(path, flags, *arguments, **options)

    return opened


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system as Windows is, for what this package asks of it."""
    monkeypatch.setattr(platform, "IS_WINDOWS", True)
    monkeypatch.setattr(os, "open", opening(os.open))
    monkeypatch.setattr(Path, "read_bytes", refusing(Path.read_bytes, Path.is_dir))
    for name in ("unlink", "rename", "replace"):
        monkeypatch.setattr(Path, name, refusing(getattr(Path, name), is_open))


def test_the_fake_refuses_what_windows_does(tmp_path: Path) -> None:
    """Else the tests below would show nothing."""
    with pytest.raises(PermissionError):
        os.open(tmp_path, os.O_RDONLY)
    with (tmp_path / "file").open("w"), pytest.raises(PermissionError):
        tmp_path.rename(tmp_path.with_name("other"))
    (tmp_path / "file").unlink()


def test_raw_is_written_and_read(tmp_path: Path) -> None:
    """One by one and in a batch; no lock and no scratch is left."""
    raw = RawZone(LocalStore(tmp_path))
    with raw.batch():
        digests = [raw.store_payload(body) for body in (b"one", b"two")]
    digests.append(raw.store_payload(b"three"))
    assert [raw.payload(digest) for digest in digests] == [b"one", b"two", b"three"]
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_damaged_payload_is_replaced(tmp_path: Path) -> None:
    """Twice by the same bytes, which are set aside under one name."""
    raw = RawZone(LocalStore(tmp_path))
    digest = raw.store_payload(b"as B3 sent it")
    (path,) = tmp_path.rglob(f"{digest}.gz")
    for _ in range(2):
        path.write_bytes(b"damaged")
        raw.set_aside(path.relative_to(tmp_path).as_posix())
        raw.store_payload(b"as B3 sent it")
    assert raw.payload(digest) == b"as B3 sent it"


def test_a_folder_in_the_place_of_a_file_is_a_damage(tmp_path: Path, factories: ModuleType) -> None:
    """Not a lack of rights, which would be tried again."""
    raw = RawZone(LocalStore(tmp_path))
    digest = raw.store_payload(b"body")
    (path,) = tmp_path.rglob(f"{digest}.gz")
    path.unlink()
    path.mkdir()
    with pytest.raises(RawDamaged, match="is a folder"):
        LocalStore(tmp_path).get(f"raw/payload/{digest}.gz")
    tables = open_lake(str(tmp_path)).refined_tables
    factories.publish(tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    (file,) = tmp_path.rglob("warehouse/**/position/**/*.parquet")
    file.unlink()
    file.mkdir()
    with pytest.raises(LakeDamaged, match="a folder is in its place"):
        tables.snapshot().read("position")


def test_a_scratch_folder_and_its_lock_are_removed(tmp_path: Path) -> None:
    with scratch_folder(tmp_path, "work") as folder:
        (folder / "file").write_text("x", "utf-8")
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_held_and_released(tmp_path: Path) -> None:
    lock = LakeLock(tmp_path)
    for _ in range(2):
        with lock():
            assert lock.holder() is not None
    assert lock.holder() is None


def damage_rows(lake: Path) -> None:
    next(lake.rglob("warehouse/**/position/**/*.parquet")).write_bytes(b"damaged")


def damage_catalogue(lake: Path) -> None:
    (lake / "catalogue.db").write_bytes(b"SQLite format 3\0 no more")


@pytest.mark.parametrize("damage", [damage_rows, damage_catalogue], ids=["rows", "catalogue"])
def test_damaged_tables_are_set_aside(
    tmp_path: Path, factories: ModuleType, damage: Callable[[Path], None]
) -> None:
    """With their catalogue, which is closed before it is renamed."""
    lake = open_lake(str(tmp_path / "lake"))
    factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    close(lake)
    damage(tmp_path / "lake")
    rebuilt = open_lake(str(tmp_path / "lake"), rebuild=True)
    assert rebuilt.refined_tables.snapshot().is_empty
    (aside,) = (tmp_path / "lake" / "damaged").iterdir()
    assert {path.name for path in aside.iterdir()} == {"catalogue.db", "warehouse"}


def test_outdated_tables_are_dropped(
    tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = open_lake(str(tmp_path / "lake"))
    factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    close(lake)

    def outdated(*_: object) -> None:
        raise LakeOutdated("made under another contract")

    monkeypatch.setattr(sqlite, "assert_compatible", outdated)
    rebuilt = open_lake(str(tmp_path / "lake"), rebuild=True)
    assert rebuilt.refined_tables.snapshot().is_empty


def test_a_moved_lake_is_read_and_relocated(tmp_path: Path, factories: ModuleType) -> None:
    """The paths are those of the folder, with slashes."""
    lake = open_lake(str(tmp_path / "old"))
    held = {factories.session("IBOV", 6): {"PETR4": 1}}
    factories.publish(lake.refined_tables, "run", held)
    close(lake)
    (tmp_path / "old").rename(tmp_path / "new")
    relocate_lake(str(tmp_path / "new"))
    tables = open_lake(str(tmp_path / "new")).refined_tables
    assert factories.view_of(tables.snapshot()) == held
    assert list(damages(tables)) == []
    assert "\\" not in tables.table("position").location()


def close(lake: Any) -> None:
    """Close the database as the end of a process does."""
    lake.refined_tables._catalog.engine.dispose()
