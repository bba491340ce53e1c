"""B3's `type`, a fixed-width text of three things: share class, marker, segment.

`ON  EJ  NM` is class (4), ex-rights marker (4), listing segment (2), right-stripped.
Pages scraped from HTML have their spaces collapsed; `ON EJ NM` is refused, not guessed.
The three vocabularies are open (B3 adds words): a word of plausible shape is read as it is.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from b3_contracts.vocabulary import (
    EX_RIGHTS,
    LISTING_SEGMENTS,
    OPEN_VOCABULARIES,
    UNEXPLAINED_SEGMENTS,
)

__all__ = ["SecurityType", "read_collapsed_type", "read_type", "write_type"]

_WIDTH: Final = 10
_SEGMENTS: Final = LISTING_SEGMENTS.keys() | UNEXPLAINED_SEGMENTS


@dataclass(frozen=True)
class SecurityType:
    """The parts of a `type`; None for a part that is absent."""

    share_class: str
    ex_rights: str | None
    listing_segment: str | None


@lru_cache(maxsize=1024)
def read_type(text: str) -> SecurityType | None:
    """The three parts, or None if the text has not the shape of B3's types.

    A segment's name in the place of the marker is refused: `PNB NM` is a type whose spaces
    were lost.
    """
    share_class, marker, segment = (part.rstrip(" ") for part in (text[:4], text[4:8], text[8:]))
    fits = len(text) <= _WIDTH and marker not in _SEGMENTS
    if not share_class or not fits or not _plausible(share_class, marker, segment):
        return None
    return SecurityType(share_class, marker or None, segment or None)


@lru_cache(maxsize=1024)
def read_collapsed_type(text: str) -> SecurityType | None:
    """The three parts of a type whose inner spaces were lost, where only one reading is possible.

    Of two words the second is a known marker or a known segment; no word is both.
    """
    words = text.split()
    if len(words) == 2:  # noqa: PLR2004 - the share class and one of the others
        second = words[1]
        words.insert(1 if second in _SEGMENTS else 2, "")
        if second not in _SEGMENTS | EX_RIGHTS:
            return None
    if len(words) != 3 or not _plausible(*words):  # noqa: PLR2004 - a type has three parts
        return None
    share_class, marker, segment = words
    return SecurityType(share_class, marker or None, segment or None)


def _plausible(*words: str) -> bool:
    """True if each word that is present has the shape of its vocabulary."""
    return all(
        not word or vocabulary.admits(word)
        for vocabulary, word in zip(OPEN_VOCABULARIES, words, strict=True)
    )


def write_type(security: SecurityType) -> str:
    """The text B3 would write."""
    text = f"{security.share_class:<4}{security.ex_rights or '':<4}{security.listing_segment or ''}"
    return text.rstrip()
