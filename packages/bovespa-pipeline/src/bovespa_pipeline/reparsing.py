"""Payloads read again by the present parser: what it reads better becomes new raw rows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from b3_contracts.layout import RawEntry, RawPositionKey
from b3_scraper import (
    PARSER_REVISION,
    Refused,
    parse_download_name,
    parse_pages,
    split_payload,
)
from bovespa_pipeline.landing import Refusal, raw_rows, source_of
from lake_io import RawZone, Rejection

__all__ = ["Reparsed", "reparse_all"]


@dataclass
class Reparsed:
    """How many payloads were read, how many gave new rows, which no longer parse."""

    read: int = 0
    new: int = 0
    still_rejected: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, landed: tuple[RawEntry, bool]) -> None:
        self.read += 1
        self.new += landed[1]


def reparse_all(raw: RawZone, progress: Callable[[str], None]) -> Reparsed:
    """Read every payload that an older parser typed, or that none could read."""
    outcome = Reparsed()
    entries = raw.entries()
    for entry, key in sorted(entries.items()):
        if key.parser_revision < PARSER_REVISION:
            progress(_name(entry))
            _reparse_typed(raw, key, outcome)
    landed = {entry.payload_sha256 for entry in entries}
    for digest in raw.rejected():
        if digest not in landed:
            _reparse_rejected(raw, raw.rejection(digest), outcome)
    return outcome


def _reparse_typed(raw: RawZone, key: RawPositionKey, outcome: Reparsed) -> None:
    entry = key.entry
    read = raw.read([key])
    if read.broken:
        outcome.refusals.append(Refusal(_name(entry), str(read.broken[entry])))
        return
    first = read.rows.slice(0, 1).to_pylist()[0]
    try:
        pages = _pages(raw, entry.payload_sha256)
        portfolio = parse_pages(pages, index=entry.index_code, reference_date=entry.reference_date)
    except Refused as error:
        outcome.refusals.append(Refusal(_name(entry), str(error)))
        return
    outcome.add(raw.land(raw_rows(portfolio, first["source"], first["captured_at"])))


def _reparse_rejected(raw: RawZone, rejection: Rejection, outcome: Reparsed) -> None:
    """What is still refused stands in `raw/rejected` and was said when it came."""
    try:
        pages = _pages(raw, rejection.payload_sha256)
        portfolio = parse_pages(pages, index=_index_code(rejection))
    except Refused:
        outcome.still_rejected += 1
        return
    source = source_of(portfolio, rejection.source)
    outcome.add(raw.land(raw_rows(portfolio, source, rejection.rejected_at)))


def _pages(raw: RawZone, payload_sha256: str) -> list[bytes]:
    payload = raw.payload(payload_sha256)
    hashes = split_payload(payload)
    return [raw.payload(digest) for digest in hashes] if hashes else [payload]


def _index_code(rejection: Rejection) -> str | None:
    """A capture is named after its index, an import after its file."""
    if rejection.source == "capture":
        return rejection.name
    claimed = parse_download_name(rejection.name)
    return claimed.index_code if claimed else None


def _name(entry: RawEntry) -> str:
    return f"{entry.index_code} {entry.reference_date}"
