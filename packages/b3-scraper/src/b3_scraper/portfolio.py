"""One index in one session, exact, with the bytes it was read from."""

import datetime as dt
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final, Literal

import pyarrow as pa

from b3_contracts.counts import counted
from b3_scraper.errors import InconsistentTotals
from b3_scraper.html import html_table
from b3_scraper.positions import WHOLE

__all__ = ["Portfolio", "PortfolioRefusal", "join_pages", "split_payload"]

_HASHES: Final = re.compile(rb"(?:[0-9a-f]{64}\n)+")


@dataclass(frozen=True)
class Portfolio:
    """A theoretical portfolio exactly as B3 published it.

    `complete` means that the payload itself gave the session and the totals: nobody
    dated it, no footer was cut off. Its positions are readable by pandas, polars and
    DuckDB as the portfolio itself (Arrow PyCapsule interface).
    """

    index_code: str
    reference_date: dt.date
    positions: pa.Table = field(repr=False)
    total_theoretical_quantity: int | None
    divisor: Decimal | None
    pages: tuple[bytes, ...] = field(repr=False)
    complete: bool
    warnings: tuple[str, ...] = ()
    kind: Literal["daily", "quadrimester", "bulletin"] = "daily"
    """`quadrimester`: that of a quadrimester's first session, weights rounded; `bulletin`: the
    same without total and divisor, and its payload holds other portfolios too."""

    @cached_property
    def payload(self) -> bytes:
        """The bytes received; of several pages, their hashes (see `split_payload`)."""
        return join_pages(self.pages)

    @cached_property
    def payload_sha256(self) -> str:
        return _sha256(self.pages)

    @property
    def position_count(self) -> int:
        return int(self.positions.num_rows)

    @cached_property
    def total_weight_pct(self) -> Decimal:
        return sum(self.positions["weight_pct"].to_pylist(), Decimal("0.000"))

    def discrepancies(self) -> tuple[str, ...]:
        """Contradictions within the portfolio; empty for every untouched answer of B3."""
        return tuple(filter(None, (self._weights(), self._quantities(), self._tickers())))

    def verify(self) -> "Portfolio":
        """Return the portfolio. Raises InconsistentTotals if its figures contradict each other."""
        discrepancies = self.discrepancies()
        if discrepancies:
            name = f"{self.index_code} of {self.reference_date}"
            raise InconsistentTotals(
                f"{name} is not exact: {'; '.join(discrepancies)}", pages=self.pages
            )
        return self

    def _repr_html_(self) -> str:
        """The first positions, for a notebook."""
        heading = (
            f"{self.index_code} of {self.reference_date}: "
            f"{counted(self.position_count, 'position', 'positions')}, divisor {self.divisor}"
        )
        return html_table(self.positions, heading)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.positions.__arrow_c_stream__(requested_schema)

    def _weights(self) -> str:
        total = self.total_weight_pct
        tolerance = Decimal(0)
        if self.kind != "daily":  # within 0.02 as printed, then each weight is rounded
            tolerance = Decimal("0.02") + self.position_count * Decimal("0.0005")
        return (
            "" if abs(total - WHOLE) <= tolerance else f"the weights add up to {total}, not {WHOLE}"
        )

    def _quantities(self) -> str:
        stated = self.total_theoretical_quantity
        total = sum(self.positions["theoretical_quantity"].to_pylist())
        if stated is None or total == stated:
            return ""
        return f"the quantities add up to {total:,}, not to the stated {stated:,}"

    def _tickers(self) -> str:
        counts = Counter(self.positions["ticker"].to_pylist())
        twice = sorted(ticker for ticker, count in counts.items() if count > 1)
        return f"more than once: {', '.join(twice)}" if twice else ""


@dataclass(frozen=True)
class PortfolioRefusal:
    """A part of a payload of many portfolios that is no whole one, and the reason."""

    name: str
    reason: str
    index_code: str | None
    """Its index, None where nothing names one."""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@lru_cache(maxsize=1)
def _sha256(pages: tuple[bytes, ...]) -> str:
    """The portfolios of one file share its bytes, which are hashed once."""
    return hashlib.sha256(join_pages(pages)).hexdigest()


def join_pages(pages: tuple[bytes, ...]) -> bytes:
    """One page's bytes, or the SHA-256 of each of several, one a line."""
    if len(pages) == 1:
        return pages[0]
    return b"".join(hashlib.sha256(page).hexdigest().encode() + b"\n" for page in pages)


def split_payload(payload: bytes) -> tuple[str, ...] | None:
    """The hashes of the pages that a payload lists; None if it is a page itself."""
    if not _HASHES.fullmatch(payload):
        return None
    return tuple(payload.decode("ascii").split())
