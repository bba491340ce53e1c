"""Bulletins for tests: chapter 2 as B3 lays it out, as text or as a real PDF.

Needs the extra `bulletin`.

Source of the layout: the extracted text of the bulletin of 29 September 2026. Pages end wherever
they are full, so the page header and the line of column names recur inside a section.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from io import BytesIO
from typing import Any, Final

from b3_scraper.language import EN_US, PT_BR, Language
from b3_scraper.testing.samples import LanguageCode, SamplePortfolio, SampleRow
from b3_scraper.testing.writing import write_quantity

__all__ = ["HEADINGS", "SampleBulletin"]

HEADINGS: Final = {
    "IBOV": "IBOVESPA",
    "IBXL": "IBRX50",
    "IVBX": "IVBX-2",
    "IEEX": "IEE",
    "ISEE": "ISE",
    "GPTW": "IGPTW",
}
"""The headings that differ from the index's code."""
COLUMNS: Final = "Código IF Ação Tipo Quantidade teórica Participação (%)"

_LINES_A_PAGE: Final = 60
_PERIODS: Final = {1: "Janeiro a Abril", 5: "Maio a Agosto", 9: "Setembro a Dezembro"}
_WEEKDAYS: Final = "SEGUNDA-FEIRA TERÇA-FEIRA QUARTA-FEIRA QUINTA-FEIRA SEXTA-FEIRA SÁBADO DOMINGO"
_MONTHS: Final = (
    "JANEIRO FEVEREIRO MARÇO ABRIL MAIO JUNHO JULHO AGOSTO SETEMBRO OUTUBRO NOVEMBRO DEZEMBRO"
)
_PAGE_SIZE: Final = (595, 842)


@dataclass(frozen=True)
class SampleBulletin:
    """The bulletin of `date`, with the portfolios of the quadrimester that began before it."""

    date: dt.date
    portfolios: tuple[SamplePortfolio, ...]
    language: LanguageCode = "pt-br"
    lines_a_page: int = _LINES_A_PAGE

    @property
    def effective_date(self) -> dt.date:
        """The first session of the quadrimester it names."""
        from b3_contracts.trading_calendar import rebalance_day

        return rebalance_day(*_quadrimester(self.date))

    def to_text(self) -> str:
        """The lines as an extractor gives them."""
        return "".join(f"{line}\n" for page in self.pages() for line in page)

    def to_pdf(self) -> bytes:
        """A PDF of the same lines."""
        return write_pdf(self.pages())

    def pages(self) -> list[list[str]]:
        """The lines of each page."""
        pages = [[*self._page_header(), *self._intro()]]
        for portfolio in self.portfolios:
            heading = HEADINGS.get(portfolio.index_code, portfolio.index_code)
            pages[-1] += [heading, COLUMNS]
            for row in self._rows(portfolio):
                if len(pages[-1]) >= self.lines_a_page:
                    pages.append([*self._page_header(), "", COLUMNS])
                pages[-1].append(row)
        return pages

    def _page_header(self) -> list[str]:
        weekday = _WEEKDAYS.split()[self.date.weekday()]
        month = _MONTHS.split()[self.date.month - 1]
        day = f"{weekday} - {self.date.day} DE {month} DE {self.date.year}"
        return [
            "Boletim Diário do Mercado",
            f"REFERENTE A {day} - Nº {self.date.timetuple().tm_yday}",
            "Indicadores e informativos",
            "1",
        ]

    def _intro(self) -> list[str]:
        year, month = _quadrimester(self.date)
        return [
            "Composição das carteiras de índices",
            "Distribuição e quantidade das ações que compõem os principais índices do mercado.",
            f"Para {_PERIODS[month]} de {year}",
            "(1) Quantidade teórica válida para o período de vigência da carteira.",
            "(2) Participação relativa das ações da carteira, divulgada para a abertura.",
        ]

    def _rows(self, portfolio: SamplePortfolio) -> Iterator[str]:
        words = PT_BR if self.language == PT_BR.code else EN_US
        for row in sorted(portfolio.rows, key=lambda row: row.ticker):
            yield _line(row, words)


def write_pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF with one text line for each line."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject()
    for name, value in (
        ("/Type", "/Font"),
        ("/Subtype", "/Type1"),
        ("/BaseFont", "/Helvetica"),
        ("/Encoding", "/WinAnsiEncoding"),
    ):
        font[NameObject(name)] = NameObject(value)
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})  # noqa: SLF001 - pypdf has no public way to write text
    for lines in pages:
        page = writer.add_blank_page(*_PAGE_SIZE)
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(_stream(lines))  # noqa: SLF001 - the same
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def _stream(lines: Sequence[str]) -> Any:
    from pypdf.generic import DecodedStreamObject

    shown = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines)
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 7 Tf 12 TL 40 800 Td\n{shown}\nET".encode("cp1252"))
    return stream.flate_encode()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _line(row: SampleRow, words: Language) -> str:
    quantity = write_quantity(row.theoretical_quantity, words)
    weight = f"{_four_decimals(row.weight_pct)}".replace(".", words.decimal_mark)
    return f"{row.ticker} {row.company} {row.type} {quantity} {weight}"


def _four_decimals(weight: Decimal) -> Decimal:
    return weight.quantize(Decimal("0.0001"), ROUND_DOWN)


def _quadrimester(date: dt.date) -> tuple[int, int]:
    """Year and first month of the quadrimester whose portfolios are in force on a date."""
    from b3_contracts.trading_calendar import rebalance_day

    month = (date.month - 1) // 4 * 4 + 1
    if date >= rebalance_day(date.year, month):
        return date.year, month
    return (date.year, month - 4) if month > 1 else (date.year - 1, 9)
