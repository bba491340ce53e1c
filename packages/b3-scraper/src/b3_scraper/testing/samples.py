"""Portfolios for tests: any figures, written byte for byte as B3 writes them."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, Literal

import pyarrow as pa

from b3_contracts.backends.arrow import schema
from b3_contracts.specification import REFINED
from b3_scraper.csv_download import HEADER, SECTOR_HEADER
from b3_scraper.language import LANGUAGES, PT_BR, Language
from b3_scraper.security_type import SecurityType, read_type, write_type
from b3_scraper.testing.writing import (
    write_date,
    write_divisor,
    write_json,
    write_page,
    write_quantity,
    write_weight,
)

__all__ = ["DEFAULT_PAGE_SIZE", "SamplePortfolio", "SampleRow"]

DEFAULT_PAGE_SIZE: Final = 120  # B3's own
_BY_SECTOR: Final = "2"

LanguageCode = Literal["pt-br", "en-us"]
Segment = Literal["1", "2"]


@dataclass(frozen=True)
class SampleRow:
    """One position; `type` is B3's fixed-width text, as `ON  EJ  NM`."""

    ticker: str
    company: str
    type: str
    sector: str | None
    theoretical_quantity: int
    weight_pct: Decimal


@dataclass(frozen=True)
class SamplePortfolio:
    """One index in one session, and how B3 would write it."""

    index_code: str
    reference_date: dt.date
    rows: tuple[SampleRow, ...]
    divisor: Decimal = Decimal("16279911.48376400")

    @classmethod
    def from_positions(cls, positions: pa.Table, divisor: Decimal) -> "SamplePortfolio":
        """A sample from a table of the Position contract, of one index and session."""
        records = positions.to_pylist()
        rows = tuple(_row(record) for record in records)
        return cls(records[0]["index_code"], records[0]["reference_date"], rows, divisor)

    @property
    def total_theoretical_quantity(self) -> int:
        return sum(row.theoretical_quantity for row in self.rows)

    def to_positions(self, *, sectors: bool = True) -> pa.Table:
        """The rows as the Position contract has them: what a parser should find."""
        return pa.Table.from_pylist(
            [self._record(row, sectors) for row in self.rows], schema=schema(REFINED["position"])
        )

    def to_csv(self, *, sector: bool = False) -> bytes:
        """The download: latin-1, CRLF, a title, one delimiter too many, two footers."""
        title = f"{self.index_code} - Carteira do Dia {write_date(self.reference_date, PT_BR)}"
        header = SECTOR_HEADER if sector else HEADER
        lines = [title, ";".join(header), *self._lines(sector), *self._footers(sector)]
        return "".join(f"{line}\r\n" for line in lines).encode("latin-1")

    def to_json(
        self,
        *,
        language: LanguageCode = "pt-br",
        segment: Segment = "1",
        page_number: int = 1,
        page_size: int = DEFAULT_PAGE_SIZE,
    ) -> bytes:
        """One page of GetPortfolioDay's answer."""
        page = self.to_document(language, segment, page_number, page_size)
        return write_json(page)

    def to_document(
        self, language: str, segment: str, page_number: int, page_size: int
    ) -> dict[str, Any]:
        """The same page before it is written, for a server that means to spoil it."""
        words = next(each for each in LANGUAGES if each.code == language)
        rows = list(self._json_rows(words, by_sector=segment == _BY_SECTOR))
        header = self._json_header(words, by_sector=segment == _BY_SECTOR)
        return write_page(header, rows, page_number, page_size)

    def to_theoretical_document(self, page_number: int, page_size: int) -> dict[str, Any]:
        """A page of GetTheoricalPortfolio: the same figures, and no date."""
        ordered = sorted(self.rows, key=lambda row: row.ticker)
        rows = [{**_figures(row, PT_BR), "cont": i} for i, row in enumerate(ordered, 1)]
        header = {
            "part": write_weight(Decimal(100), PT_BR),
            "theoricalQty": write_quantity(self.total_theoretical_quantity, PT_BR),
            "reductor": write_divisor(self.divisor, PT_BR),
        }
        return write_page(header, rows, page_number, page_size)

    def _record(self, row: SampleRow, sectors: bool) -> dict[str, Any]:
        security = read_type(row.type)
        if security is None:
            raise ValueError(f"{row.type!r} is not a type as B3 writes it")
        return {
            "index_code": self.index_code,
            "reference_date": self.reference_date,
            "ticker": row.ticker,
            "company": row.company,
            "share_class": security.share_class,
            "ex_rights": security.ex_rights,
            "listing_segment": security.listing_segment,
            "sector": row.sector if sectors else None,
            "theoretical_quantity": row.theoretical_quantity,
            "weight_pct": row.weight_pct,
        }

    def _lines(self, sector: bool) -> Iterator[str]:
        if not sector:
            for row in self.rows:
                yield _line([row.ticker, row.company, row.type, *_written(row, PT_BR)])
        for row, total in self._by_sector() if sector else ():
            share = write_weight(total, PT_BR)
            fields = [row.sector or "", row.ticker, row.company, row.type, *_written(row, PT_BR)]
            yield _line([*fields, share])

    def _footers(self, sector: bool) -> list[str]:
        gap, shares = (";;;;", ";100,000;100,000") if sector else (";;;", ";100,000")
        total = write_quantity(self.total_theoretical_quantity, PT_BR)
        return [
            f"{PT_BR.total_label}{gap}{total}{shares}",
            f"{PT_BR.divisor_label}{gap}{write_divisor(self.divisor, PT_BR)}",
        ]

    def _by_sector(self) -> Iterator[tuple[SampleRow, Decimal]]:
        """Each row with its sector's total weight, by sector."""
        ordered = sorted(self.rows, key=lambda row: (row.sector or "", row.company, row.ticker))
        for _, group in groupby(ordered, key=lambda row: row.sector):
            rows = list(group)
            total = sum((row.weight_pct for row in rows), Decimal(0))
            yield from ((row, total) for row in rows)

    def _json_rows(self, language: Language, *, by_sector: bool) -> Iterator[dict[str, Any]]:
        if not by_sector:
            for row in self.rows:
                yield {"segment": None, **_figures(row, language), "partAcum": None}
            return
        for row, total in self._by_sector():
            share = write_weight(total, language)
            yield {"segment": row.sector, **_figures(row, language), "partAcum": share}

    def _json_header(self, language: Language, *, by_sector: bool) -> dict[str, Any]:
        whole = write_weight(Decimal(100), language)
        return {
            "date": write_date(self.reference_date, language),
            "text": language.total_label,
            "part": whole,
            "partAcum": whole if by_sector else None,
            "textReductor": language.divisor_label,
            "reductor": write_divisor(self.divisor, language),
            "theoricalQty": write_quantity(self.total_theoretical_quantity, language),
        }


def _written(row: SampleRow, language: Language) -> tuple[str, str]:
    return write_quantity(row.theoretical_quantity, language), write_weight(
        row.weight_pct, language
    )


def _line(fields: Iterable[str]) -> str:
    return "".join(f"{field};" for field in fields)


def _figures(row: SampleRow, language: Language) -> dict[str, Any]:
    quantity, weight = _written(row, language)
    return {
        "cod": row.ticker,
        "asset": row.company,
        "type": row.type,
        "part": weight,
        "theoricalQty": quantity,
    }


def _row(record: dict[str, Any]) -> SampleRow:
    security = SecurityType(record["share_class"], record["ex_rights"], record["listing_segment"])
    return SampleRow(
        ticker=record["ticker"],
        company=record["company"],
        type=write_type(security),
        sector=record["sector"],
        theoretical_quantity=record["theoretical_quantity"],
        weight_pct=record["weight_pct"],
    )
