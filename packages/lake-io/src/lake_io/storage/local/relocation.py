"""Relocation of a lake in a folder: its tables name their files by the folder's present path."""

from collections.abc import Callable
from pathlib import Path

from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table as IcebergTable

from b3_contracts.vocabulary import TABLE_NAMES
from lake_io.faults import translate_conflicts, translate_read_errors, translate_storage_errors
from lake_io.storage.local.checksums import present_path
from lake_io.storage.local.lock import LakeLock
from lake_io.storage.local.sqlite import FolderTables, open_catalog
from lake_io.tables.refined_tables import NAMESPACE
from lake_io.tables.relocation import relocate_table

__all__ = ["relocate_folder"]


def relocate_folder(root: Path, wait: float | None, told: Callable[[str], None]) -> tuple[str, ...]:
    """Relocate every table under the lake's lock; return the names of those that were."""
    with LakeLock(root)(wait, told):
        catalog = open_catalog(root)
        with translate_storage_errors("the tables"), translate_conflicts():
            changed = _write(catalog, root)
            if changed:
                catalog.repoint(changed, root)
    return tuple(changed)


def _write(catalog: FolderTables, root: Path) -> dict[str, tuple[str, str]]:
    """Write the metadata of each table; its old and its new metadata file, where they differ."""
    changed: dict[str, tuple[str, str]] = {}
    for name in TABLE_NAMES:
        if table := _table(catalog, name):
            with translate_read_errors(name):
                new = relocate_table(table, lambda path: present_path(path, root).as_posix())
            if new != table.metadata_location:
                changed[name] = (table.metadata_location, new)
    return changed


def _table(catalog: FolderTables, name: str) -> IcebergTable | None:
    try:
        with translate_read_errors(name):
            return catalog.load_table((NAMESPACE, name))
    except NoSuchTableError:
        return None
