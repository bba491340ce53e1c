"""A lake in a folder."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table as IcebergTable
from pyiceberg.typedef import Identifier

from b3_contracts.layout import RAW_PREFIX
from lake_io.errors import LakeDamaged, LakeError, LakeUnreachable, NotInLake, one_line
from lake_io.lake import Lake
from lake_io.raw.zone import RawZone
from lake_io.storage.local.folder import folder_of
from lake_io.storage.local.lock import LakeLock
from lake_io.storage.local.pages import LocalPages
from lake_io.storage.local.scratch import clear_stale, scratch_folder
from lake_io.storage.local.sqlite import (
    DATABASE,
    WAREHOUSE,
    assert_new,
    open_catalog,
    rebuilt_tables,
)
from lake_io.storage.store import LocalStore
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["open_existing_lake", "open_local_lake"]

QUALITY: Final = "quality"


def open_local_lake(uri: str, *, rebuild: bool, lazily: bool, warn: Callable[[str], None]) -> Lake:
    """Open the lake in a folder; see `open_lake`."""
    root = folder_of(uri)
    with _usable(uri):
        root.mkdir(parents=True, exist_ok=True)
        clear_stale(root)
        tables = _rebuilt(root, warn) if rebuild else RefinedTables(_opened(root, lazily=lazily))
    return _lake(root, tables)


def open_existing_lake(uri: str) -> Lake:
    """Open the lake in a folder without creating anything. Raises NotInLake if there is none."""
    root = folder_of(uri)
    with _usable(uri):
        if not _is_lake(root):
            raise NotInLake(f"there is no lake at {uri}")
        database = root / DATABASE
        catalog = open_catalog(root) if database.exists() else cast("Catalog", _NoCatalogue(root))
    return _lake(root, RefinedTables(catalog))


@contextmanager
def _usable(uri: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise LakeUnreachable(f"cannot use {uri!r} as a lake: {one_line(error)}") from error


def _is_lake(root: Path) -> bool:
    """True for a folder with a raw zone or tables."""
    return any(os.path.lexists(root / name) for name in (DATABASE, WAREHOUSE, RAW_PREFIX))


def _lake(root: Path, tables: RefinedTables) -> Lake:
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


class _NoCatalogue:
    """The catalogue of a lake that has none yet, such as a copied raw zone.

    There are no tables in it, and the first one that is written creates it.
    """

    def __init__(self, root: Path) -> None:
        assert_new(root)
        self._root = root

    def load_table(self, identifier: str | Identifier) -> IcebergTable:
        if not (self._root / DATABASE).exists():
            raise NoSuchTableError(f"there is no table {identifier}")
        return open_catalog(self._root).load_table(identifier)

    def create_table_if_not_exists(self, *args: Any, **kwargs: Any) -> IcebergTable:
        return open_catalog(self._root).create_table_if_not_exists(*args, **kwargs)


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
