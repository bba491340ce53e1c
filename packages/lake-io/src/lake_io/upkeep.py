"""Upkeep: few files, and metadata that does not grow with the years.

Every publication adds a file or two to each table, and a snapshot to its metadata, which
PyIceberg reads and copies whole in every commit. Every `EVERY` publications small files
are rewritten into one a month (or one a table), and snapshots that nobody needs expire.

The rewritten files are a moment of their own, of the same run and the same rows. It
becomes visible as a publication does, with the commit of `portfolio`; a crash before it
leaves what the next publication sets aside. Expiry begins with `portfolio`, so that no
moment in the history names a snapshot that is gone; a crash then leaves files that
nothing names, which waste room and nothing else.
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

from b3_contracts.tables import REFINED
from lake_io.commits import Commit, read_files, set_aside, swap
from lake_io.stamps import LAST, current, moments, pins, run_of, stamp, upkept_at, version_of

__all__ = ["EVERY", "KEPT", "KEPT_FOR", "UNFINISHED_FOR", "expire", "is_due", "rewrite"]

EVERY: Final = 30
"""Publications from one upkeep to the next."""
KEPT_FOR: Final = dt.timedelta(days=30)
"""How long a moment can be read, and at least so long is it found in the history, …"""
KEPT: Final = 30
"""… unless more than this many newer ones have come at an upkeep: their number, and not
their age, is what slows every commit down."""
UNFINISHED_FOR: Final = dt.timedelta(days=1)
"""What no publication names may belong to a run that has not finished, for so long."""


def is_due(portfolio: IcebergTable) -> bool:
    """Whether `EVERY` runs have published since the last upkeep."""
    runs: set[str] = set()
    for snapshot in reversed(moments(portfolio)):
        if upkept_at(snapshot):
            break
        runs.add(run_of(snapshot))
    return len(runs) >= EVERY


def rewrite(tables: Mapping[str, IcebergTable], now: dt.datetime) -> None:
    """Write the newest moment anew, its small files put together."""
    newest = moments(tables[LAST])[-1]
    run, version, time = run_of(newest), version_of(newest), now.isoformat()
    said = stamp(run, version, upkept_at=time)
    view = {
        name: _rewrite(tables[name], name, pin, said)
        for name, pin in pins(newest).items()
        if name != LAST
    }
    portfolio = tables[LAST]
    said = stamp(run, version, view=view, upkept_at=time)
    _put_together(portfolio, LAST, list(portfolio.scan().plan_files()), said)


def expire(tables: Mapping[str, IcebergTable], now: dt.datetime) -> None:
    """Expire the moments that are too old or too many, and delete what only they held."""
    published = moments(tables[LAST])
    known = {run_of(snapshot) for snapshot in published}
    kept = [pins(snapshot) for snapshot in _kept(published, now)]
    for name in (LAST, *(name for name in tables if name != LAST)):
        table = tables[name].refresh()
        pinned = {pin[name] for pin in kept if name in pin}
        _expire(table, [s for s in table.snapshots() if not _is_needed(s, pinned, known, now)])


def _kept(published: list[Snapshot], now: dt.datetime) -> list[Snapshot]:
    *_, newest = published
    recent = [s for s in published[-KEPT:] if now - _time(s) <= KEPT_FOR]
    return recent or [newest]


def _is_needed(snapshot: Snapshot, pinned: set[int], known: set[str], now: dt.datetime) -> bool:
    is_recent = now - _time(snapshot) <= UNFINISHED_FOR
    may_be_unfinished = is_recent and run_of(snapshot) not in known
    return snapshot.snapshot_id in pinned or may_be_unfinished


def _rewrite(table: IcebergTable, name: str, pinned: int, said: dict[str, str]) -> int | None:
    set_aside(table, pinned)
    crowded = _crowded(table.scan().plan_files())
    return _put_together(table, name, crowded, said) if crowded else pinned


def _crowded(files: Iterable[FileScanTask]) -> list[FileScanTask]:
    """The files that share their partition with another."""
    together: dict[Record, list[FileScanTask]] = {}
    for task in files:
        together.setdefault(task.file.partition, []).append(task)
    return [task for tasks in together.values() if len(tasks) > 1 for task in tasks]


def _put_together(
    table: IcebergTable, name: str, files: list[FileScanTask], said: dict[str, str]
) -> int | None:
    model = REFINED[name]
    rows = read_files(table, files)
    keys = [(column, "ascending") for column in model.to_schema().unique or []]
    swap(table, files, rows.take(pc.sort_indices(rows, keys)), said)
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
    found: set[str] = set()
    for snapshot in snapshots:
        found.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            path = manifest.manifest_path
            if path not in read:
                read[path] = [entry.data_file.file_path for entry in _live(table, manifest)]
            found.update([path, *read[path]])
    return found


def _live(table: IcebergTable, manifest: ManifestFile) -> list[ManifestEntry]:
    return manifest.fetch_manifest_entry(table.io, discard_deleted=True)


def _delete(table: IcebergTable, path: str) -> None:
    """What lies outside the table's folder is none of its own; what is gone is gone."""
    if path.startswith(f"{table.location()}/"):
        try:
            table.io.delete(path)
        except FileNotFoundError:
            return


def _time(snapshot: Snapshot) -> dt.datetime:
    return dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, dt.UTC)
