"""Notes of the raw zone: small JSON objects beside the payloads, readable by a person."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from b3_contracts.errors import Broken, ContractError
from lake_io.errors import RawDamaged

__all__ = ["Receipt", "Rejection", "note_json", "parse_note", "utc_text"]


_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""Hexadecimal digits as letters, of which alone a source consists."""


@dataclass(frozen=True)
class Receipt:
    """Origin of a payload: everything needed to parse it that its bytes do not contain.

    Written before the payload, so that a later run can finish what a crash interrupted.
    `reference_date` overrides nothing in the payload; with `date_from_name` the name's date
    stands where the payload has none.
    """

    name: str
    source: str
    received_at: dt.datetime
    index_code: str | None = None
    reference_date: dt.date | None = None
    date_from_name: bool = False
    columns: Mapping[str, str] | None = None
    """The columns of a table that were named, by their fields."""

    @property
    def kind(self) -> str:
        """The source; with a mark of the named columns, of which others may come the same day."""
        if self.columns is None:
            return self.source
        named = json.dumps(self.columns, sort_keys=True).encode()
        digest = hashlib.sha256(named).hexdigest()[:8]
        return f"{self.source}_{digest.translate(_LETTERS)}"

    def to_note(self) -> dict[str, object]:
        date = self.reference_date and self.reference_date.isoformat()
        received_at = utc_text(self.received_at)
        note = {**asdict(self), "reference_date": date, "received_at": received_at}
        if self.columns is None:
            del note["columns"]
        return note

    @classmethod
    def of(cls, key: str, note: Mapping[str, Any]) -> "Receipt":
        """The receipt that a note is. Raises LakeDamaged, naming its key."""
        try:
            date = note["reference_date"] and dt.date.fromisoformat(note["reference_date"])
            received_at = dt.datetime.fromisoformat(note["received_at"])
            return cls(**{**note, "reference_date": date, "received_at": received_at})
        except (KeyError, TypeError, ValueError) as error:
            raise RawDamaged(f"{key} is damaged: it is no receipt") from error


@dataclass(frozen=True)
class Rejection:
    """A payload that could not be read when it came."""

    payload_sha256: str
    name: str
    reason: str
    source: str
    rejected_at: dt.datetime

    @classmethod
    def of(cls, key: str, sha256: str, note: Mapping[str, Any]) -> "Rejection":
        """The rejection that a note is. Raises LakeDamaged, naming its key."""
        try:
            rejected_at = dt.datetime.fromisoformat(note["rejected_at"])
            return cls(sha256, note["name"], note["reason"], note["source"], rejected_at)
        except (KeyError, TypeError, ValueError) as error:
            raise RawDamaged(f"{key} is damaged: it is no rejection") from error


def note_json(note: Mapping[str, object]) -> bytes:
    return json.dumps(note, indent=1, ensure_ascii=False).encode()


def parse_note(key: str, body: bytes) -> dict[str, Any]:
    """The note under a key. Raises LakeDamaged for anything but a JSON object."""
    try:
        note = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RawDamaged(f"{key} is damaged: it is not JSON") from error
    if not isinstance(note, dict):
        raise RawDamaged(f"{key} is damaged: it is not a JSON object")
    return note


def utc_text(time: dt.datetime) -> str:
    """Times of a note are compared, which those without a zone cannot be."""
    if time.tzinfo is None:
        raise ContractError("a note of the raw zone", [Broken("time", "must name its time zone")])
    return time.astimezone(dt.UTC).isoformat()
