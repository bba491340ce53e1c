"""Point-in-time tables: as they could have been known at a time, recomputed from raw.

Snapshots expire, raw does not: what was known at T is what the same pipeline makes of
the entries captured until T, less those withdrawn until T. What a run published is read as
it published it, while its snapshots are kept; a run whose tables a rebuild has replaced is
recomputed for the time at which it published.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import pyarrow as pa

from b3_contracts.layout import PreviewKey, RawEntry, RawPositionKey, Sighting
from bovespa_pipeline.dates import Time, as_time
from lake_io import Lake, LakeSnapshot, NotInLake, RawDamaged, RawRead, RawZone, open_lake
from lake_io.raw.previews import RawPreviews
from lake_io.raw.typed_rows import entries_in

__all__ = ["When", "known_at", "snapshot_of", "time_of"]

When: TypeAlias = Time
"""A time, its text (ISO 8601, UTC unless it says otherwise), or a run's id."""


@contextmanager
def snapshot_of(
    lake: Lake, when: When | None, indices: frozenset[str] = frozenset()
) -> Iterator[LakeSnapshot]:
    """The newest publication; or the tables as known at a time, or as a run published them.

    Raises NotInLake for what is neither a time nor a run in the history.
    """
    if when is None:
        yield lake.refined_tables.snapshot()
        return
    time = _time(when) or _replaced_at(lake, str(when))
    if time is None:
        yield _run(lake, str(when))
        return
    with known_at(lake, time, indices) as snapshot:
        yield snapshot


@contextmanager
def known_at(
    lake: Lake, time: dt.datetime, indices: frozenset[str] = frozenset()
) -> Iterator[LakeSnapshot]:
    """All tables of these indices (of all, where none is named) as known at `time`."""
    from glue_transform import DuckDBEngine, RefineOptions, Scope, refine

    with lake.scratch("known-at") as folder:
        past, raw = open_lake(str(folder)), _PastRaw(lake.raw, time, indices)
        refine(past, DuckDBEngine(), time, RefineOptions(Scope(indices)), raw=raw)
        yield past.refined_tables.snapshot()


def time_of(lake: Lake, when: When) -> dt.datetime | None:
    """The time itself, or when the run published; None for what is neither."""
    runs = (run for run in lake.refined_tables.history() if run.run_id == when)
    return _time(when) or next((run.published_at for run in runs), None)


def _time(when: When) -> dt.datetime | None:
    """The time; None for a text that is none, which may be a run's id."""
    try:
        return as_time(when)
    except ValueError:
        return None


def _replaced_at(lake: Lake, run_id: str) -> dt.datetime | None:
    """The time of a run whose tables a rebuild has replaced; None for any other run."""
    runs = (run for run in lake.refined_tables.history() if run.run_id == run_id)
    return next((run.published_at for run in runs if not run.snapshot_ids), None)


def _run(lake: Lake, run_id: str) -> LakeSnapshot:
    try:
        return lake.refined_tables.snapshot(run_id)
    except NotInLake as error:
        raise NotInLake(f"{run_id!r} is no time, and {error}") from error


class _PastPreviews:
    """A PreviewReader: the answers that had come until a day."""

    def __init__(self, previews: RawPreviews, day: dt.date) -> None:
        self._previews = previews
        self._day = day

    def keys(self, indices: Collection[str] = ()) -> list[PreviewKey]:
        return [key for key in self._previews.keys(indices) if key.captured_on <= self._day]

    def read_one(self, key: PreviewKey) -> pa.Table:
        return self._previews.read_one(key)


class _PastRaw:
    """A RawReader: the raw zone as it was at a time."""

    def __init__(self, raw: RawZone, time: dt.datetime, indices: frozenset[str]) -> None:
        self._raw = raw
        self._time = time
        self._indices = indices
        self.previews = _PastPreviews(raw.previews, time.astimezone(dt.UTC).date())

    def entries(self) -> dict[RawEntry, RawPositionKey]:
        keys = {e: key for e, key in self._raw.entries().items() if self._is_selected(e)}
        self._assert_complete(keys)
        rows = self.read(list(keys.values())).rows
        return {entry: keys[entry] for entry in entries_in(rows)}

    def withdrawn(self) -> frozenset[RawEntry]:
        return self._raw.withdrawn(until=self._time)

    def sightings(self) -> dict[RawEntry, list[Sighting]]:
        return {
            entry: [sighting for sighting in later if sighting.seen_at <= self._time]
            for entry, later in self._raw.sightings().items()
        }

    def read(self, keys: Sequence[RawPositionKey]) -> RawRead:
        """Return the rows as seen until the time.

        Raises RawDamaged for any that cannot be read: an answer without them would be that of
        an earlier session.
        """
        read = self._raw.read(keys, until=self._time)
        if read.broken:
            raise RawDamaged(str(next(iter(read.broken.values()))))
        return read

    def _is_selected(self, entry: RawEntry) -> bool:
        return not self._indices or entry.index_code in self._indices

    def _assert_complete(self, keys: Mapping[RawEntry, RawPositionKey]) -> None:
        """Raises RawDamaged for missing rows that a manifest names: an answer without them
        would be that of an earlier session."""
        for manifest in self._raw.manifests():
            for entry in manifest.entries:
                if self._is_selected(entry) and entry not in keys:
                    raise RawDamaged(
                        f"the typed rows of {entry.index_code} {entry.reference_date} "
                        f"({entry.payload_sha256[:16]}) are missing from raw/position"
                    )
