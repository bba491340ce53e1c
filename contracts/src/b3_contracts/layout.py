"""Keys of the lake: where each thing lies, and what a key says.

    raw/payload/<sha256>.gz                              B3's bytes, as they came
    raw/position/index_code=…/reference_date=…/<sha256>.p<revision>.parquet   the same, typed
    raw/manifest/<id>.json                               what one capture brought, written last
    raw/rejected/<sha256>.json                           why a payload could not be read
    raw/withdrawn/index_code=…/reference_date=…/<sha256>.json   taken out by a person, and why
    raw/reference/captured_on=…/<name>-<sha256>.gz        undated answers, kept unparsed
    staging/<run>/…                                      scratch: may be deleted at any time

Under `raw/` an object is written once and never changed or deleted. Parts of a key are
checked here, so that nothing a payload or a person says can lead out of its folder.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.vocabulary import INDEX_CODE_PATTERN

__all__ = [
    "MANIFEST_PREFIX",
    "PAYLOAD_PREFIX",
    "POSITION_PREFIX",
    "REFERENCE_PREFIX",
    "REJECTED_PREFIX",
    "STAGING_PREFIX",
    "WITHDRAWN_PREFIX",
    "RawEntry",
    "RawPositionKey",
    "manifest_key",
    "payload_key",
    "raw_position_key",
    "reference_key",
    "rejected_key",
    "session_prefix",
    "withdrawn_entry",
    "withdrawn_key",
]

PAYLOAD_PREFIX: Final = "raw/payload/"
POSITION_PREFIX: Final = "raw/position/"
MANIFEST_PREFIX: Final = "raw/manifest/"
REJECTED_PREFIX: Final = "raw/rejected/"
WITHDRAWN_PREFIX: Final = "raw/withdrawn/"
REFERENCE_PREFIX: Final = "raw/reference/"
STAGING_PREFIX: Final = "staging/"

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_INDEX_CODE: Final = re.compile(INDEX_CODE_PATTERN)
_NAME: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_SESSION: Final = (
    rf"index_code=(?P<index>{INDEX_CODE_PATTERN.strip('^$')})"
    r"/reference_date=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/"
)
_ENTRY: Final = re.compile(
    POSITION_PREFIX + _SESSION + r"(?P<sha>[0-9a-f]{64})\.p(?P<revision>[1-9][0-9]{0,8})\.parquet"
)
_REVISIONS: Final = 10**9
_WITHDRAWN: Final = re.compile(WITHDRAWN_PREFIX + _SESSION + r"(?P<sha>[0-9a-f]{64})\.json")


@dataclass(frozen=True, order=True)
class RawEntry:
    """One payload for one session of one index: the unit that raw keeps and refine weighs."""

    index_code: str
    reference_date: dt.date
    payload_sha256: str


@dataclass(frozen=True, order=True)
class RawPositionKey:
    """What the key of a typed raw file says."""

    entry: RawEntry
    parser_revision: int

    @classmethod
    def parse(cls, key: str) -> "RawPositionKey | None":
        """The parts of `key`, or None where it is no key of a typed raw file."""
        match = _ENTRY.fullmatch(key)
        entry = _entry(match)
        return cls(entry, int(match["revision"])) if match and entry else None


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


def withdrawn_key(entry: RawEntry) -> str:
    folder = session_prefix(WITHDRAWN_PREFIX, entry.index_code, entry.reference_date)
    return f"{folder}{_hash(entry.payload_sha256)}.json"


def withdrawn_entry(key: str) -> RawEntry | None:
    """The entry that `key` withdraws, or None where it is no such key."""
    return _entry(_WITHDRAWN.fullmatch(key))


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
