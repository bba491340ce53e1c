"""Proof that a file saved again has kept its figures: the exact sums.

B3's weights add up to exactly 100.000, its quantities to exactly the stated total. A file
whose numbers are not written as B3 writes them is accepted if both hold, and only then.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from b3_scraper.errors import Refused
from b3_scraper.raw_texts import RawTexts

__all__ = ["WHOLE", "refuse_unproven"]

WHOLE: Final = Decimal("100.000")

_THREE_DECIMALS: Final = re.compile("[.,][0-9]{3}")
_FOUR_DIGITS: Final = re.compile("[0-9]{4}")
_LEAST_GROUPED: Final = 1000


def refuse_unproven(
    answer: RawTexts, weights: Sequence[Decimal], quantities: Sequence[int]
) -> None:
    """Refuse figures that could be others: a sum that does not hold, or proves too little."""
    fault = _weights(answer, weights) or _quantities(answer, quantities)
    if fault:
        raise Refused(f"the file was saved again with its numbers in another form, and {fault}")


def _weights(answer: RawTexts, weights: Sequence[Decimal]) -> str:
    total = sum(weights, Decimal(0))
    if total != WHOLE:
        return f"the weights add up to {total}, not {WHOLE}"
    if not any(map(_THREE_DECIMALS.search, answer.weights)):
        return "no weight has three decimals: they may have been rounded, whatever they add up to"
    return ""


def _quantities(answer: RawTexts, quantities: Sequence[int]) -> str:
    total, stated = sum(quantities), answer.total_quantity
    numbers = answer.numbers
    if numbers and numbers.zero_decimals and max(quantities) < _LEAST_GROUPED:
        return "the quantities may have been thousands, read as decimals"
    if stated is not None:
        return (
            ""
            if total == stated
            else (f"the quantities add up to {total:,}, not to the stated {stated:,}")
        )
    parted = {bool(re.search(r"[.,][0-9]{3}", text)) for text in _long(answer.quantities)}
    if len(parted) > 1:
        return "some quantities have thousands separators and some not, without a total"
    return ""


def _long(texts: Sequence[str]) -> list[str]:
    """Quantities of a thousand and more: the others are written in one way only."""
    return [text for text in texts if _FOUR_DIGITS.match(re.sub(r"[.,]0{1,2}$|[.,]", "", text))]
