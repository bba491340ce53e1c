"""Refined tables in Iceberg, published together and read as one consistent snapshot.

Iceberg commits one table at a time. A publication therefore commits `portfolio` last,
and writes into that snapshot which snapshot of every other table belongs to it: its
*snapshot*. Readers start from it, so they see a publication whole or not at all.

Writers start from a snapshot too. What stands in a table beyond it was left by a crash or
belongs to a run that has not finished: it is set aside before writing, and every commit
succeeds only if the table still is as in the snapshot says. Of two runs at once one publishes,
the other gets a Conflict and computes anew.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pyarrow as pa
from pyiceberg import expressions as where
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import DataScan
from pyiceberg.table import Table as IcebergTable

from b3_contracts.backends import arrow
from b3_contracts.errors import Broken, ContractError
from b3_contracts.specification import REFINED
from b3_contracts.table_spec import TableSpec
from b3_contracts.vocabulary import TABLE_NAMES
from lake_io.errors import Conflict, LakeDamaged, LakeError, NotInLake
from lake_io.faults import translate_conflicts, translate_read_errors, translate_storage_errors
from lake_io.storage.local.checksums import ChecksummedFiles
from lake_io.tables import maintenance, schema
from lake_io.tables.commits import replace, rollback_to
from lake_io.tables.earlier_runs import EarlierRuns, Run
from lake_io.tables.evolution import add_missing_columns, assert_compatible, evolve
from lake_io.tables.snapshot_properties import (
    COMMIT_TABLE,
    current,
    earlier_runs,
    pinned_snapshots,
    publications,
    run_of,
    snapshot_properties,
    version_of,
)

if TYPE_CHECKING:
    import pyarrow.dataset as ds

__all__ = ["NAMESPACE", "LakeSnapshot", "Publication", "RefinedTables", "Replacement", "Run"]

NAMESPACE: Final = "bovespa"
EVERYTHING: Final = where.AlwaysTrue()
_QUALITY: Final = "quality_result"


@dataclass(frozen=True)
class Replacement:
    """New rows of a table, and the keys (`replaced_by` columns) whose old rows they replace.

    Keys without new rows are taken out. Rows outside the keys are refused.
    """

    rows: pa.Table
    keys: pa.Table


@dataclass(frozen=True)
class Publication:
    """One run's publication: a replacement per table, and the snapshot it was computed from."""

    run_id: str
    contract_version: str
    based_on: "LakeSnapshot"
    replacements: Mapping[str, Replacement]


@dataclass(frozen=True)
class LakeSnapshot:
    """A consistent state of all tables: a snapshot id for each table that has one."""

    refined_tables: "RefinedTables" = field(repr=False)
    snapshot_ids: Mapping[str, int] = field(hash=False)

    @property
    def is_empty(self) -> bool:
        return COMMIT_TABLE not in self.snapshot_ids

    def read(
        self,
        name: str,
        row_filter: where.BooleanExpression = EVERYTHING,
        columns: Sequence[str] = ("*",),
    ) -> pa.Table:
        """Rows of a table as the contract types them, without what is not published yet.

        Columns added to the contract since are null. Raises NotInLake if maintenance has expired
        the snapshot, LakeOutdated if the contract cannot be met, and LakeDamaged if a file of the
        rows or of their metadata is damaged.
        """
        model = REFINED[name]
        names = arrow.column_names(model) if "*" in columns else list(columns)
        if name not in self.snapshot_ids:
            return arrow.empty(model).select(names)
        with self._reading(name):
            stored = self._columns(name)
            requested = [column for column in names if column in stored] or [next(iter(stored))]
            return _typed(self._scan(name, row_filter, requested).to_arrow(), model, names)

    def data_files(self, name: str) -> Iterator[str]:
        """Paths of the Parquet files that hold the table's rows, where the lake lies now."""
        if name in self.snapshot_ids:
            with self._reading(name):
                tasks = list(self._scan(name).plan_files())
            io = self.refined_tables.table(name).io
            for path in (task.file.file_path for task in tasks):
                yield str(io.path(path)) if isinstance(io, ChecksummedFiles) else path

    def dataset(self, name: str) -> "ds.Dataset":
        """The table's rows as files that nobody has read yet, for an engine to read.

        Raises LakeDamaged if one of the files is missing.
        """
        import pyarrow.dataset as ds

        schema = arrow.schema(REFINED[name])
        paths = list(self.data_files(name))
        if not paths:
            return ds.dataset(schema.empty_table())
        io = self.refined_tables.table(name).io
        places = [PyArrowFileIO.parse_location(path) for path in paths]
        scheme, host, _ = places[0]
        files = [path for _, _, path in places]
        system = cast("PyArrowFileIO", io).fs_by_scheme(scheme, host)
        with self._reading(name):
            return ds.dataset(files, schema=schema, format="parquet", filesystem=system)

    def check(self, name: str) -> None:
        """Read the files of a table's rows for their checksums, where they have some.

        An engine that reads files by itself asks for no checksum. Raises LakeDamaged.
        """
        paths = list(self.data_files(name))
        io = self.refined_tables.table(name).io if paths else None
        if isinstance(io, ChecksummedFiles):
            with self._reading(name):
                for path in paths:
                    io.check(Path(path))

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Distinguish files of an expired snapshot from damaged ones."""
        try:
            with translate_read_errors(name):
                yield
        except LakeDamaged:
            self.refined_tables.assert_kept(name, self.snapshot_ids[name])
            raise

    def _columns(self, name: str) -> list[str]:
        """Return the columns of the table in this snapshot."""
        assert_compatible(self.refined_tables.table(name), REFINED[name])
        return self._scan(name).projection().column_names

    def _scan(
        self,
        name: str,
        row_filter: where.BooleanExpression = EVERYTHING,
        columns: Sequence[str] = ("*",),
    ) -> DataScan:
        snapshot_id = self.snapshot_ids[name]
        table = self.refined_tables.table_at(name, snapshot_id)
        return table.scan(row_filter, tuple(columns), snapshot_id=snapshot_id)


class RefinedTables:
    """The refined tables behind any PyIceberg catalogue."""

    def __init__(self, catalog: Catalog, earlier: EarlierRuns | None = None) -> None:
        self._catalog = catalog
        self._earlier = earlier
        """The runs of tables that a rebuild has just replaced, for the first publication."""
        self._tables: dict[str, IcebergTable] = {}

    def snapshot(self, run_id: str | None = None) -> LakeSnapshot:
        """The newest publication, or a named one. Raises NotInLake for an unknown run."""
        if run_id is None:
            table = self._load(COMMIT_TABLE)
            snapshot = table.current_snapshot() if table else None
            return LakeSnapshot(self, pinned_snapshots(snapshot) if snapshot else {})
        runs = {run.run_id: run for run in self.history()}
        if run_id not in runs:
            latest = ", ".join(list(runs)[-3:]) or "none"
            raise NotInLake(f"no run {run_id} in the history; the latest ones: {latest}")
        if not runs[run_id].snapshot_ids:
            time = runs[run_id].published_at
            raise NotInLake(f"a rebuild has replaced the tables of run {run_id}: ask for {time}")
        return LakeSnapshot(self, runs[run_id].snapshot_ids)

    def history(self) -> list[Run]:
        """The publications whose snapshots are kept, or that a rebuild has kept, oldest first."""
        table = self._load(COMMIT_TABLE)
        runs: dict[str, Run] = {}
        for snapshot in publications(table) if table else ():
            runs |= {run.run_id: run for run in EarlierRuns.parse(earlier_runs(snapshot))}
            # Maintenance rewrites the files of a publication, not its rows: it stays that run.
            run_id = run_of(snapshot)
            time = dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC)
            published_at = runs[run_id].published_at if run_id in runs else time
            runs[run_id] = Run(
                run_id, published_at, version_of(snapshot), pinned_snapshots(snapshot)
            )
        return list(runs.values())

    def earlier_runs(self) -> EarlierRuns:
        """What a rebuild keeps of these tables: as much of it as can be read."""
        try:
            runs = tuple(self.history())
        except LakeError:
            runs = ()
        try:
            return EarlierRuns(runs, self.snapshot().read(_QUALITY))
        except (ContractError, LakeError):
            return EarlierRuns(runs, arrow.empty(REFINED[_QUALITY]))

    def publish(self, publication: Publication) -> None:
        """Replace the publication's keys, table by table, `portfolio` last.

        Raises Conflict where another run published since the snapshot was read; nothing of
        this publication is visible then, and it is to be computed anew. Raises
        ContractError for rows outside the keys they replace, and LakeError without the extra
        `publish`, before anything is written.
        """
        _assert_installed()
        if self._earlier:
            publication = _with_quality(publication, self._earlier.quality)
        for name, replacement in publication.replacements.items():
            _assert_covered(name, replacement)
        with translate_storage_errors("the tables"), translate_conflicts():
            self._publish(publication)
        self._earlier = None

    def maintain(self, now: dt.datetime) -> bool:
        """Every so many publications: rewrite small files, expire old snapshots; whether done.

        Rows stay the same, and a snapshot of the last weeks can still be read (`maintenance` says
        how many). Where another run comes in between, the next maintenance does the rest.
        """
        with translate_storage_errors("the tables"):
            portfolio = self._load(COMMIT_TABLE)
            if portfolio is None or not maintenance.is_due(portfolio):
                return False
            tables = {name: table for name in TABLE_NAMES if (table := self._load(name))}
            try:
                with translate_conflicts():
                    maintenance.compact(tables, now)
                    maintenance.expire(tables, now)
            except Conflict:
                return False
        return True

    def table(self, name: str) -> IcebergTable:
        """The Iceberg table, for reading. Raises NotInLake before the first publication."""
        table = self._tables.get(name) or self._load(name)
        if table is None:
            raise NotInLake(f"nothing is published yet: the lake has no table {name}")
        return table

    def table_at(self, name: str, snapshot_id: int) -> IcebergTable:
        """The table with a snapshot that another run may just have made. Raises NotInLake."""
        table: IcebergTable | None = self.table(name)
        if table is None or table.snapshot_by_id(snapshot_id) is None:
            table = self.assert_kept(name, snapshot_id)
        return table

    def assert_kept(self, name: str, snapshot_id: int) -> IcebergTable:
        """The table as it is now, with this snapshot. Raises NotInLake where it has expired."""
        table = self._load(name)
        if table is None or table.snapshot_by_id(snapshot_id) is None:
            raise NotInLake(f"this moment of {name} has expired: read the lake anew")
        return table

    def _publish(self, publication: Publication) -> None:
        based_on = publication.based_on.snapshot_ids
        snapshot: dict[str, int | None] = {}
        for name in TABLE_NAMES[:-1]:
            snapshot[name] = based_on.get(name)
            if name in publication.replacements:
                snapshot[name] = self._replace(name, publication)
            elif name not in based_on:
                self._create(name)  # whoever reads by the catalogue finds an empty table
        table = self._create(COMMIT_TABLE)
        if current(table) != based_on.get(COMMIT_TABLE):
            raise Conflict("another run published meanwhile")
        properties = snapshot_properties(
            publication.run_id,
            publication.contract_version,
            snapshot=snapshot,
            earlier_runs=self._earlier.to_property() if self._earlier else None,
        )
        rows, keys = _parts(COMMIT_TABLE, publication)
        replace(table, rows, keys, properties, always=True)

    def _replace(self, name: str, publication: Publication) -> int | None:
        table = self._create(name)
        rollback_to(table, publication.based_on.snapshot_ids.get(name))
        rows, keys = _parts(name, publication)
        properties = snapshot_properties(publication.run_id, publication.contract_version)
        return replace(table, rows, keys, properties)

    def _create(self, name: str) -> IcebergTable:
        """The table as it is now, up to the contract, made if it is not there yet."""
        model = REFINED[name]
        if table := self._load(name):
            evolve(table, model)
            return table
        table = self._catalog.create_table_if_not_exists(
            (NAMESPACE, name),
            schema.schema(model),
            partition_spec=schema.partition_spec(model),
            properties=schema.properties(),
        )
        self._tables[name] = table
        return table

    def _load(self, name: str) -> IcebergTable | None:
        try:
            with translate_read_errors(name):
                self._tables[name] = self._catalog.load_table((NAMESPACE, name))
        except NoSuchTableError:
            return None
        return self._tables[name]


def _parts(name: str, publication: Publication) -> tuple[pa.Table, pa.Table]:
    replacement = publication.replacements[name]
    return arrow.conform(replacement.rows, REFINED[name]), replacement.keys


def _assert_installed() -> None:
    """PyIceberg imports its core only for the partitions of a table, after others are written."""
    if find_spec("pyiceberg_core") is None:
        raise LakeError("publishing tables needs pyiceberg-core: pip install 'lake-io[publish]'")


def _with_quality(publication: Publication, earlier: pa.Table) -> Publication:
    """The publication with the quality results of earlier runs."""
    new = publication.replacements[_QUALITY]
    keys = earlier.select(new.keys.column_names).group_by(new.keys.column_names).aggregate([])
    merged = Replacement(
        pa.concat_tables([earlier, arrow.conform(new.rows, REFINED[_QUALITY])]),
        pa.concat_tables([keys, new.keys.cast(keys.schema)]),
    )
    return dataclasses.replace(
        publication, replacements={**publication.replacements, _QUALITY: merged}
    )


def _assert_covered(name: str, replacement: Replacement) -> None:
    columns = replacement.keys.column_names
    keys_in_rows = replacement.rows.select(columns).group_by(columns).aggregate([])
    strays = keys_in_rows.join(replacement.keys, columns, join_type="left anti")
    if strays.num_rows:
        rows = strays.slice(0, 5).to_pylist()
        rule = "must be among the keys that are replaced"
        raise ContractError(name, [Broken(", ".join(columns), rule, rows)])


def _typed(rows: pa.Table, model: TableSpec, names: list[str]) -> pa.Table:
    """The contract's types, in the order asked for: Iceberg answers in the table's."""
    fields = [arrow.schema(model).field(name) for name in names]
    return add_missing_columns(rows, model, names).cast(pa.schema(fields))
