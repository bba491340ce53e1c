"""A lake: its raw zone and its catalogue in one place."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from filelock import FileLock
from pyiceberg.catalog import Catalog
from sqlalchemy.exc import SQLAlchemyError

from lake_io.errors import LakeDamaged, LakeError, LakeMoved, LakeUnreachable, one_line
from lake_io.raw.zone import RawZone
from lake_io.storage.local.scratch import clear_stale, scratch_folder
from lake_io.storage.local.sqlite import open_catalog, rebuilt_catalog
from lake_io.storage.store import LocalStore
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["Lake", "open_lake"]

LOCK: Final = "lock"
QUALITY: Final = "quality"
FRONT_PAGE: Final = "index.html"


@dataclass(frozen=True)
class Lake:
    """A lake's parts: the raw zone, the refined tables, the quality pages and the lock."""

    uri: str
    raw: RawZone
    refined_tables: RefinedTables
    quality_folder: Path
    _lock_file: Path

    @property
    def quality_page(self) -> str:
        """The quality report's front page, once there is one."""
        return str(self.quality_folder / FRONT_PAGE)

    def quality_pages(self) -> Iterator[str]:
        """Every file of the quality report, by its path from the report's front page."""
        files = _files_below(self.quality_folder)
        return (path.relative_to(self.quality_folder).as_posix() for path in files)

    def quality_file(self, name: str) -> bytes:
        """One file of the quality report. Raises LakeUnreachable."""
        path = self.quality_folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise LakeUnreachable(f"cannot read {path}: {error.strerror}") from error

    def write_quality_page(self, page: bytes) -> None:
        """Make it the report's front page, whole; nothing is written where it is already."""
        target = self.quality_folder / FRONT_PAGE
        try:
            if not target.is_file() or target.read_bytes() != page:
                self.quality_folder.mkdir(parents=True, exist_ok=True)
                # A reader finds the old page or the new one, never half of either.
                with self.scratch("page") as scratch:
                    whole = scratch / FRONT_PAGE
                    whole.write_bytes(page)
                    whole.replace(target)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {target}: {error.strerror}") from error

    def add_quality_pages(self, pages: Path) -> None:
        """Copy a run's pages to those of earlier runs, without a front page."""
        try:
            # Not `copytree`, which copies the permissions of a scratch folder too.
            for file in _files_below(pages):
                if file == pages / FRONT_PAGE:
                    continue
                target = self.quality_folder / file.relative_to(pages)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        except OSError as error:
            raise LakeUnreachable(
                f"cannot write {self.quality_folder}: {error.strerror}"
            ) from error

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A folder for one piece of work, gone at the end; below `staging/` if that can be."""
        with scratch_folder(Path(self.uri), name, elsewhere=True) as folder:
            yield folder

    @contextmanager
    def refining(self) -> Iterator[None]:
        """Held by one run of `refine` at a time; a second one waits. A crash lets it go."""
        with _locked(self._lock_file):
            yield


def open_lake(
    uri: str,
    *,
    rebuild: bool = False,
    lazily: bool = False,
    warn: Callable[[str], None] = lambda _: None,
) -> Lake:
    """The lake in the folder `uri`, made there if it is not yet, or at `s3://bucket[/prefix]`.

    Raises LakeUnreachable where the folder cannot be used, LakeMoved where its tables were
    made in another folder, and LakeDamaged where their catalogue is broken. With `rebuild`
    every table is read whole; tables that are damaged are set aside (`warn` is given the
    sentence that says where), tables of another folder dropped, raw stays. On S3 nothing is
    dropped, and what is wrong with tables is told by the first that is read or written; so it
    is in a folder with `lazily`, for who must land what cannot be had again.
    """
    if uri.startswith("s3://"):
        return _open_on_s3(uri)
    if "://" in uri:
        raise LakeUnreachable(f"{uri}: a lake is a local folder, or s3://bucket")
    try:
        root = Path(uri).expanduser().resolve()
        root.mkdir(parents=True, exist_ok=True)
        clear_stale(root)
        catalog = _rebuilt(root, warn) if rebuild else _opened(root, lazily=lazily)
    except (OSError, RuntimeError, ValueError, SQLAlchemyError) as error:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: {one_line(error)}") from error
    return Lake(
        str(root), RawZone(LocalStore(root)), RefinedTables(catalog), root / QUALITY, root / LOCK
    )


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _opened(root: Path, *, lazily: bool) -> Catalog:
    try:
        return open_catalog(root)
    except (LakeDamaged, LakeMoved) as error:
        if not lazily:
            raise
        return cast("Catalog", _Broken(error))


class _Broken:
    """A catalogue that cannot be used, and says so when it is."""

    def __init__(self, error: LakeError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> object:
        raise self._error


def _rebuilt(root: Path, warn: Callable[[str], None]) -> Catalog:
    """Tables that another run is writing are not set aside under its hands."""
    with _locked(root / LOCK):
        return rebuilt_catalog(root, warn)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    lock = FileLock(file)
    try:
        lock.acquire()
    except OSError as error:
        raise LakeUnreachable(f"cannot lock {file}: {error.strerror}; remove it") from error
    try:
        yield
    finally:
        lock.release()


def _open_on_s3(uri: str) -> Lake:
    try:
        from lake_io.storage.s3.lake import open_s3_lake
    except ModuleNotFoundError as error:
        needed = "a lake on S3 needs more packages: pip install 'lake-io[aws]'"
        raise LakeUnreachable(f"{uri}: {needed}") from error
    return open_s3_lake(uri)
