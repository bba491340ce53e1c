"""Number formats of spreadsheets and programs that saved a file again.

`2,580` comes back as `2,58` or `2.58`, `4.394.835.131` as `4394835131` or `4394835131.0`.
Each of these has one meaning, but nothing in it shows that no digit was lost: whoever
reads by a `NumberFormat` checks the sums (`proof`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Final

from b3_scraper.language import EN_US, PT_BR, Language

__all__ = ["NumberFormat", "find_format", "lost_digits"]

_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_LARGE: Final = re.compile(r"(?:1[0-9]{2,}|[2-9][0-9]{2,})(?:[.,]0*)?")


@dataclass(frozen=True)
class NumberFormat:
    """How one file writes its numbers; the readers return None for what is written otherwise."""

    language: Language
    thousands: str
    decimal_mark: str
    zero_decimals: bool
    """Quantities have a `,0` or `.0` at their end."""
    exact: bool
    """Every number is as B3 writes it in `language`."""

    @property
    def weight_rule(self) -> str:
        code = _owner(self.decimal_mark).code
        return f"is not a {code} percentage with at most three decimals"

    @property
    def quantity_rule(self) -> str:
        return f"is not a {_other(_owner(self.thousands)).code} quantity"

    def quantity(self, text: str) -> int | None:
        """A positive integer, with or without thousands separators."""
        return _integer(text, self.thousands, self.zero_decimals)

    def total(self, text: str) -> int | None:
        """The total in the footer, which may keep B3's form where the rows do not."""
        forms = product((self.thousands, self.language.thousands), (False, True))
        values = (_integer(text, thousands, decimals) for thousands, decimals in forms)
        return next(filter(None, values), None)

    def weight(self, text: str) -> Decimal | None:
        """A percentage whose zeros at the end may be gone."""
        mark = re.escape(self.decimal_mark)
        match = re.fullmatch(rf"(100|[1-9]?[0-9])?(?:{mark}([0-9]{{1,3}})0*)?", text)
        if not match or not text:
            return None
        return Decimal(f"{match[1] or 0}.{match[2] or '':0<3}")

    def divisor(self, text: str) -> Decimal | None:
        """A positive number with B3's eight decimals, with or without separators."""
        for one in (self.language, _owner(self.decimal_mark)):
            number = one.divisor(text)
            if number is None and re.fullmatch(
                rf"[0-9]+{re.escape(one.decimal_mark)}[0-9]{{8}}", text
            ):
                number = Decimal(text.replace(one.decimal_mark, "."))
            if number:
                return number
        return None

    def number_language(self, quantities: Sequence[str]) -> Language | None:
        """The language that the numbers are in; None where any program may have written them.

        Thousands separators are B3's own. A decimal comma is a Portuguese spreadsheet's, a
        decimal point everybody's, so that alone it does not contradict Portuguese words.
        """
        if any(self.thousands in text for text in quantities):
            return _other(_owner(self.thousands))
        own = self.language.decimal_mark == self.decimal_mark
        return self.language if own else (PT_BR if self.decimal_mark == "," else None)


def find_format(
    language: Language, quantities: Sequence[str], weights: Sequence[str]
) -> NumberFormat:
    """The format of both columns: B3's own, if it reads them, or the one that does."""
    exact = NumberFormat(language, language.thousands, language.decimal_mark, False, exact=True)
    if language.writes(quantities, weights):
        return exact
    own = replace(exact, exact=False)
    other = _other(language)
    has_own = any(own.decimal_mark in text for text in weights)
    mark = own.decimal_mark if has_own else other.decimal_mark
    separated = (
        replace(own, decimal_mark=mark),
        replace(own, decimal_mark=mark, thousands=other.thousands),
    )
    formats = (*separated, *(replace(one, zero_decimals=True) for one in separated))
    return max(formats, key=lambda one: sum(bool(one.quantity(text)) for text in quantities))


def lost_digits(column: str, texts: Sequence[str]) -> str:
    """The rule that numbers break which have lost digits or marks; empty for other texts."""
    if any(map(_SCIENTIFIC.fullmatch, texts)):
        return "is in scientific notation, which has lost digits"
    if column == "weight_pct" and any(map(_LARGE.fullmatch, texts)):
        return "is more than 100 per cent: the decimal mark was lost"
    return ""


def _integer(text: str, thousands: str, zero_decimals: bool) -> int | None:
    separator = re.escape(thousands)
    decimals = rf"[{'.' if thousands == ',' else ','}]0{{1,2}}" if zero_decimals else ""
    whole = rf"[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}}){{0,5}}|[1-9][0-9]{{0,17}}"
    match = re.fullmatch(rf"({whole}){decimals}", text)
    return int(match[1].replace(thousands, "")) if match else None


def _owner(mark: str) -> Language:
    """The language whose decimal mark it is."""
    return PT_BR if mark == PT_BR.decimal_mark else EN_US


def _other(language: Language) -> Language:
    return EN_US if language is PT_BR else PT_BR
