"""One table's part of a publication: rows replaced on top of the pinned snapshot.

No commit is tried again by itself. It succeeds only where the table still is as in the snapshot
says, so nothing of another run can slip in between; else the run computes anew.

PyIceberg's own `overwrite` plans a deletion term by term, even one of nothing. Here the
files that may hold a key are read, and only those that do are replaced, whole.
"""

from collections.abc import Iterable

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import FileScanTask, Transaction
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate

from lake_io.errors import Conflict
from lake_io.tables.filters import covers
from lake_io.tables.snapshot_properties import current

__all__ = ["Commit", "read_files", "replace", "replace_files", "rollback_to"]


class Commit(Transaction):
    """PyIceberg copies all metadata whenever it looks at it, 25 times a commit: here once
    for each thing that the commit adds to it."""

    _copied: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        base, updates = self._table.metadata, self._updates
        copied = self._copied
        if copied is None or copied[0] is not base or copied[1] is not updates:
            copied = self._copied = (base, updates, super().table_metadata)
        return copied[2]

    def commit_transaction(self) -> IcebergTable:
        """Raise CommitFailedException if the table has moved on although it looks unchanged.

        Others committed and rolled back; PyIceberg raises a ValueError in that case.
        """
        location = self._table.metadata_location
        try:
            return super().commit_transaction()
        except ValueError as error:
            if self._table.refresh().metadata_location == location:
                raise
            raise CommitFailedException(str(error)) from error


def rollback_to(table: IcebergTable, pinned: int | None) -> None:
    """Make the pinned snapshot the current one; later ones were never visible.

    Crashed runs left it, or a run that has not finished: that one still finds its own
    snapshots, which stay in the table until maintenance.
    """
    if current(table) == pinned:
        return
    if pinned is None:
        table.manage_snapshots().remove_branch("main").commit()
    elif table.snapshot_by_id(pinned) is None:
        raise Conflict("the snapshot is older than what the lake keeps: read a newer one")
    else:
        table.manage_snapshots().set_current_snapshot(pinned).commit()


def replace(
    table: IcebergTable,
    rows: pa.Table,
    keys: pa.Table,
    snapshot_properties: dict[str, str],
    *,
    always: bool = False,
) -> int | None:
    """Put `rows` in the place of the rows with these keys; the snapshot with the outcome.

    Where nothing changes there is no new snapshot, unless `always`.
    """
    replaced, parts = [], [rows]
    for file in _files_that_may_hold(table, keys):
        rows_in_file = read_files(table, [file])
        other_rows = rows_in_file.join(keys, keys.column_names, join_type="left anti")
        if other_rows.num_rows < rows_in_file.num_rows:
            replaced.append(file)
            parts.append(_beside(other_rows, rows.schema))
    if rows.num_rows or replaced or always:
        # Further columns, of a newer contract, keep the values of the rows that stay.
        replace_files(
            table, replaced, pa.concat_tables(parts, promote_options="default"), snapshot_properties
        )
    return current(table)


def replace_files(
    table: IcebergTable,
    files: Iterable[FileScanTask],
    rows: pa.Table,
    snapshot_properties: dict[str, str],
) -> None:
    """Commit `rows` in the place of whole files.

    As one commit of two snapshots, for PyIceberg merges manifests only where it appends.
    """
    old = [task.file for task in files]
    with Commit(table) as commit:
        if old:
            with commit.update_snapshot(snapshot_properties).overwrite() as removal:
                for file in old:
                    removal.delete_data_file(file)
        if rows.num_rows or not old:
            commit.append(rows, snapshot_properties)


def read_files(table: IcebergTable, files: Iterable[FileScanTask]) -> pa.Table:
    """All rows of some of the table's files."""
    scan = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue())
    return scan.to_table(files)


def _beside(other_rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows that stay, typed as the new ones where these have the column."""
    further = [field for field in other_rows.schema if field.name not in schema.names]
    target = pa.schema([*schema, *further])
    return other_rows.select(target.names).cast(target)


def _files_that_may_hold(table: IcebergTable, keys: pa.Table) -> list[FileScanTask]:
    if current(table) is None or not keys.num_rows:
        return []
    return list(table.scan(covers(keys)).plan_files())
