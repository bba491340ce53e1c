"""Reparsing: payloads are read again by the current parser.

Typed rows are made anew from a whole payload where an older parser made them, where they
cannot be read any more, and where they are gone. How the payload came, its bytes do not say:
older rows do, else receipts, else manifests.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from b3_contracts.layout import RawEntry, RawPositionKey, Sighting
from b3_scraper import (
    PARSER_REVISION,
    Portfolio,
    Refused,
    parse_pages,
)
from bovespa_pipeline.ingest.landing import (
    Refusal,
    first_sighting,
    key_of,
    raw_rows,
    source_of,
)
from bovespa_pipeline.ingest.many import MANY, Many, parse_many, portfolio_of, with_kind
from bovespa_pipeline.ingest.preview_typing import retype_previews
from bovespa_pipeline.ingest.receiving import pages_of, parse_received
from lake_io import LakeDamaged, NotInLake, RawZone, Receipt

__all__ = ["Reparsed", "reparse_all"]


@dataclass
class Reparsed:
    """Counts of payloads read and typed again, and the refusals."""

    read: int = 0
    new: int = 0
    still_rejected: int = 0
    previews: int = 0
    """Answers about the next portfolio with new rows."""
    refusals: list[Refusal] = field(default_factory=list)


def reparse_all(
    raw: RawZone,
    now: dt.datetime,
    progress: Callable[[str], None] = lambda _: None,
    untyped: Collection[str] = (),
) -> Reparsed:
    """Read every payload whose rows the present parser has not made, or that cannot be read.

    `now` is the time of payloads that nothing else dates; `untyped` are the hashes of more
    payloads to read, beside those with a receipt or a rejection.
    """
    reparsing = _Reparsing(raw, now, raw.receipts(), _announced(raw))
    keys = raw.entries()
    typed = {entry.payload_sha256 for entry in {*keys, *reparsing.announced}}
    for entry in sorted({*keys, *reparsing.announced}):
        key = keys.get(entry)
        if key is None or key.parser_revision < PARSER_REVISION or not raw.is_readable(key):
            progress(_name(entry))
            reparsing.retype(entry, key)
    rejected = set(raw.rejected())
    for digest in sorted({*rejected, *reparsing.receipts, *untyped} - typed):
        reparsing.type_first(digest)
    for digest in sorted(rejected & typed & reparsing.many):
        reparsing.type_first(digest)
    for result in retype_previews(raw):
        if isinstance(result, Refusal):
            reparsing.outcome.refusals.append(result)
        else:
            reparsing.outcome.previews += 1
    return reparsing.outcome


@dataclass
class _Reparsing:
    """One pass over the payloads of a raw zone, with their known origins."""

    raw: RawZone
    now: dt.datetime
    receipts: Mapping[str, Sequence[Receipt]]
    announced: Mapping[RawEntry, dt.datetime]
    outcome: Reparsed = field(default_factory=Reparsed)
    _last: tuple[tuple[bytes, Receipt], Many] | None = None

    @property
    def many(self) -> set[str]:
        """The hashes of the payloads that hold many portfolios."""
        return {digest for digest, those in self.receipts.items() if those[-1].source in MANY}

    def retype(self, entry: RawEntry, key: RawPositionKey | None) -> None:
        """Write the typed rows of a known entry again."""
        try:
            pages = pages_of(self.raw, entry.payload_sha256)
            portfolio = self._portfolio(entry, pages)
        except (Refused, NotInLake, LakeDamaged) as error:
            self.outcome.refusals.append(Refusal(_name(entry), str(error)))
            return
        self._keep(portfolio, self._origin(entry, key, portfolio))

    def type_first(self, digest: str) -> None:
        """Type a payload that has no rows yet, rejected or left by a crash.

        What is still refused stands in `raw/rejected` and was said when it came.
        """
        receipt = self._receipt(digest)
        try:
            pages = pages_of(self.raw, digest)
        except NotInLake:  # a crash came between the receipt and the payload
            return
        except LakeDamaged as error:
            self.outcome.refusals.append(Refusal(digest[:16], str(error)))
            return
        try:
            portfolios = self._untyped(pages, receipt)
        except Refused as error:
            self.outcome.still_rejected += 1
            self.raw.reject(digest, receipt.name, str(error), self.now, receipt.source)
            return
        for portfolio in portfolios:
            source = source_of(portfolio, receipt.source)
            self._keep(portfolio, Sighting(source, receipt.received_at))

    def _untyped(self, pages: Sequence[bytes], receipt: Receipt) -> list[Portfolio]:
        """The portfolios in a payload, of one with many those that have no typed rows yet."""
        if receipt.source not in MANY:
            return [parse_received(pages, receipt)]
        portfolios = self._many(pages[0], receipt).portfolios
        return [each for each in portfolios if not self.raw.is_readable(key_of(each))]

    def _portfolio(self, entry: RawEntry, pages: Sequence[bytes]) -> Portfolio:
        """The portfolio of a known entry. Raises Refused."""
        index, date = entry.index_code, entry.reference_date
        receipts = self.receipts.get(entry.payload_sha256, ())
        receipt = receipts[-1] if receipts else Receipt("", "import", self.now, index, date)
        if receipt.source not in MANY:
            receipt = with_kind(receipt, pages[0])
        if receipt.source not in MANY:
            return parse_pages(pages, index=index, reference_date=date)
        return portfolio_of(self._many(pages[0], receipt), index, date)

    def _many(self, body: bytes, receipt: Receipt) -> Many:
        """The portfolios of a payload, read once for all its entries in a row."""
        key = (body, receipt)
        if self._last is None or self._last[0] != key:
            self._last = (key, parse_many(body, receipt))
        return self._last[1]

    def _keep(self, portfolio: Portfolio, first: Sighting) -> None:
        self.raw.remake(raw_rows(portfolio, first))
        self.outcome.read += 1
        self.outcome.new += 1

    def _origin(
        self, entry: RawEntry, key: RawPositionKey | None, portfolio: Portfolio
    ) -> Sighting:
        """How the payload of the entry came first."""
        typed = key and self.raw.first_sighting(key)
        received = first_sighting(portfolio, self.receipts.get(entry.payload_sha256, ()))
        time = self.announced.get(entry, self.now)
        return typed or received or Sighting(source_of(portfolio, "import"), time)

    def _receipt(self, digest: str) -> Receipt:
        """Return the newest receipt of a payload, else its rejection's hints."""
        if those := self.receipts.get(digest):
            return those[-1]
        try:
            note = self.raw.rejection(digest)
        except (NotInLake, LakeDamaged):
            return Receipt(digest[:16], "import", self.now)
        index = note.name if note.source == "capture" else None
        return Receipt(note.name, note.source, note.rejected_at, index)


def _announced(raw: RawZone) -> dict[RawEntry, dt.datetime]:
    """The entries of all manifests, and when each was captured first."""
    announced: dict[RawEntry, dt.datetime] = {}
    for manifest in raw.manifests():
        for entry in manifest.entries:
            captured_at = announced.get(entry, manifest.captured_at)
            announced[entry] = min(captured_at, manifest.captured_at)
    return announced


def _name(entry: RawEntry) -> str:
    return f"{entry.index_code} {entry.reference_date}"
