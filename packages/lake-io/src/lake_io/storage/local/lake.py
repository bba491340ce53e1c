"""A lake in a folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, cast

from pyiceberg.catalog import Catalog

from lake_io.errors import LakeDamaged, LakeError, LakeUnreachable, one_line
from lake_io.lake import Lake
from lake_io.raw.zone import RawZone
from lake_io.storage.local.lock import LakeLock
from lake_io.storage.local.pages import LocalPages
from lake_io.storage.local.scratch import clear_stale, scratch_folder
from lake_io.storage.local.sqlite import open_catalog, rebuilt_tables
from lake_io.storage.store import LocalStore
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["open_local_lake"]

QUALITY: Final = "quality"


def open_local_lake(uri: str, *, rebuild: bool, lazily: bool, warn: Callable[[str], None]) -> Lake:
    """Open the lake in a folder; see `open_lake`."""
    try:
        root = Path(uri).expanduser().resolve()
        root.mkdir(parents=True, exist_ok=True)
        clear_stale(root)
        tables = _rebuilt(root, warn) if rebuild else RefinedTables(_opened(root, lazily=lazily))
    except (OSError, RuntimeError, ValueError) as error:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: {one_line(error)}") from error
    return Lake(
        str(root),
        RawZone(LocalStore(root)),
        tables,
        LocalPages(root, root / QUALITY),
        scratch=partial(scratch_folder, root, elsewhere=True),
        refining=LakeLock(root),
        lock_holder=LakeLock(root).holder,
    )


def _opened(root: Path, *, lazily: bool) -> Catalog:
    try:
        return open_catalog(root)
    except LakeDamaged as error:
        if not lazily:
            raise
        return cast("Catalog", _Broken(error))


class _Broken:
    """A catalogue that raises its fault on first use."""

    def __init__(self, error: LakeError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> object:
        raise self._error


def _rebuilt(root: Path, warn: Callable[[str], None]) -> RefinedTables:
    """Hold the lock: tables that another run is writing are not moved away."""
    with LakeLock(root)():
        return rebuilt_tables(root, warn)
