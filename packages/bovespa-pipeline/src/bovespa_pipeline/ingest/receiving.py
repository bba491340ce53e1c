"""Parse payloads with the hints of their receipts, at once or after a crash.

A crash between a payload and its typed rows leaves a receipt and a payload that nothing
publishes. The next run reads the receipts of the last days and finishes what is missing.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Final

from b3_scraper import (
    Portfolio,
    Refused,
    Undated,
    parse_download_name,
    parse_pages,
    split_payload,
)
from bovespa_pipeline.ingest.landing import Landing
from bovespa_pipeline.ingest.many import MANY, parse_many
from lake_io import LakeDamaged, NotInLake, RawZone, Receipt

__all__ = ["finish_interrupted", "pages_of", "parse_received"]

_PREVIEW: Final = re.compile(r"Quartely|Preview|Pr[eé]via", re.IGNORECASE)
LOOKED_BACK: Final = dt.timedelta(days=7)
"""Older ones are left to `bovespa reparse`, which reads all receipts."""


def parse_received(pages: Sequence[bytes], receipt: Receipt) -> Portfolio:
    """The portfolio in a payload; its own title and date go before what its name says.

    Raises Refused.
    """
    if _PREVIEW.search(receipt.name):
        raise Refused("its name says that it is the preview of a portfolio")
    claimed = parse_download_name(receipt.name)
    index = receipt.index_code or (claimed.index_code if claimed else None)
    try:
        return parse_pages(pages, index=index, reference_date=receipt.reference_date)
    except Undated as undated:
        date = claimed.date_in(undated.languages) if claimed and receipt.date_from_name else None
        if date is None:
            raise
        return parse_pages(pages, index=index, reference_date=date)


def pages_of(raw: RawZone, payload_sha256: str) -> list[bytes]:
    """The pages of a payload, one or several. Raises NotInLake or LakeDamaged."""
    payload = raw.payload(payload_sha256)
    hashes = split_payload(payload)
    return [raw.payload(digest) for digest in hashes] if hashes else [payload]


def finish_interrupted(landing: Landing) -> None:
    """Parse payloads of the last days that a crash left without typed rows."""
    raw = landing.raw
    since = landing.now().astimezone(dt.UTC).date() - LOOKED_BACK
    for digest, receipt in sorted(_unfinished(raw, since)):
        if digest in landing.handled:
            continue
        try:
            pages = pages_of(raw, digest)
        except (NotInLake, LakeDamaged):  # the crash came before the payload
            continue
        try:
            _land(landing, receipt, pages)
        except Refused as error:
            landing.reject(receipt, str(error), tuple(pages))


def _land(landing: Landing, receipt: Receipt, pages: Sequence[bytes]) -> None:
    if receipt.source in MANY:
        landing.land_many(receipt, parse_many(pages[0], receipt))
    else:
        landing.land(receipt, parse_received(pages, receipt))


def _unfinished(raw: RawZone, since: dt.date) -> Iterator[tuple[str, Receipt]]:
    receipts = raw.receipts(since)
    if not receipts:
        return
    typed = {entry.payload_sha256 for entry in raw.entries()}
    rejected = set(raw.rejected())
    for digest, those in receipts.items():
        is_one = those[-1].source not in MANY
        is_finished = digest in typed and (is_one or _is_announced(raw, digest))
        if not is_finished and digest not in rejected:
            yield digest, those[-1]


def _is_announced(raw: RawZone, digest: str) -> bool:
    """True if a manifest names the payload: then all its portfolios have landed."""
    return any(
        entry.payload_sha256 == digest for manifest in raw.manifests() for entry in manifest.entries
    )
