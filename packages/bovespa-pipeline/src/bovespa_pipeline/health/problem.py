"""One problem of a lake: the fact, and the sentence about it in each language."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bovespa_pipeline.texts import LANGUAGES, PORTUGUESE, Texts, texts

__all__ = ["Fact", "Problem", "days_in_words", "problem"]

_AGEING: Final = frozenset({"gap", "unread", "rows_damaged"})
"""Facts that are looked for among the last days only."""
_SHOWN: Final = 5


class Fact(NamedTuple):
    """The part of a problem that stays the same as the days pass, unlike the sentence about it."""

    kind: str
    index_code: str | None = None
    day: dt.date | None = None
    detail: str = ""

    def is_older_than(self, since: dt.date) -> bool:
        """True if it is not looked for any more, whether it was mended or not."""
        return self.kind in _AGEING and self.day is not None and self.day < since


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong; `index_code` is None where it is about the whole lake."""

    kind: str
    index_code: str | None
    text: str
    portuguese: str = field(default="", compare=False)
    """The text in Portuguese; programs and webhooks receive English."""
    facts: tuple[Fact, ...] = field(default=(), compare=False)
    """One for each session that the text is about."""

    def message(self, words: Texts) -> str:
        """The text in a language."""
        return (words.language == PORTUGUESE and self.portuguese) or self.text

    def __str__(self) -> str:
        return f"{self.kind}: {f'{self.index_code}: ' if self.index_code else ''}{self.text}"


def problem(
    kind: str, index_code: str | None, key: str, facts: Collection[Fact], **values: object
) -> Problem:
    """A problem in both languages; a value that depends on the language is a function of it."""
    english, portuguese = (_text(key, values, texts(language)) for language in LANGUAGES)
    return Problem(kind, index_code, english, portuguese, tuple(facts))


def _text(key: str, values: Mapping[str, object], words: Texts) -> str:
    shown = {name: each(words) if callable(each) else each for name, each in values.items()}
    return words(f"check.{key}", **shown)


def days_in_words(days: Collection[dt.date], words: Texts) -> str:
    """Some sessions by their dates, many by their number."""
    if len(days) > _SHOWN:
        sessions = words.counted(len(days), "session")
        return words("check.days", sessions=sessions, first=min(days), last=max(days))
    return ", ".join(map(words.shown, sorted(days)))
