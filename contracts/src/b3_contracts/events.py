"""The manifest: what one capture brought to raw, and the event that wakes the job.

Its id is the hash of its sorted entries, so the same set of entries is the same
manifest, however often and in whatever order it was captured.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import RawEntry, manifest_key, raw_position_key

__all__ = ["MANIFEST_VERSION", "Manifest"]

MANIFEST_VERSION: Final = 1


@dataclass(frozen=True)
class Manifest:
    """The raw entries of one capture, sorted, and when they were captured (UTC)."""

    entries: tuple[RawEntry, ...]
    captured_at: dt.datetime

    @classmethod
    def of(cls, entries: Iterable[RawEntry], captured_at: dt.datetime) -> "Manifest":
        """The manifest of these entries. Raises ContractError for a time without a zone."""
        if captured_at.tzinfo is None:
            raise _refused("captured_at", f"must name its time zone, not {captured_at!r}")
        return cls(tuple(sorted(set(entries))), captured_at)

    @property
    def id(self) -> str:
        """64 hexadecimal digits that depend on the entries alone."""
        return hashlib.sha256(json.dumps(self._rows()).encode()).hexdigest()

    @property
    def key(self) -> str:
        return manifest_key(self.id)

    def to_json(self) -> bytes:
        body = {
            "manifest_version": MANIFEST_VERSION,
            "id": self.id,
            "captured_at": self.captured_at.astimezone(dt.UTC).isoformat(),
            "entries": [
                dict(zip(("index_code", "reference_date", "payload_sha256"), row, strict=True))
                for row in self._rows()
            ],
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
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _refused("manifest", f"cannot be read: {error!r}") from error
        if version != MANIFEST_VERSION:
            raise _refused("manifest_version", f"expected {MANIFEST_VERSION}, got {version!r}")
        manifest = cls.of(entries, captured_at)
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


def _refused(column: str, rule: str) -> ContractError:
    return ContractError("manifest", [Broken(column, rule)])
