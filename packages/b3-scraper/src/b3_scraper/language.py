"""B3's two formats of numbers and dates, each of which looks valid in the other.

`06/01/25` and `2,663` mean other things in pt-br than in en-us, so a payload is read in
the one language its header's texts are in, and a number of the other form is no number.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

__all__ = ["EN_US", "LANGUAGES", "PT_BR", "Language"]

# 18 digits before the decimal mark: what fits a 64-bit integer and decimal(28,8).
_WHOLE: Final = r"[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}}){{0,5}}"


@dataclass(frozen=True)
class Language:
    """One of B3's two ways to write; the readers give None for what is not written so."""

    code: str
    total_label: str
    divisor_label: str
    thousands: str
    decimal_mark: str
    day_first: bool
    _quantity: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _weight: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _divisor: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _quantities: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _weights: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whole = _WHOLE.format(thousands=re.escape(self.thousands))
        mark = re.escape(self.decimal_mark)
        self._compile("_quantity", whole)
        weight = rf"(?:0|[1-9][0-9]{{0,2}}){mark}[0-9]{{3}}"
        self._compile("_weight", weight)
        self._compile("_quantities", rf"{whole}(?:\n{whole})*+")
        self._compile("_weights", rf"{weight}(?:\n{weight})*+")
        self._compile("_divisor", rf"(?:0|{whole}){mark}[0-9]{{8}}")

    def _compile(self, name: str, pattern: str) -> None:
        object.__setattr__(self, name, re.compile(pattern))

    def quantity(self, text: str) -> int | None:
        if not self._quantity.fullmatch(text):
            return None
        return int(text.replace(self.thousands, ""))

    @property
    def quantity_rule(self) -> str:
        """The rule that a text breaks which `quantity` does not read."""
        return f"is not a {self.code} quantity"

    @property
    def weight_rule(self) -> str:
        """The rule that a text breaks which `weight` does not read."""
        return f"is not a {self.code} percentage with three decimals"

    def writes(self, quantities: Sequence[str], weights: Sequence[str]) -> bool:
        """True if every text of both columns is written as B3 writes it."""
        return bool(
            self._quantities.fullmatch("\n".join(quantities))
            and self._weights.fullmatch("\n".join(weights))
        )

    def weight(self, text: str) -> Decimal | None:
        """A percentage with the three decimals B3 always writes."""
        return self._decimal(text) if self._weight.fullmatch(text) else None

    def divisor(self, text: str) -> Decimal | None:
        """A positive number with the eight decimals B3 always writes."""
        if not self._divisor.fullmatch(text):
            return None
        return self._decimal(text) or None

    def date(self, text: str) -> dt.date | None:
        """`DD/MM/YY` or `MM/DD/YY`, in this century."""
        if not re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{2}", text):
            return None
        first, second, year = (int(part) for part in text.split("/"))
        day, month = (first, second) if self.day_first else (second, first)
        try:
            return dt.date(2000 + year, month, day)
        except ValueError:
            return None

    def _decimal(self, text: str) -> Decimal:
        return Decimal(text.replace(self.thousands, "").replace(self.decimal_mark, "."))


PT_BR: Final = Language(
    code="pt-br",
    total_label="Quantidade Teórica Total",
    divisor_label="Redutor",
    thousands=".",
    decimal_mark=",",
    day_first=True,
)
EN_US: Final = Language(
    code="en-us",
    total_label="Total Theorethical Quantity",  # B3's spelling
    divisor_label="Reductor",
    thousands=",",
    decimal_mark=".",
    day_first=False,
)
LANGUAGES: Final = (PT_BR, EN_US)
