"""B3's `type`, a fixed-width text of three things: share class, marker, segment.

`ON  EJ  NM` is class (4), ex-rights marker (4), listing segment (2), right-stripped.
Pages scraped from HTML have their spaces collapsed; `ON EJ NM` is refused, not guessed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from b3_contracts.vocabulary import EX_RIGHTS_PATTERN, LISTING_SEGMENTS, SHARE_CLASSES

__all__ = ["PaperType", "read_type", "write_type"]

_WIDTH: Final = 10


@dataclass(frozen=True)
class PaperType:
    """What a `type` says; None where it says nothing."""

    share_class: str
    ex_rights: str | None
    listing_segment: str | None


@lru_cache(maxsize=1024)
def read_type(text: str) -> PaperType | None:
    """The three parts, or None if the text is not one of B3's types.

    The marker is open (B3 composes new ones) but never a segment's name: `PNB NM` is
    a type whose spaces were lost.
    """
    if len(text) > _WIDTH:
        return None
    share_class, marker, segment = text[:4].rstrip(), text[4:8].rstrip(), text[8:].rstrip()
    known = share_class in SHARE_CLASSES and (not segment or segment in LISTING_SEGMENTS)
    fits = not marker or (re.match(EX_RIGHTS_PATTERN, marker) and marker not in LISTING_SEGMENTS)
    return PaperType(share_class, marker or None, segment or None) if known and fits else None


def write_type(paper: PaperType) -> str:
    """The text B3 would write."""
    text = f"{paper.share_class:<4}{paper.ex_rights or '':<4}{paper.listing_segment or ''}"
    return text.rstrip()
