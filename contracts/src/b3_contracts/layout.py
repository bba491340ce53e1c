"""Layout of the lake: object keys and the information in them.

    raw/payload/<sha256>.gz                              B3's bytes, as they came
    raw/receipt/received_on=…/<sha256>.<source>.json     how a payload came: written before it
    raw/position/index_code=…/reference_date=…/<sha256>.p<revision>.parquet   the same, typed
    raw/manifest/<id>.json                               what one capture brought, written last
    raw/rejected/<sha256>.json                           why a payload could not be read
    raw/withdrawn/index_code=…/reference_date=…/<sha256>.json   taken out by a person, and why;
                                                         <sha256>.1.json puts it back, .2.json …
    raw/sighting/index_code=…/reference_date=…/<sha256>.<source>.<time>.json   the same bytes again
    raw/reference/captured_on=…/<name>-<sha256>.gz        undated answers, as they came
    raw/preview/index_code=…/captured_on=…/<sha256>.p<revision>.parquet   those of previews, typed
    raw/damaged/<key>.<hash>                             what a disk broke, before it was replaced
    staging/<run>/…                                      scratch: may be deleted at any time

Under `raw/` an object is written once and never changed or deleted. Parts of a key are
checked here, so that nothing a payload or a person says can lead out of its folder.
"""

import datetime as dt
import re
from dataclasses import dataclass, fields
from typing import Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.vocabulary import INDEX_CODE_PATTERN, SOURCE_RANKS

__all__ = [
    "DAMAGED_PREFIX",
    "ENTRY_KEY",
    "MANIFEST_PREFIX",
    "PAYLOAD_PREFIX",
    "POSITION_PREFIX",
    "PREVIEW_PREFIX",
    "RAW_PREFIX",
    "RECEIPT_PREFIX",
    "REFERENCE_PREFIX",
    "REJECTED_PREFIX",
    "SIGHTING_PREFIX",
    "STAGING_PREFIX",
    "WITHDRAWN_PREFIX",
    "PreviewKey",
    "RawEntry",
    "RawPositionKey",
    "Reference",
    "Sighting",
    "Withdrawal",
    "damaged_key",
    "manifest_key",
    "payload_key",
    "raw_position_key",
    "receipt_day",
    "receipt_key",
    "reference_key",
    "rejected_key",
    "rejected_payload",
    "session_prefix",
    "withdrawal",
    "withdrawn_key",
]

RAW_PREFIX: Final = "raw/"
PAYLOAD_PREFIX: Final = "raw/payload/"
POSITION_PREFIX: Final = "raw/position/"
MANIFEST_PREFIX: Final = "raw/manifest/"
REJECTED_PREFIX: Final = "raw/rejected/"
WITHDRAWN_PREFIX: Final = "raw/withdrawn/"
REFERENCE_PREFIX: Final = "raw/reference/"
RECEIPT_PREFIX: Final = "raw/receipt/"
SIGHTING_PREFIX: Final = "raw/sighting/"
PREVIEW_PREFIX: Final = "raw/preview/"
DAMAGED_PREFIX: Final = "raw/damaged/"
STAGING_PREFIX: Final = "staging/"

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_INDEX_CODE: Final = re.compile(INDEX_CODE_PATTERN)
_NAME: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_SOURCE: Final = re.compile(r"[a-z_]+")
_SESSION: Final = (
    rf"index_code=(?P<index>{INDEX_CODE_PATTERN.strip('^$')})"
    r"/reference_date=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/"
)
_ENTRY: Final = re.compile(
    POSITION_PREFIX + _SESSION + r"(?P<sha>[0-9a-f]{64})\.p(?P<revision>[1-9][0-9]{0,8})\.parquet"
)
_REVISIONS: Final = 10**9
_SIGHTING: Final = re.compile(
    SIGHTING_PREFIX
    + _SESSION
    + r"(?P<sha>[0-9a-f]{64})\.(?P<source>[a-z_]+)\.(?P<time>[0-9TZ.]+)\.json"
)
_SIGHTING_TIME: Final = "%Y%m%dT%H%M%S.%fZ"
_PREVIEW: Final = re.compile(
    PREVIEW_PREFIX
    + rf"index_code=(?P<index>{INDEX_CODE_PATTERN.strip('^$')})"
    + r"/captured_on=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/"
    + r"(?P<sha>[0-9a-f]{64})\.p(?P<revision>[1-9][0-9]{0,8})\.parquet"
)
_REFERENCE: Final = re.compile(
    REFERENCE_PREFIX
    + r"captured_on=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/(?P<name>[A-Za-z0-9-]+)"
    + r"-(?P<sha>[0-9a-f]{64})\.gz"
)
_RECEIPT: Final = re.compile(
    RECEIPT_PREFIX
    + r"received_on=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/(?P<sha>[0-9a-f]{64})\.[a-z_]+\.json"
)
_WITHDRAWN: Final = re.compile(
    WITHDRAWN_PREFIX + _SESSION + r"(?P<sha>[0-9a-f]{64})(?:\.(?P<number>[1-9][0-9]{0,3}))?\.json"
)


@dataclass(frozen=True, order=True)
class RawEntry:
    """One payload for one session of one index: the unit of the raw zone and of refine."""

    index_code: str
    reference_date: dt.date
    payload_sha256: str


ENTRY_KEY: Final = tuple(field.name for field in fields(RawEntry))
"""The columns that identify an entry in a table."""


@dataclass(frozen=True, order=True)
class RawPositionKey:
    """The fields in the key of a typed raw file."""

    entry: RawEntry
    parser_revision: int

    @classmethod
    def parse(cls, key: str) -> "RawPositionKey | None":
        """The parts of `key`, or None where it is no key of a typed raw file."""
        match = _ENTRY.fullmatch(key)
        entry = _entry(match)
        return cls(entry, int(match["revision"])) if match and entry else None


@dataclass(frozen=True)
class Sighting:
    """One time at which the payload of an entry came: from which source, and when.

    The first is in the typed rows; a later one is an object of its own (`key`).
    """

    source: str
    seen_at: dt.datetime

    @property
    def precedence(self) -> tuple[int, dt.datetime]:
        """The greatest counts: the best source, then the latest time."""
        return -SOURCE_RANKS.get(self.source, len(SOURCE_RANKS) + 1), self.seen_at

    def key(self, entry: RawEntry) -> str:
        """The key of this later sighting. Raises ContractError for a time without a zone."""
        if self.seen_at.tzinfo is None:
            raise _refused("seen_at", f"must name its time zone, not {self.seen_at!r}")
        if not _SOURCE.fullmatch(self.source):
            raise _refused("source", f"small letters and underscores, not {self.source!r}")
        folder = session_prefix(SIGHTING_PREFIX, entry.index_code, entry.reference_date)
        time = self.seen_at.astimezone(dt.UTC).strftime(_SIGHTING_TIME)
        return f"{folder}{_hash(entry.payload_sha256)}.{self.source}.{time}.json"

    @classmethod
    def parse(cls, key: str) -> "tuple[RawEntry, Sighting] | None":
        """The parts of `key`, or None where it is no key of a sighting."""
        match = _SIGHTING.fullmatch(key)
        entry = _entry(match)
        if match is None or entry is None:
            return None
        try:
            time = dt.datetime.strptime(match["time"], _SIGHTING_TIME).replace(tzinfo=dt.UTC)
        except ValueError:
            return None
        return entry, cls(match["source"], time)


@dataclass(frozen=True, order=True)
class PreviewKey:
    """The fields in the key of a typed answer about the next portfolio."""

    index_code: str
    captured_on: dt.date
    payload_sha256: str
    parser_revision: int

    @property
    def answer(self) -> tuple[str, dt.date, str]:
        """The key without the parser's revision."""
        return self.index_code, self.captured_on, self.payload_sha256

    @property
    def name(self) -> str:
        if not _INDEX_CODE.fullmatch(self.index_code):
            raise _refused(
                "index_code", f"must match {INDEX_CODE_PATTERN}, not {self.index_code!r}"
            )
        return (
            f"{PREVIEW_PREFIX}index_code={self.index_code}/captured_on={_day(self.captured_on)}/"
            f"{_hash(self.payload_sha256)}.p{self.parser_revision:d}.parquet"
        )

    @classmethod
    def parse(cls, key: str) -> "PreviewKey | None":
        """The parts of `key`, or None where it is no key of a typed preview."""
        match = _PREVIEW.fullmatch(key)
        date = _real_day(match)
        if match is None or date is None:
            return None
        return cls(match["index"], date, match["sha"], int(match["revision"]))


@dataclass(frozen=True, order=True)
class Reference:
    """An undated answer: the day on which it came, its name, and the hash of its bytes."""

    captured_on: dt.date
    name: str
    payload_sha256: str

    @property
    def key(self) -> str:
        return reference_key(self.captured_on, self.name, self.payload_sha256)

    @classmethod
    def parse(cls, key: str) -> "Reference | None":
        """The parts of `key`, or None where it is no key of an undated answer."""
        match = _REFERENCE.fullmatch(key)
        date = _real_day(match)
        return cls(date, match["name"], match["sha"]) if match and date else None


@dataclass(frozen=True)
class Withdrawal:
    """A note about an entry: even numbers take it out, odd ones put it back."""

    entry: RawEntry
    number: int


def payload_key(sha256: str) -> str:
    return f"{PAYLOAD_PREFIX}{_hash(sha256)}.gz"


def raw_position_key(entry: RawEntry, parser_revision: int) -> str:
    folder = session_prefix(POSITION_PREFIX, entry.index_code, entry.reference_date)
    if not 1 <= parser_revision < _REVISIONS:
        raise _refused("parser_revision", f"must be 1 or more, not {parser_revision!r}")
    return f"{folder}{_hash(entry.payload_sha256)}.p{parser_revision:d}.parquet"


def manifest_key(manifest_id: str) -> str:
    return f"{MANIFEST_PREFIX}{_hash(manifest_id)}.json"


def rejected_key(sha256: str) -> str:
    return f"{REJECTED_PREFIX}{_hash(sha256)}.json"


def rejected_payload(key: str) -> str | None:
    """The hash of the payload that `key` rejects, or None where it is no such key."""
    sha256 = key.removeprefix(REJECTED_PREFIX).removesuffix(".json")
    return sha256 if _SHA256.fullmatch(sha256) and key == rejected_key(sha256) else None


def receipt_key(received_on: dt.date, sha256: str, source: str) -> str:
    if not _SOURCE.fullmatch(source):
        raise _refused("source", f"small letters and underscores, not {source!r}")
    return f"{RECEIPT_PREFIX}received_on={_day(received_on)}/{_hash(sha256)}.{source}.json"


def receipt_day(key: str) -> tuple[dt.date, str] | None:
    """The day and the payload's hash of a receipt's key, or None where it is no such key."""
    match = _RECEIPT.fullmatch(key)
    try:
        return (dt.date.fromisoformat(match["date"]), match["sha"]) if match else None
    except ValueError:  # 30 February
        return None


def damaged_key(key: str, content_hash: str) -> str:
    """The key under which the damaged object of `key` is set aside."""
    return f"{DAMAGED_PREFIX}{key.removeprefix(RAW_PREFIX)}.{content_hash[:16]}"


def withdrawn_key(entry: RawEntry, number: int = 0) -> str:
    """The key of the first note about an entry, or of a later one."""
    folder = session_prefix(WITHDRAWN_PREFIX, entry.index_code, entry.reference_date)
    return f"{folder}{_hash(entry.payload_sha256)}{f'.{number:d}' if number else ''}.json"


def withdrawal(key: str) -> Withdrawal | None:
    """The parts of `key`, or None where it is no key of a withdrawal."""
    match = _WITHDRAWN.fullmatch(key)
    entry = _entry(match)
    return Withdrawal(entry, int(match["number"] or 0)) if match and entry else None


def reference_key(captured_on: dt.date, name: str, sha256: str) -> str:
    if not _NAME.fullmatch(name):
        raise _refused("name", f"letters, digits and single hyphens, not {name!r}")
    return f"{REFERENCE_PREFIX}captured_on={_day(captured_on)}/{name}-{_hash(sha256)}.gz"


def session_prefix(prefix: str, index_code: str, reference_date: dt.date) -> str:
    if not _INDEX_CODE.fullmatch(index_code):
        raise _refused("index_code", f"must match {INDEX_CODE_PATTERN}, not {index_code!r}")
    return f"{prefix}index_code={index_code}/reference_date={_day(reference_date)}/"


def _entry(match: re.Match[str] | None) -> RawEntry | None:
    if match is None:
        return None
    try:
        return RawEntry(match["index"], dt.date.fromisoformat(match["date"]), match["sha"])
    except ValueError:  # 30 February: shaped as a date and none
        return None


def _real_day(match: re.Match[str] | None) -> dt.date | None:
    """The date in a match; None for 30 February: shaped as a date and none."""
    try:
        return dt.date.fromisoformat(match["date"]) if match else None
    except ValueError:
        return None


def _day(date: dt.date) -> str:
    """A datetime is a date to Python too, but would put its time into the key."""
    if isinstance(date, dt.datetime):
        raise _refused("date", f"must be a day without a time, not {date!r}")
    return date.isoformat()


def _hash(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise _refused("sha256", f"must be 64 hexadecimal digits, not {sha256!r}")
    return sha256


def _refused(column: str, rule: str) -> ContractError:
    return ContractError("a key of the lake", [Broken(column, rule)])
