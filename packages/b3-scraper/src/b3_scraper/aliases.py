"""Names that people give an index instead of B3's code."""

import re
from typing import Final

from b3_contracts.vocabulary import INDEX_ALIASES

__all__ = ["alias_hint"]

_BETWEEN: Final = re.compile(r"[^A-Z0-9]")
_LONGEST: Final = 40


def alias_hint(text: str) -> str:
    """Name B3's code for an index that people call otherwise, as the end of a sentence.

    `IBrX-100`, `ISE B3` and the like are understood; empty for any other text.
    """
    name = _BETWEEN.sub("", text[:_LONGEST].upper())
    for spelling in (name, name.removesuffix("B3")):
        if spelling in INDEX_ALIASES:
            return f"; B3's code of {spelling} is {INDEX_ALIASES[spelling]}"
    return ""
