"""Maintenance: compaction, and expiry of snapshots and files.

Every publication adds a file or two to each table, and a snapshot to its metadata, which
PyIceberg reads and copies whole in every commit. Every `MAINTENANCE_INTERVAL` publications
the small files are compacted into one a month (or one a table), and snapshots that nobody
needs expire.

The compacted files are a publication of their own, of the same run and the same rows. It
becomes visible as any other, with the commit of `portfolio`; what a crash leaves before that
is rolled back by the next publication. Expiry begins with `portfolio`, so that no
publication in the history pins an expired snapshot; a crash then leaves files that no
metadata names, which take space and do no harm.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import pyarrow.compute as pc
from pyiceberg.manifest import ManifestEntry, ManifestFile
from pyiceberg.table import FileScanTask
from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update.snapshot import ExpireSnapshots
from pyiceberg.typedef import Record

from b3_contracts.specification import REFINED
from b3_contracts.table_spec import as_spec
from lake_io.tables.commits import Commit, read_files, replace_files, rollback_to
from lake_io.tables.snapshot_properties import (
    COMMIT_TABLE,
    current,
    maintained_at,
    pinned_snapshots,
    publications,
    run_of,
    snapshot_properties,
    version_of,
)

__all__ = [
    "MAINTENANCE_INTERVAL",
    "MAX_SNAPSHOTS",
    "ORPHAN_GRACE",
    "RETENTION",
    "compact",
    "expire",
    "is_due",
]

MAINTENANCE_INTERVAL: Final = 30
"""Publications from one maintenance run to the next."""
RETENTION: Final = dt.timedelta(days=30)
"""How long a moment can be read, and at least so long is it found in the history, …"""
MAX_SNAPSHOTS: Final = 30
"""… unless more than this many newer ones have come at a maintenance run: their number, and not
their age, is what slows every commit down."""
ORPHAN_GRACE: Final = dt.timedelta(days=1)
"""What no publication names may belong to a run that has not finished, for so long."""


def is_due(portfolio: IcebergTable) -> bool:
    """True if `MAINTENANCE_INTERVAL` runs have published since the last maintenance."""
    runs: set[str] = set()
    for snapshot in reversed(publications(portfolio)):
        if maintained_at(snapshot):
            break
        runs.add(run_of(snapshot))
    return len(runs) >= MAINTENANCE_INTERVAL


def compact(tables: Mapping[str, IcebergTable], now: dt.datetime) -> None:
    """Compact the small files of the newest snapshot."""
    newest = publications(tables[COMMIT_TABLE])[-1]
    run, version, time = run_of(newest), version_of(newest), now.isoformat()
    properties = snapshot_properties(run, version, maintained_at=time)
    snapshot = {
        name: _compact(tables[name], name, pin, properties)
        for name, pin in pinned_snapshots(newest).items()
        if name != COMMIT_TABLE
    }
    portfolio = tables[COMMIT_TABLE]
    properties = snapshot_properties(run, version, snapshot=snapshot, maintained_at=time)
    compact_files(portfolio, COMMIT_TABLE, list(portfolio.scan().plan_files()), properties)


def expire(tables: Mapping[str, IcebergTable], now: dt.datetime) -> None:
    """Expire snapshots that are too old or too many, and delete files that only they need."""
    published = publications(tables[COMMIT_TABLE])
    published_runs = {run_of(snapshot) for snapshot in published}
    retained = [pinned_snapshots(snapshot) for snapshot in _kept(published, now)]
    for name in (COMMIT_TABLE, *(name for name in tables if name != COMMIT_TABLE)):
        table = tables[name].refresh()
        pinned = {pin[name] for pin in retained if name in pin}
        _expire(
            table, [s for s in table.snapshots() if not _is_needed(s, pinned, published_runs, now)]
        )


def _kept(published: list[Snapshot], now: dt.datetime) -> list[Snapshot]:
    *_, newest = published
    recent = [s for s in published[-MAX_SNAPSHOTS:] if now - _time(s) <= RETENTION]
    return recent or [newest]


def _is_needed(
    snapshot: Snapshot, pinned: set[int], published_runs: set[str], now: dt.datetime
) -> bool:
    is_recent = now - _time(snapshot) <= ORPHAN_GRACE
    may_be_unfinished = is_recent and run_of(snapshot) not in published_runs
    return snapshot.snapshot_id in pinned or may_be_unfinished


def _compact(table: IcebergTable, name: str, pinned: int, properties: dict[str, str]) -> int | None:
    rollback_to(table, pinned)
    crowded = compaction_candidates(table.scan().plan_files())
    return compact_files(table, name, crowded, properties) if crowded else pinned


def compaction_candidates(files: Iterable[FileScanTask]) -> list[FileScanTask]:
    """The files that share their partition with another."""
    together: dict[Record, list[FileScanTask]] = {}
    for task in files:
        together.setdefault(task.file.partition, []).append(task)
    return [task for tasks in together.values() if len(tasks) > 1 for task in tasks]


def compact_files(
    table: IcebergTable, name: str, files: list[FileScanTask], properties: dict[str, str]
) -> int | None:
    model = REFINED[name]
    rows = read_files(table, files)
    keys = [(column, "ascending") for column in as_spec(model).unique]
    replace_files(table, files, rows.take(pc.sort_indices(rows, keys)), properties)
    return current(table)


def _expire(table: IcebergTable, snapshots: list[Snapshot]) -> None:
    main = table.current_snapshot()
    expired = [snapshot for snapshot in snapshots if snapshot != main]
    if not expired:
        return
    read: dict[str, list[str]] = {}
    before = _files(table, expired, read)
    ids = [snapshot.snapshot_id for snapshot in expired]
    ExpireSnapshots(Commit(table, autocommit=True)).by_ids(ids).commit()
    for path in before - _files(table, table.refresh().snapshots(), read):
        _delete(table, path)


def _files(
    table: IcebergTable, snapshots: Iterable[Snapshot], read: dict[str, list[str]]
) -> set[str]:
    """Every file that these snapshots need: manifest lists, manifests and data.

    `read` holds the data files of the manifests read so far.
    """
    paths: set[str] = set()
    for snapshot in snapshots:
        paths.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            path = manifest.manifest_path
            if path not in read:
                read[path] = [entry.data_file.file_path for entry in _live(table, manifest)]
            paths.update([path, *read[path]])
    return paths


def _live(table: IcebergTable, manifest: ManifestFile) -> list[ManifestEntry]:
    return manifest.fetch_manifest_entry(table.io, discard_deleted=True)


def _delete(table: IcebergTable, path: str) -> None:
    """Delete files inside the table's folder; files outside it and missing ones are skipped."""
    if path.startswith(f"{table.location()}/"):
        try:
            table.io.delete(path)
        except FileNotFoundError:
            return


def _time(snapshot: Snapshot) -> dt.datetime:
    return dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC)
