"""Earlier runs: what a rebuild keeps of tables that it replaces.

Tables that are damaged or outdated are made anew from raw. Their runs and the results of their
gates cannot be: they are read from the old tables and published with the first new run, whose
snapshot of `portfolio` names the runs.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

__all__ = ["EarlierRuns", "Run"]


@dataclass(frozen=True)
class Run:
    """One publication in the history."""

    run_id: str
    published_at: dt.datetime
    contract_version: str
    snapshot_ids: Mapping[str, int] = field(hash=False)
    """Its snapshot of each table; none where a rebuild has replaced its tables since."""


@dataclass(frozen=True)
class EarlierRuns:
    """The runs of replaced tables, oldest first, and the rows of their quality results."""

    runs: tuple[Run, ...]
    quality: pa.Table = field(hash=False)

    def to_property(self) -> str:
        return json.dumps(
            [[r.run_id, r.published_at.isoformat(), r.contract_version] for r in self.runs]
        )

    @staticmethod
    def parse(text: str) -> Iterator[Run]:
        """The runs that a snapshot's property names; none where it has no such property."""
        for run_id, published_at, version in json.loads(text or "[]"):
            yield Run(run_id, dt.datetime.fromisoformat(published_at), version, {})
