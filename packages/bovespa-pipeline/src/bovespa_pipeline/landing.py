"""From a portfolio as parsed to the lake's raw zone.

The payload is kept before anything is made of it, so that whatever happens next, what
B3 sent is not lost.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from b3_contracts import arrow
from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry
from b3_contracts.tables import RAW
from b3_scraper import PARSER_REVISION, Portfolio
from lake_io import RawZone

__all__ = ["Landed", "Landing", "Refusal", "raw_rows", "source_of"]


@dataclass(frozen=True)
class Landed:
    """A payload that is in raw, and whether it was new there."""

    name: str
    entry: RawEntry
    position_count: int
    is_new: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A payload, or what claimed to be one, that could not be read, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass
class Landing:
    """One capture or import on its way into raw: collect what landed, announce it once."""

    raw: RawZone
    source: str
    """`capture`, or `import`, which is `import_incomplete` where a file does not say all."""
    now: Callable[[], dt.datetime]
    landed: list[Landed] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def land(self, name: str, portfolio: Portfolio) -> None:
        """Keep the portfolio's payload, then its rows."""
        source = source_of(portfolio, self.source)
        self.raw.keep_payload(*portfolio.pages)
        try:
            entry, is_new = self.raw.land(raw_rows(portfolio, source, self.now()))
        except ContractError as error:
            self.refuse(name, str(error), portfolio.pages)
            return
        self.landed.append(
            Landed(name, entry, portfolio.position_count, is_new, portfolio.warnings)
        )

    def refuse(self, name: str, reason: str, pages: tuple[bytes, ...] = ()) -> None:
        """Keep what came, if anything, and say beside it why it was refused."""
        self.refusals.append(Refusal(name, reason))
        if pages:
            digest = self.raw.keep_payload(*pages)
            self.raw.reject(digest, name, reason, self.now(), self.source)

    def announce(self) -> None:
        """Write the manifest of what landed, last."""
        if self.landed:
            self.raw.announce([landed.entry for landed in self.landed], self.now())


def source_of(portfolio: Portfolio, source: str) -> str:
    """How the payload came, in the words of the contract."""
    return source if source == "capture" or portfolio.complete else "import_incomplete"


def raw_rows(portfolio: Portfolio, source: str, captured_at: dt.datetime) -> pa.Table:
    """The portfolio as contract `raw_position`: its positions, the header in every row."""
    header: dict[str, Any] = {
        "total_theoretical_quantity": portfolio.total_theoretical_quantity,
        "divisor": portfolio.divisor,
        "source": source,
        "payload_sha256": portfolio.payload_sha256,
        "captured_at": captured_at,
        "parser_revision": PARSER_REVISION,
    }
    rows = portfolio.positions
    for name, value in header.items():
        values = pa.array([value] * rows.num_rows, arrow.schema(RAW).field(name).type)
        rows = rows.append_column(name, values)
    return arrow.conform(rows, RAW)
