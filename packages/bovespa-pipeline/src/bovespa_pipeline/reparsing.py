"""Payloads read again by the present parser: what it reads better becomes new raw rows."""

from collections.abc import Callable
from dataclasses import dataclass, field

from b3_contracts.layout import RawEntry, RawPositionKey
from b3_scraper import PARSER_REVISION, Refused, parse_pages, split_payload
from bovespa_pipeline.landing import Refusal, raw_rows
from lake_io import RawZone

__all__ = ["Reparsed", "reparse_all"]


@dataclass
class Reparsed:
    """How many payloads were read, how many gave new rows, which no longer parse."""

    read: int = 0
    new: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def reparse_all(raw: RawZone, progress: Callable[[str], None]) -> Reparsed:
    """Read every payload that an older parser typed; rows of the same revision stay."""
    outcome = Reparsed()
    for entry, key in sorted(raw.entries().items()):
        if key.parser_revision < PARSER_REVISION:
            progress(_name(entry))
            _reparse_one(raw, entry, key, outcome)
    return outcome


def _reparse_one(raw: RawZone, entry: RawEntry, key: RawPositionKey, outcome: Reparsed) -> None:
    read = raw.read([key])
    if read.broken:
        outcome.refusals.append(Refusal(_name(entry), str(read.broken[entry])))
        return
    first = read.rows.slice(0, 1).to_pylist()[0]
    payload = raw.payload(entry.payload_sha256)
    hashes = split_payload(payload)
    pages = [raw.payload(digest) for digest in hashes] if hashes else [payload]
    try:
        portfolio = parse_pages(pages, index=entry.index_code, reference_date=entry.reference_date)
    except Refused as error:
        outcome.refusals.append(Refusal(_name(entry), str(error)))
        return
    _, is_new = raw.land(raw_rows(portfolio, first["source"], first["captured_at"]))
    outcome.read += 1
    outcome.new += is_new


def _name(entry: RawEntry) -> str:
    return f"{entry.index_code} {entry.reference_date}"
