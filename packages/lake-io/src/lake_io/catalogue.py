"""The catalogue: Iceberg tables, published together and read as one moment.

Iceberg commits one table at a time. A publication therefore commits `portfolio` last,
and writes into that snapshot which snapshot of every other table belongs to it: its
*view*. Readers start from a view, so they see a publication whole or not at all.

Writers start from a view too. What stands in a table beyond it was left by a crash or
belongs to a run that has not finished: it is set aside before writing, and the commit
of `portfolio` succeeds only if it still is as the view says. Of two runs at once one
publishes, the other gets a Conflict and computes anew.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
from pyiceberg import expressions as where
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchTableError,
    ValidationException,
)
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from b3_contracts import arrow
from b3_contracts.tables import REFINED
from b3_contracts.vocabulary import TABLE_NAMES
from lake_io import schema
from lake_io.errors import Conflict, NotInLake
from lake_io.filters import covers

__all__ = ["NAMESPACE", "Catalogue", "Publication", "Replacement", "Run", "View"]

NAMESPACE: Final = "bovespa"
RUN: Final = "bovespa.run"
VERSION: Final = "bovespa.contract-version"
VIEW: Final = "bovespa.view"
EVERYTHING: Final = where.AlwaysTrue()
LAST: Final = TABLE_NAMES[-1]


@dataclass(frozen=True)
class Replacement:
    """New rows of a table, and the keys (`replaced_by` columns) whose old rows they replace.

    Keys without new rows are taken out. Rows outside the keys are refused.
    """

    rows: pa.Table
    keys: pa.Table


@dataclass(frozen=True)
class Publication:
    """What one run publishes: a replacement per table, and the view it was computed from."""

    run_id: str
    contract_version: str
    based_on: "View"
    replacements: Mapping[str, Replacement]

    @property
    def stamp(self) -> dict[str, str]:
        return {RUN: self.run_id, VERSION: self.contract_version}


@dataclass(frozen=True)
class Run:
    """One publication in the history."""

    run_id: str
    published_at: dt.datetime
    contract_version: str
    snapshot_ids: Mapping[str, int] = field(hash=False)


@dataclass(frozen=True)
class View:
    """One moment of all tables: a snapshot id for each table that has one."""

    catalogue: "Catalogue" = field(repr=False)
    snapshot_ids: Mapping[str, int] = field(hash=False)

    @property
    def is_empty(self) -> bool:
        return LAST not in self.snapshot_ids

    def read(
        self,
        name: str,
        row_filter: where.BooleanExpression = EVERYTHING,
        columns: Sequence[str] = ("*",),
    ) -> pa.Table:
        """Rows of a table as the contract types them, without what is not published yet."""
        model = REFINED[name]
        if name not in self.snapshot_ids:
            return arrow.empty(model) if columns == ("*",) else arrow.empty(model).select(columns)
        scan = self.catalogue.table(name).scan(
            row_filter, tuple(columns), snapshot_id=self.snapshot_ids[name]
        )
        rows = scan.to_arrow()
        return arrow.conform(rows, model) if columns == ("*",) else rows

    def data_files(self, name: str) -> Iterator[str]:
        """Paths of the Parquet files that hold the table's rows."""
        if name in self.snapshot_ids:
            scan = self.catalogue.table(name).scan(snapshot_id=self.snapshot_ids[name])
            yield from (task.file.file_path for task in scan.plan_files())


class Catalogue:
    """The refined tables behind any PyIceberg catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tables: dict[str, IcebergTable] = {}

    def view(self, run_id: str | None = None) -> View:
        """The newest publication, or a named one. Raises NotInLake for an unknown run."""
        if run_id is None:
            table = self._load(LAST)
            snapshot = table.current_snapshot() if table else None
            return View(self, _pinned(snapshot) if snapshot else {})
        runs = {run.run_id: run for run in self.history()}
        if run_id not in runs:
            known = ", ".join(list(runs)[-3:]) or "none"
            raise NotInLake(f"no run {run_id} in the history; the latest ones: {known}")
        return View(self, runs[run_id].snapshot_ids)

    def history(self) -> list[Run]:
        """The publications whose snapshots are kept, oldest first."""
        table = self._load(LAST)
        runs = {}
        for snapshot in table.metadata.snapshots if table else ():
            # A replacement makes two snapshots, the first without the session: the last counts.
            runs[_property(snapshot, RUN)] = Run(
                _property(snapshot, RUN),
                dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC),
                _property(snapshot, VERSION),
                _pinned(snapshot),
            )
        return sorted(runs.values(), key=lambda run: run.published_at)

    def publish(self, publication: Publication) -> None:
        """Replace the publication's keys, table by table, `portfolio` last.

        Raises Conflict where another run published since the view was read; nothing of
        this publication is visible then, and it is to be computed anew.
        """
        try:
            self._publish(publication)
        except (CommitFailedException, ValidationException) as error:
            raise Conflict(f"another run published meanwhile: {error}") from error

    def table(self, name: str) -> IcebergTable:
        """The Iceberg table, for reading. Raises NotInLake before the first publication."""
        table = self._tables.get(name) or self._load(name)
        if table is None:
            raise NotInLake(f"the lake has no table {name} yet: run `bovespa refine`")
        return table

    def _publish(self, publication: Publication) -> None:
        pins = {
            name: self._replace(name, publication)
            for name in TABLE_NAMES[:-1]
            if name in publication.replacements or name in publication.based_on.snapshot_ids
        }
        table = self._create(LAST)
        if _current(table) != publication.based_on.snapshot_ids.get(LAST):
            raise Conflict("another run published meanwhile")
        stamp = {**publication.stamp, VIEW: json.dumps(pins)}
        _overwrite(table, LAST, publication.replacements[LAST], stamp)

    def _replace(self, name: str, publication: Publication) -> int | None:
        """Replace rows of one table on top of the view; the snapshot that came of it."""
        pinned = publication.based_on.snapshot_ids.get(name)
        if name not in publication.replacements:
            return pinned
        table = self._create(name)
        replacement = publication.replacements[name]
        if pinned is None and _current(table) is not None:
            # All that stands there was left by runs that did not finish.
            _overwrite(table, name, replacement, publication.stamp, EVERYTHING)
            return _current(table)
        _set_aside(table, pinned)
        _overwrite(table, name, replacement, publication.stamp)
        return _own_snapshot(table, pinned, publication.run_id)

    def _create(self, name: str) -> IcebergTable:
        model = REFINED[name]
        table = self._catalog.create_table_if_not_exists(
            (NAMESPACE, name),
            schema.schema(model),
            partition_spec=schema.partition_spec(model),
            properties=schema.properties(model),
        )
        self._tables[name] = table
        return table

    def _load(self, name: str) -> IcebergTable | None:
        try:
            self._tables[name] = self._catalog.load_table((NAMESPACE, name))
        except NoSuchTableError:
            return None
        return self._tables[name]


def _overwrite(
    table: IcebergTable,
    name: str,
    replacement: Replacement,
    stamp: dict[str, str],
    row_filter: where.BooleanExpression | None = None,
) -> None:
    rows = arrow.conform(replacement.rows, REFINED[name])
    replaced = covers(replacement.keys) if row_filter is None else row_filter
    if _current(table) is None:
        if rows.num_rows or name == LAST:
            table.append(rows, snapshot_properties=stamp)
    elif rows.num_rows or name == LAST:
        table.overwrite(rows, replaced, snapshot_properties=stamp)
    elif replacement.keys.num_rows:
        table.delete(replaced, snapshot_properties=stamp)


def _set_aside(table: IcebergTable, pinned: int | None) -> None:
    if pinned is not None and _current(table) != pinned:
        table.manage_snapshots().set_current_snapshot(pinned).commit()


def _own_snapshot(table: IcebergTable, pinned: int | None, run_id: str) -> int | None:
    """The current snapshot, if nothing but this run's commits stands between it and the view."""
    current = snapshot = table.current_snapshot()
    while snapshot and snapshot.snapshot_id != pinned and _property(snapshot, RUN) == run_id:
        parent = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(parent) if parent else None
    if (snapshot.snapshot_id if snapshot else None) not in (pinned, None):
        raise Conflict("another run is publishing")
    return current.snapshot_id if current else None


def _current(table: IcebergTable) -> int | None:
    snapshot = table.current_snapshot()
    return snapshot.snapshot_id if snapshot else None


def _pinned(snapshot: Snapshot) -> dict[str, int]:
    pins: dict[str, int | None] = json.loads(_property(snapshot, VIEW))
    found = {name: pin for name, pin in pins.items() if pin is not None}
    return {**found, LAST: snapshot.snapshot_id}


def _property(snapshot: Snapshot, name: str) -> str:
    return str(snapshot.summary[name]) if snapshot.summary else ""
