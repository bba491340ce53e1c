"""The manifest: what one capture brought to raw, and the event that wakes the job.

Its id is the hash of its sorted entries, so the same set of entries is the same
manifest, however often and in whatever order it was captured. Later sightings of payloads
that were there before change what may be published: a manifest with such has another id.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import ENTRY_KEY, RawEntry, Sighting, manifest_key, raw_position_key

__all__ = ["MANIFEST_VERSION", "Manifest"]

MANIFEST_VERSION: Final = 1


@dataclass(frozen=True)
class Manifest:
    """The raw entries of one capture, sorted, and when they were captured (UTC).

    `sightings` are the keys of the later sightings that the capture recorded, sorted.
    """

    entries: tuple[RawEntry, ...]
    captured_at: dt.datetime
    sightings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        entries: Iterable[RawEntry],
        captured_at: dt.datetime,
        sightings: Iterable[str] = (),
    ) -> "Manifest":
        """The manifest of these entries. Raises ContractError for a time without a zone."""
        if captured_at.tzinfo is None:
            raise _refused("captured_at", f"must name its time zone, not {captured_at!r}")
        return cls(tuple(sorted(set(entries))), captured_at, tuple(sorted(set(sightings))))

    @property
    def id(self) -> str:
        """64 hexadecimal digits that depend on the entries and sightings alone."""
        content = [self._rows(), self.sightings] if self.sightings else self._rows()
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def key(self) -> str:
        return manifest_key(self.id)

    def to_json(self) -> bytes:
        sightings = {"sightings": self.sightings} if self.sightings else {}
        body = {
            "manifest_version": MANIFEST_VERSION,
            "id": self.id,
            "captured_at": self.captured_at.astimezone(dt.UTC).isoformat(),
            "entries": [dict(zip(ENTRY_KEY, row, strict=True)) for row in self._rows()],
            **sightings,
        }
        return json.dumps(body, indent=1).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Manifest":
        """The manifest that `body` is. Raises ContractError, naming what does not fit."""
        try:
            data = json.loads(body)
            version, claimed = data["manifest_version"], data["id"]
            entries = [_entry(row) for row in data["entries"]]
            captured_at = dt.datetime.fromisoformat(data["captured_at"])
            sightings = [_sighting(key) for key in data.get("sightings", ())]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _refused("manifest", f"cannot be read: {error!r}") from error
        if version != MANIFEST_VERSION:
            raise _refused("manifest_version", f"expected {MANIFEST_VERSION}, got {version!r}")
        manifest = cls.of(entries, captured_at, sightings)
        if manifest.id != claimed:
            raise _refused("id", f"the entries hash to {manifest.id}, not {claimed!r}")
        return manifest

    def _rows(self) -> list[list[str]]:
        return [
            [entry.index_code, entry.reference_date.isoformat(), entry.payload_sha256]
            for entry in self.entries
        ]


def _entry(row: Any) -> RawEntry:
    entry = RawEntry(
        row["index_code"], dt.date.fromisoformat(row["reference_date"]), row["payload_sha256"]
    )
    raw_position_key(entry, 1)  # refuses parts that are no part of a key
    return entry


def _sighting(key: Any) -> str:
    if not isinstance(key, str) or Sighting.parse(key) is None:
        raise ValueError(f"{key!r} is no key of a sighting")
    return key


def _refused(column: str, rule: str) -> ContractError:
    return ContractError("manifest", [Broken(column, rule)])
