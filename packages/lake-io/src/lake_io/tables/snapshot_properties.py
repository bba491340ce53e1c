"""Properties that a publication writes into its Iceberg snapshots.

Every snapshot names its run. Those of `portfolio` also name the snapshot of every other
table that belongs to the same moment.
"""

import json
from collections.abc import Mapping
from typing import Final

from pyiceberg.table import Table as IcebergTable
from pyiceberg.table.snapshots import Snapshot

from b3_contracts.vocabulary import TABLE_NAMES

__all__ = [
    "COMMIT_TABLE",
    "current",
    "earlier_runs",
    "maintained_at",
    "pinned_snapshots",
    "publications",
    "run_of",
    "snapshot_properties",
    "version_of",
]

COMMIT_TABLE: Final = TABLE_NAMES[-1]
"""The table whose commit makes a publication visible."""
_RUN: Final = "bovespa.run"
_VERSION: Final = "bovespa.contract-version"
_VIEW: Final = "bovespa.view"
_UPKEPT_AT: Final = "bovespa.upkept-at"
_EARLIER: Final = "bovespa.earlier-runs"


def snapshot_properties(
    run_id: str,
    contract_version: str,
    *,
    snapshot: Mapping[str, int | None] | None = None,
    maintained_at: str | None = None,
    earlier_runs: str | None = None,
) -> dict[str, str]:
    """The properties of a snapshot. `snapshot` is for the snapshots of `portfolio` alone."""
    properties = {_RUN: run_id, _VERSION: contract_version}
    if snapshot is not None:
        properties[_VIEW] = json.dumps(
            {name: pin for name, pin in snapshot.items() if pin is not None}
        )
    if maintained_at is not None:
        properties[_UPKEPT_AT] = maintained_at
    if earlier_runs is not None:
        properties[_EARLIER] = earlier_runs
    return properties


def run_of(snapshot: Snapshot) -> str:
    return _property(snapshot, _RUN)


def version_of(snapshot: Snapshot) -> str:
    return _property(snapshot, _VERSION)


def maintained_at(snapshot: Snapshot) -> str:
    """When maintenance wrote this snapshot, empty where a run did."""
    return _property(snapshot, _UPKEPT_AT)


def earlier_runs(snapshot: Snapshot) -> str:
    """The runs of tables that a rebuild replaced, empty where none did."""
    return _property(snapshot, _EARLIER)


def pinned_snapshots(snapshot: Snapshot) -> dict[str, int]:
    """Return the snapshots that a snapshot of `portfolio` names, itself included."""
    ids: dict[str, int] = json.loads(_property(snapshot, _VIEW))
    return {**ids, COMMIT_TABLE: snapshot.snapshot_id}


def publications(portfolio: IcebergTable) -> list[Snapshot]:
    """The snapshots of `portfolio` that a reader may have seen, oldest first.

    A replacement makes two snapshots in one commit, the first without the new rows: of
    those of one run, and of one maintenance run, only the last is a moment.
    """
    by_run: dict[tuple[str, str], Snapshot] = {}
    for snapshot in sorted(portfolio.snapshots(), key=lambda each: each.sequence_number or 0):
        by_run.pop(key := (run_of(snapshot), maintained_at(snapshot)), None)
        by_run[key] = snapshot
    return list(by_run.values())


def current(table: IcebergTable) -> int | None:
    snapshot = table.current_snapshot()
    return snapshot.snapshot_id if snapshot else None


def _property(snapshot: Snapshot, name: str) -> str:
    properties = snapshot.summary.additional_properties if snapshot.summary else {}
    return properties.get(name, "")
