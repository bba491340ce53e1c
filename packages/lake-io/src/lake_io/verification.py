"""Verification of the tables: every file is read and checked."""

from collections.abc import Callable, Iterator

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from b3_contracts.backends.validation import validate
from b3_contracts.errors import ContractError
from b3_contracts.specification import REFINED
from b3_contracts.vocabulary import TABLE_NAMES
from lake_io.errors import LakeDamaged, NotInLake
from lake_io.faults import translate_read_errors
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["breaches", "damages"]


def damages(
    refined_tables: RefinedTables, progress: Callable[[str], None] = lambda _: None
) -> Iterator[LakeDamaged]:
    """Each damage of the lake's tables, in a sentence that names the file.

    Every file that a snapshot of a table needs is read, and every row of the newest
    publication. Raises LakeUnreachable and LakeOutdated.
    """
    whole = True
    for name in TABLE_NAMES:
        progress(name)
        for damage in _of_table(refined_tables, name):
            whole = False
            yield damage
    if whole:
        yield from _of_view(refined_tables, progress)


def breaches(
    refined_tables: RefinedTables, progress: Callable[[str], None] = lambda _: None
) -> Iterator[ContractError]:
    """Each table whose published rows break their contract. Raises LakeDamaged."""
    snapshot = refined_tables.snapshot()
    for name in snapshot.snapshot_ids:
        progress(name)
        try:
            validate(snapshot.read(name), REFINED[name])
        except ContractError as error:
            yield error


def _of_table(refined_tables: RefinedTables, name: str) -> Iterator[LakeDamaged]:
    try:
        table = refined_tables.table(name)
    except NotInLake:
        return
    except LakeDamaged as error:
        yield error
        return
    yield from _Files(table, name).damages()


class _Files:
    """The files that a table's snapshots need, each looked at once."""

    def __init__(self, table: IcebergTable, name: str) -> None:
        self._table = table
        self._name = name
        self._seen: set[str] = set()

    def damages(self) -> Iterator[LakeDamaged]:
        for snapshot in self._table.snapshots():
            yield from self._of_snapshot(snapshot)

    def _of_snapshot(self, snapshot: Snapshot) -> Iterator[LakeDamaged]:
        manifests: list[ManifestFile] = []
        try:
            with translate_read_errors(self._name):
                manifests = snapshot.manifests(self._table.io)
        except LakeDamaged as error:
            yield error
        for manifest in manifests:
            if self._is_new(manifest.manifest_path):
                yield from self._of_manifest(manifest)

    def _of_manifest(self, manifest: ManifestFile) -> Iterator[LakeDamaged]:
        try:
            with translate_read_errors(self._name):
                entries = manifest.fetch_manifest_entry(self._table.io, discard_deleted=True)
        except LakeDamaged as error:
            yield error
            return
        for path in filter(self._is_new, (entry.data_file.file_path for entry in entries)):
            try:
                with translate_read_errors(self._name):
                    _read(self._table.io, path)
            except LakeDamaged as error:
                yield error

    def _is_new(self, path: str) -> bool:
        is_new = path not in self._seen
        self._seen.add(path)
        return is_new


def _of_view(
    refined_tables: RefinedTables, progress: Callable[[str], None]
) -> Iterator[LakeDamaged]:
    """Faults that no single file shows: a missing snapshot, rows of another type."""
    snapshot = refined_tables.snapshot()
    for name in snapshot.snapshot_ids:
        progress(name)
        try:
            snapshot.read(name)
        except LakeDamaged as error:
            yield error
        except (ContractError, NotInLake) as error:
            yield LakeDamaged(f"the table {name} is damaged: {error}")


def _read(io: FileIO, path: str) -> None:
    with io.new_input(path).open() as stream:
        stream.read()
