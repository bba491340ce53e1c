"""Footers of a download: the total of the quantities, and the divisor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from b3_scraper.csv_columns import Layout, plain
from b3_scraper.csv_dialect import SHOWN, Fields
from b3_scraper.errors import Refused
from b3_scraper.language import EN_US, PT_BR, Language
from b3_scraper.number_format import NumberFormat

__all__ = [
    "DIVISOR",
    "TOTAL",
    "Footers",
    "footer_kind",
    "is_number",
    "lost_divisor",
    "read_footers",
    "take_footers",
]

TOTAL: Final = 1
DIVISOR: Final = 2
_LABELS: Final = {
    PT_BR: ("(?:qtde?|quantidade)teo?ricatotal", "redutor"),
    EN_US: ("totaltheor(?:etical|ethical|ical)(?:quantity|qty)", "reductor|divisor"),
}
_WHOLE: Final = re.compile("100(?:[.,]0{1,3})?")
_NUMBER: Final = re.compile(r"[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Footers:
    """Total and divisor, None where the file does not have them whole."""

    total_quantity: int | None = None
    divisor: Decimal | None = None
    warnings: tuple[str, ...] = ()


def footer_kind(label: str, language: Language) -> int:
    """TOTAL or DIVISOR for a label of that figure, 0 for any other text."""
    if len(label) < len("Redutor"):
        return 0
    labels = zip((TOTAL, DIVISOR), _LABELS[language], strict=True)
    return next((kind for kind, text in labels if re.fullmatch(text, plain(label))), 0)


def take_footers(rows: list[Fields], layout: Layout) -> list[Fields]:
    """Take the two footers off the end of `rows`; none where both were cut."""
    kinds = [_kind(row, layout) for row in rows]
    if not any(kinds):
        return []
    if kinds[-2:] != [TOTAL, DIVISOR] or any(kinds[:-2]):
        raise Refused(
            f"the last two lines should be the footers {layout.language.total_label!r} and "
            f"{layout.language.divisor_label!r}, one of each and nothing after them: "
            "the file was cut"
        )
    footers = rows[-2:]
    del rows[-2:]
    return footers


def read_footers(rows: Sequence[Fields], layout: Layout, numbers: NumberFormat) -> Footers:
    """Figures of the footers. A divisor that has lost decimals is None, with a warning."""
    if not rows:
        return Footers()
    divisor = numbers.divisor(_figures(rows[1], layout, 1)[0])
    warnings = () if divisor else (_lost_divisor(rows[1], layout),)
    return Footers(_total(rows[0], layout, numbers), divisor, warnings)


def _kind(row: Fields, layout: Layout) -> int:
    """TOTAL, DIVISOR, or 0 for a position."""
    return footer_kind(row[0], layout.language) if row else 0


def _total(row: Fields, layout: Layout, numbers: NumberFormat) -> int:
    quantity, *weights = _figures(row, layout, 3 if layout.by_sector else 2)
    total = numbers.total(quantity)
    if total is None or not all(map(_WHOLE.fullmatch, weights)):
        raise _not_a_footer(row)
    return total


def _lost_divisor(row: Fields, layout: Layout) -> str:
    """A warning. Refuses what is no number at all, and zero."""
    text = row[layout.quantity_at]
    if not is_number(text):
        raise _not_a_footer(row)
    return lost_divisor(text)


def is_number(text: str) -> bool:
    """True for any way to write a positive number."""
    return bool(_NUMBER.fullmatch(text) and re.search("[1-9]", text))


def lost_divisor(text: str) -> str:
    """The warning about a divisor that is not as long as B3's."""
    return f"the divisor {text[:40]!r} has lost digits (B3 writes eight decimals), left out"


def _figures(row: Fields, layout: Layout, count: int) -> Fields:
    """Figures of a footer, which begin under the quantity."""
    begin = layout.quantity_at
    if any(row[1:begin]) or len(row) != begin + count:
        raise _not_a_footer(row)
    return row[begin:]


def _not_a_footer(row: Fields) -> Refused:
    return Refused(f"a footer is not as B3 writes it: {';'.join(row)[:SHOWN]!r}")
