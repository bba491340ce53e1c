"""Title line of a download: index and session.

`IBOV - Carteira do Dia 06/01/25` is B3's in Portuguese; of the English one only the date
at its end is certain. A date is read in the language that words and numbers agree on.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.csv_columns import Layout
from b3_scraper.csv_dialect import split
from b3_scraper.errors import Refused
from b3_scraper.language import EN_US, PT_BR, Language
from b3_scraper.quadrimester import Quadrimester, first_session, named_quadrimester

__all__ = ["Title", "read_dates", "read_title"]

_CODE: Final = INDEX_CODE_PATTERN.strip("^$")
_DAY: Final = re.compile(r".*?(?P<date>(?<![0-9/-])[0-9]{1,4}[/-][0-9]{1,2}[/-][0-9]{2,4})")
_DAILY: Final = re.compile(rf"{_CODE} - Carteira do Dia .*")
_OTHER: Final = re.compile(rf"{_CODE} - Carteira .*[0-9]{{4}}")
_CODES: Final = re.compile(rf"(?<![A-Z0-9]){_CODE}(?![A-Za-z0-9])")
_CENTURY: Final = re.compile("^20(?=[0-9]{2}$)")
_NO_DATE: Final = "the title's date is not DD/MM/YY"


@dataclass(frozen=True)
class Title:
    """Index and date as the title has them, and the language of its words."""

    index_code: str | None
    date: str
    language: Language | None
    quadrimester: Quadrimester | None = None
    """That of a theoretical portfolio, whose title has no date."""


def read_title(line: str, layout: Layout | None = None) -> Title | None:
    """Parts of a title line; None where the line is none. Refuses other portfolios' titles."""
    text = _text(line, layout)
    match = _DAY.fullmatch(text)
    if match:
        return Title(_index(text), match["date"], _language(text))
    if _DAILY.fullmatch(text):
        raise Refused(f"{_NO_DATE}: {text!r}")
    quadrimester = named_quadrimester(text) if _OTHER.fullmatch(text) else None
    if quadrimester:
        return Title(_index(text), "", PT_BR, quadrimester)
    if _OTHER.fullmatch(text):
        raise Refused(f"this is not a session's portfolio: {text!r} is the title of another one")
    return None


def read_dates(title: Title, languages: Iterable[Language]) -> tuple[dt.date, ...]:
    """The title's date in each of the languages: one date, or two that both may be meant."""
    if title.quadrimester:
        return (first_session(title.quadrimester),)
    codes = list(dict.fromkeys(languages))
    dates = {date for language in codes if (date := _date(title.date, language))}
    if not dates:
        form = " or ".join("DD/MM/YY" if one.day_first else "MM/DD/YY" for one in codes)
        raise Refused(f"the title's date is not {form}: {title.date!r}")
    return tuple(sorted(dates))


def _text(line: str, layout: Layout | None) -> str:
    """The title alone in its line; English wording may hold the comma that parts the columns."""
    if layout and layout.language is EN_US and '"' not in line:
        return line.strip(f" \t{layout.delimiter}")
    fields = split(line, layout.delimiter if layout else ";")
    return fields[0] if len(fields) == 1 else ""


def _index(text: str) -> str | None:
    """The code in front, or the only one in the title."""
    codes = [match.group() for match in _CODES.finditer(text)]
    return codes[0] if codes and (len(codes) == 1 or text.startswith(codes[0])) else None


def _language(text: str) -> Language | None:
    words = text.casefold()
    if re.search(r"\bcarteira\b|\bdia\b", words):
        return PT_BR
    return EN_US if re.search(r"portfolio|\bday|\bdaily\b", words) else None


def _date(text: str, language: Language) -> dt.date | None:
    if re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
        return _iso(text)
    day, month, year = re.split("[/-]", text)
    return language.date(f"{day:0>2}/{month:0>2}/{_CENTURY.sub('', year)}")


def _iso(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
