"""Rows of an archive as texts, and the footers of B3's downloads that are kept among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from b3_scraper.archive.reading import Table
from b3_scraper.archive.values import from_fractions, texts
from b3_scraper.csv_footers import DIVISOR, TOTAL, Footers, footer_kind, is_number, lost_divisor
from b3_scraper.errors import Refused
from b3_scraper.language import EN_US, PT_BR, Language
from b3_scraper.number_format import NumberFormat
from b3_scraper.raw_texts import refuse_rows
from b3_scraper.security_type import SecurityType, read_collapsed_type, read_type, write_type

__all__ = ["Rows", "language_of"]

_LANGUAGES: Final = (PT_BR, EN_US)


@dataclass(frozen=True)
class Rows:
    """The texts of a table by their fields; a missing value is an empty text."""

    table: Table
    cells: Mapping[str, Sequence[str]]
    kinds: Mapping[str, int]
    """What each text is in the place of a ticker: the label of a footer, or 0."""

    @classmethod
    def of(cls, table: Table) -> "Rows":
        cells = {field: texts(values) for field, values in table.values.items() if field != "date"}
        labels = {*cells["ticker"], *cells.get("company", ())}
        kinds = {text: max(footer_kind(text, each) for each in _LANGUAGES) for text in labels}
        return cls(table, cells, kinds)

    def number(self, at: int) -> int:
        """Where the row stands in the file."""
        return self.table.first_row + at

    def is_blank(self, at: int) -> bool:
        return not any(self.cells[field][at] for field in ("ticker", "quantity", "weight"))

    def footer_kind(self, at: int) -> int:
        """TOTAL or DIVISOR for the footer of that figure, 0 for a position."""
        label = self.cells["ticker"][at] or self._cell("company", at)
        return self.kinds[label]

    def column(self, field: str, rows: Sequence[int]) -> list[str]:
        """The texts of a field in these rows, empty where the table has no such column."""
        values = self.cells.get(field)
        return [values[at] for at in rows] if values else [""] * len(rows)

    def companies(self, rows: Sequence[int]) -> tuple[list[str], tuple[str, ...]]:
        """The companies, and a warning where the ticker stands for one."""
        names = self.column("company", rows)
        if all(names):
            return names, ()
        tickers = self.column("ticker", rows)
        filled = [name or ticker for name, ticker in zip(names, tickers, strict=True)]
        return filled, ("the company is not said of every position: its ticker stands for it",)

    def types(self, rows: Sequence[int]) -> list[str]:
        """The types as B3 writes them, with the inner spaces that many programs lose."""
        if "type" in self.cells:
            return [_with_spaces(text) for text in self.column("type", rows)]
        columns = (
            self.column(one, rows) for one in ("share_class", "ex_rights", "listing_segment")
        )
        parts = zip(*columns, strict=True)
        return [write_type(SecurityType(each or "", *rest)) for each, *rest in parts]

    def weights(self, rows: Sequence[int]) -> Sequence[str]:
        """The weights in percent."""
        return from_fractions(self.column("weight", rows))

    def footers(self, rows: Sequence[int], numbers: NumberFormat) -> Footers:
        """The figures of the footers among these rows. Raises Refused for one that is none."""
        by_kind: dict[int, int] = {}
        for at in rows:
            if kind := self.footer_kind(at):
                if kind in by_kind:
                    raise self._refuse_footer(at, "stands more than once")
                by_kind[kind] = at
        total = self._total(by_kind[TOTAL], numbers) if TOTAL in by_kind else None
        divisor, warnings = (
            self._divisor(by_kind[DIVISOR], numbers) if DIVISOR in by_kind else (None, ())
        )
        return Footers(total, divisor, warnings)

    def _total(self, at: int, numbers: NumberFormat) -> int:
        total = numbers.total(self.cells["quantity"][at])
        weight = self.cells["weight"][at]
        if total is None or (weight and numbers.weight(weight) not in (1, 100)):
            raise self._refuse_footer(at, "is not as B3 writes it")
        return total

    def _divisor(self, at: int, numbers: NumberFormat) -> tuple[Decimal | None, tuple[str, ...]]:
        text = self.cells["quantity"][at]
        if not is_number(text):
            raise self._refuse_footer(at, "is not as B3 writes it")
        divisor = numbers.divisor(text)
        return divisor, () if divisor else (lost_divisor(text),)

    def _refuse_footer(self, at: int, rule: str) -> Refused:
        shown = {name: values[at] for name, values in self.cells.items() if values[at]}
        return refuse_rows("footer", rule, [{self.table.row_name: self.number(at), **shown}])

    def _cell(self, field: str, at: int) -> str:
        return self.cells[field][at] if field in self.cells else ""


def language_of(weights: Sequence[str]) -> Language:
    """The language of the decimal mark, of which a weight has one at most."""
    return PT_BR if any("," in text for text in weights) else EN_US


def _with_spaces(text: str) -> str:
    collapsed = None if read_type(text) else read_collapsed_type(text)
    return write_type(collapsed) if collapsed else text
