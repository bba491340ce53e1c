"""The texts that people read, by language and key: one catalogue for command, plots and site.

A language has one file of the same keys, `en.json` and `pt-BR.json`. Messages of lower packages are
English; those with an entry under `messages` are recognised by their English form and translated,
the others are shown as they are.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final

from b3_contracts.errors import printable

__all__ = ["ENGLISH", "LANGUAGES", "PORTUGUESE", "Texts", "texts"]

ENGLISH: Final = "en"
PORTUGUESE: Final = "pt-BR"
LANGUAGES: Final = (ENGLISH, PORTUGUESE)
_SEPARATORS: Final = str.maketrans({",": ".", ".": ","})
_PLACEHOLDER: Final = re.compile(r"\\\{(\w+)\\\}")
_NUMBER: Final = re.compile(r"-?\d+(,\d{3})*(\.\d+)?")
_COUNT: Final = re.compile(r"(-?\d+(?:,\d{3})*(?:\.\d+)?) ([a-z]+)")
_DATE: Final = re.compile(r"(?<![\w=/\\.-])(\d{4})-(\d\d)-(\d\d)(?![\w=/\\-]|\.\w)")
"""A date that is no piece of a path or of a file's name."""


class Texts:
    """The texts of one language."""

    def __init__(self, language: str, catalogue: Mapping[str, Any]) -> None:
        self.language = language
        self._catalogue = catalogue
        self._flat = dict(_leaves(catalogue))

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key, its placeholders filled; dates and numbers as the language has them.

        Raises KeyError for a key that the catalogue lacks.
        """
        shown = {name: self.shown(value) for name, value in values.items()}
        return self._flat[key].format_map(shown)

    def section(self, name: str) -> Mapping[str, Any]:
        """A part of the catalogue as it is in the file."""
        section: Mapping[str, Any] = self._catalogue[name]
        return section

    def term(self, kind: str, word: str) -> str:
        """The word for a value or a column's name; the word itself where it is not one of ours."""
        return self._flat.get(f"{kind}.{word}", word)

    def counted(self, number: int, noun: str) -> str:
        """A count with its noun: `1 index`, `2,000 indices`, `2.000 índices`."""
        form = "one" if number == 1 else "many"
        return f"{self.shown(number)} {self._flat[f'nouns.{noun}.{form}']}"

    def _count(self, number: str, noun: str) -> str:
        """A count of a lower package, which is English, with its noun in the language."""
        key = _nouns().get(noun)
        return f"{self.number(number)} {self._flat[key] if key else noun}"

    def shown(self, value: object) -> str:
        """A value for a reader: in Portuguese `31/12/2024` and `1.234,5`."""
        match value:
            case bool():
                return self._flat["values.yes" if value else "values.no"]
            case int():
                return self.number(f"{value:,}")
            case Decimal() | float():
                return self.number(f"{value:,f}" if isinstance(value, Decimal) else str(value))
            case dt.datetime():
                return self._time(value)
            case dt.date():
                return self.dated(value.isoformat())
            case _:
                return printable(str(value)) if isinstance(value, PurePath) else str(value)

    def number(self, text: str) -> str:
        """A number in English form, in that of the language."""
        return text if self.language == ENGLISH else text.translate(_SEPARATORS)

    def dated(self, text: str) -> str:
        """A text with its ISO dates in the form of the language, commands in backticks apart."""
        if self.language == ENGLISH:
            return text
        parts = text.split("`")
        parts[::2] = [_DATE.sub(r"\3/\2/\1", part) for part in parts[::2]]
        return "`".join(parts)

    def _time(self, time: dt.datetime) -> str:
        if self.language == ENGLISH:
            return time.isoformat()
        return self.dated(f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC")

    def translated(self, message: str) -> str:
        """A message of a lower package; the message itself where the catalogue lacks it."""
        if self.language == ENGLISH:
            return message
        if count := _COUNT.fullmatch(message):
            return self._count(count[1], count[2])
        for key, pattern in _patterns():
            if match := pattern.fullmatch(message):
                parts = {name: self.translated(part) for name, part in match.groupdict().items()}
                return self._flat[key].format_map(parts)
        return self.number(message) if _NUMBER.fullmatch(message) else self.dated(message)


@cache
def texts(language: str = ENGLISH) -> Texts:
    """The texts of one of `LANGUAGES`."""
    # `importlib.resources` would take longer to import than a command's help takes.
    content = Path(__file__).with_name(f"{language}.json").read_text("utf-8")
    return Texts(language, json.loads(content))


def _leaves(catalogue: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in catalogue.items():
        if isinstance(value, str):
            yield f"{above}{name}", value
        else:
            yield from _leaves(value, f"{above}{name}.")


@cache
def _nouns() -> Mapping[str, str]:
    """The keys of the counted nouns by their English forms."""
    nouns = _leaves(texts(ENGLISH).section("nouns"), "nouns.")
    return {noun: key for key, noun in nouns}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The English messages of lower packages as patterns, in the order of the catalogue."""
    messages = texts(ENGLISH).section("messages")
    return tuple((f"messages.{name}", _pattern(text)) for name, text in messages.items())


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)
