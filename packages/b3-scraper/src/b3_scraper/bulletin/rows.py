"""Rows of a bulletin's table: `ABEV3 AMBEV S/A ON 4.043.349.180 2,4498`.

Only spaces separate the columns, and names and types hold spaces too, so a row is read from both
ends: the ticker in front, quantity and weight at the end, and between them the type, which is the
split with the fewest words outside B3's vocabularies.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from b3_contracts.vocabulary import (
    EX_RIGHTS,
    LISTING_SEGMENTS,
    OPEN_VOCABULARIES,
    TICKER_PATTERN,
)
from b3_scraper.language import LANGUAGES, Language
from b3_scraper.security_type import SecurityType, read_type

__all__ = ["Row", "RowFields", "fields_of", "is_row_like", "language_of", "read_row"]

_NO_CLASSES: Final = EX_RIGHTS | LISTING_SEGMENTS.keys()
"""A type that would begin with one of these has lost its spaces: `ON EJ NM`."""
_TICKER: Final = TICKER_PATTERN.strip("^$")
_ROW: Final = re.compile(
    rf"(?P<ticker>{_TICKER}) +(?P<security>\S.*?) +(?P<quantity>[0-9][0-9.,]*)"
    r" +(?P<weight>[0-9]+[.,][0-9]+)",
    re.ASCII,
)
_ROW_LIKE: Final = re.compile(rf"{_TICKER} .*[0-9]", re.ASCII)


@dataclass(frozen=True)
class RowFields:
    """The texts of a row, and the line it stands in."""

    line: int
    ticker: str
    security: str
    quantity: str
    weight: str


@dataclass(frozen=True)
class Row:
    """A row's values; the weight has the bulletin's four decimals."""

    ticker: str
    company: str
    type: SecurityType
    theoretical_quantity: int
    weight_pct: Decimal


def fields_of(number: int, text: str) -> RowFields | None:
    """The parts of a row; None for a line that is none."""
    match = _ROW.fullmatch(text)
    return RowFields(number, **match.groupdict()) if match else None


def is_row_like(text: str) -> bool:
    """True for a line that begins with a ticker and ends in a digit, as a broken row does."""
    return _ROW_LIKE.fullmatch(text) is not None


def language_of(rows: Sequence[RowFields]) -> Language | None:
    """The language that all numbers of a section are written in; None if there is none."""
    return next((one for one in LANGUAGES if all(_is_in(one, row) for row in rows)), None)


def read_row(row: RowFields, language: Language) -> Row | None:
    """The values of a row; None where name and type cannot be separated."""
    security = _split(row.security)
    quantity, weight = language.quantity(row.quantity), _weight(row.weight, language)
    if security is None or quantity is None or weight is None:
        return None
    return Row(row.ticker, *security, quantity, weight)


def _is_in(language: Language, row: RowFields) -> bool:
    is_quantity = language.quantity(row.quantity) is not None
    return is_quantity and _weight(row.weight, language) is not None


def _weight(text: str, language: Language) -> Decimal | None:
    mark = re.escape(language.decimal_mark)
    if not re.fullmatch(rf"(?:100|[1-9]?[0-9]){mark}[0-9]{{4}}", text, re.ASCII):
        return None
    return Decimal(text.replace(language.decimal_mark, "."))


def _split(text: str) -> tuple[str, SecurityType] | None:
    """Name and type; of several readings the one with the fewest unknown words, then the longest
    type."""
    readings = [
        (_unknown(security), at, text[:at].rstrip(), security)
        for at in _starts(text)
        if (security := read_type(text[at:])) is not None
        if security.share_class not in _NO_CLASSES
    ]
    if not readings:
        return None
    _, _, name, security = min(readings, key=lambda reading: reading[:2])
    return name, security


def _starts(text: str) -> Iterable[int]:
    """Where a word begins, behind at least one other."""
    return (match.end() for match in re.finditer(r"(?<=\S) +(?=\S)", text))


def _unknown(security: SecurityType) -> int:
    words = (security.share_class, security.ex_rights, security.listing_segment)
    pairs = zip(OPEN_VOCABULARIES, words, strict=True)
    return sum(word is not None and word not in vocabulary.known for vocabulary, word in pairs)
