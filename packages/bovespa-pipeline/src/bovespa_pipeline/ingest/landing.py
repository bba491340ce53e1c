"""Landing: write parsed portfolios to the raw zone.

The payload is kept before anything is made of it, so that whatever happens next, what
B3 sent is not lost.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry, RawPositionKey, Sighting
from b3_contracts.specification import RAW
from b3_scraper import PARSER_REVISION, Portfolio
from bovespa_pipeline.ingest.many import Many
from lake_io import RawZone, Receipt

__all__ = [
    "Landed",
    "Landing",
    "Refusal",
    "entry_of",
    "first_sighting",
    "key_of",
    "raw_rows",
    "source_of",
]


@dataclass(frozen=True)
class Landed:
    """A landed payload, and whether it was new."""

    name: str
    entry: RawEntry
    position_count: int
    is_new: bool
    warnings: tuple[str, ...] = ()
    sighting: str | None = None
    """The key of its later sighting, where one was recorded."""

    @property
    def state(self) -> str:
        if self.is_new:
            return "landed"
        return "already there" if self.sighting is None else "already there, and came again"


@dataclass(frozen=True)
class Refusal:
    """An input that could not be parsed, with the reason."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass
class Landing:
    """One capture or import in progress: collects landed payloads, writes one manifest."""

    raw: RawZone
    now: Callable[[], dt.datetime]
    landed: list[Landed] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    """The hashes of the payloads of many portfolios that this run has landed, or decided not to."""
    _withdrawn: frozenset[RawEntry] | None = None

    def land(self, receipt: Receipt, portfolio: Portfolio) -> Landed | None:
        """Write the receipt, the payload and its rows; None if the rows are refused."""
        if not self._is_typed(portfolio):
            self.raw.write_receipt(portfolio.payload_sha256, receipt)
        self.raw.store_payload(*portfolio.pages)
        return self._land_rows(receipt, portfolio)

    def land_many(self, receipt: Receipt, many: Many, codes: Collection[str] = ()) -> None:
        """Write the receipt, the payload and the rows of its portfolios, or those of `codes`.

        The parts that are no whole portfolios are refused by name, their payload is kept.
        """
        digest = self.raw.store_payload(many.payload, receipt=receipt)
        self.handled.add(digest)
        portfolios = [each for each in many.portfolios if not codes or each.index_code in codes]
        if not all(map(self._is_typed, portfolios)):
            self.raw.write_receipt(digest, receipt)
        for portfolio in portfolios:
            self._land_rows(receipt, portfolio)
        if many.refusals:
            reason = "; ".join(map(str, many.refusals))
            self.raw.reject(digest, receipt.name, reason, self.now(), receipt.source)
        self.refusals += [Refusal(receipt.name, str(refusal)) for refusal in many.refusals]

    def _is_typed(self, portfolio: Portfolio) -> bool:
        return self.raw.is_readable(key_of(portfolio))

    def _land_rows(self, receipt: Receipt, portfolio: Portfolio) -> Landed | None:
        entry, is_typed = entry_of(portfolio), self._is_typed(portfolio)
        sighting = Sighting(source_of(portfolio, receipt.source), receipt.received_at)
        try:
            is_first = not is_typed and self._type(portfolio, sighting) == sighting
        except ContractError as error:
            self.reject(receipt, str(error), portfolio.pages)
            return None
        recorded = None if is_first else self.raw.record_sighting(entry, sighting)
        count, warnings = portfolio.position_count, portfolio.warnings + self._withdrawal(entry)
        landed = Landed(receipt.name, entry, count, not is_typed, warnings, recorded)
        self.landed.append(landed)
        return landed

    def _withdrawal(self, entry: RawEntry) -> tuple[str, ...]:
        """A warning where a person has taken the payload out: it will not be published."""
        if self._withdrawn is None:
            self._withdrawn = self.raw.withdrawn()
        if entry not in self._withdrawn:
            return ()
        session = f"{entry.index_code} {entry.reference_date}"
        return (f"this payload is withdrawn; `bovespa reinstate {session} --reason WHY` undoes it",)

    def reject(self, receipt: Receipt, reason: str, pages: tuple[bytes, ...] = ()) -> None:
        """Store the input, if any, with the reason of its refusal beside it."""
        self.refusals.append(Refusal(receipt.name, reason))
        if pages:
            digest = self.raw.store_payload(*pages, receipt=receipt)
            self.raw.reject(digest, receipt.name, reason, self.now(), receipt.source)

    def set_aside(self, receipt: Receipt, reason: str, body: bytes) -> None:
        """Store a bulletin that holds nothing to land, with the reason; no refusal."""
        digest = self.raw.store_payload(body, receipt=receipt)
        self.handled.add(digest)
        self.raw.reject(digest, receipt.name, reason, self.now(), receipt.source)

    def write_manifest(self) -> None:
        """Write the manifest of what landed, last."""
        if self.landed:
            sightings = [landed.sighting for landed in self.landed if landed.sighting]
            self.raw.write_manifest([landed.entry for landed in self.landed], self.now(), sightings)

    def _type(self, portfolio: Portfolio, sighting: Sighting) -> Sighting:
        """Write the rows; lost or damaged ones are restored with their original sighting.

        The sighting that the rows have.
        """
        first = None
        if portfolio.payload_sha256 not in self.raw.received:
            receipts = self.raw.receipts().get(portfolio.payload_sha256, [])
            first = first_sighting(portfolio, receipts)
        first = first or sighting
        self.raw.remake(raw_rows(portfolio, first))
        return first


def entry_of(portfolio: Portfolio) -> RawEntry:
    """The entry of a portfolio in the raw zone."""
    return RawEntry(portfolio.index_code, portfolio.reference_date, portfolio.payload_sha256)


def key_of(portfolio: Portfolio) -> RawPositionKey:
    """The key of a portfolio's typed rows."""
    return RawPositionKey(entry_of(portfolio), PARSER_REVISION)


def first_sighting(portfolio: Portfolio, receipts: Sequence[Receipt]) -> Sighting | None:
    """Return the first sighting of a payload, from its receipts, oldest first."""
    if not receipts:
        return None
    return Sighting(source_of(portfolio, receipts[0].source), receipts[0].received_at)


def source_of(portfolio: Portfolio, source: str) -> str:
    """Return the source of a payload, as the contract names it."""
    if portfolio.kind != "daily":
        return portfolio.kind
    return source if source == "capture" or portfolio.complete else "import_incomplete"


def raw_rows(portfolio: Portfolio, sighting: Sighting) -> pa.Table:
    """The portfolio as contract `raw_position`: its positions, the header in every row."""
    header: dict[str, Any] = {
        "total_theoretical_quantity": portfolio.total_theoretical_quantity,
        "divisor": portfolio.divisor,
        "source": sighting.source,
        "payload_sha256": portfolio.payload_sha256,
        "captured_at": sighting.seen_at,
        "parser_revision": PARSER_REVISION,
    }
    rows = portfolio.positions
    for name, value in header.items():
        values = pa.array([value] * rows.num_rows, arrow.schema(RAW).field(name).type)
        rows = rows.append_column(name, values)
    return arrow.conform(rows, RAW)
