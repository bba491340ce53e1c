"""Columns of a download: B3's names in both languages, however a spreadsheet keeps them.

The order is B3's. Accents, case and spaces of the names do not matter; a numbering in
front (pandas, R) and empty columns at the end are recognised; other columns are refused.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from b3_scraper.content import check_characters
from b3_scraper.csv_dialect import DELIMITERS, SHOWN, Fields, Line, split
from b3_scraper.errors import Refused
from b3_scraper.language import EN_US, PT_BR, Language
from b3_scraper.raw_texts import refuse_rows

__all__ = [
    "HEADER",
    "SECTOR_HEADER",
    "Layout",
    "find_header",
    "plain",
    "read_rows",
    "refuse_header",
    "refuse_widths",
]

HEADER: Final = ("Código", "Ação", "Tipo", "Qtde. Teórica", "Part. (%)")
SECTOR_HEADER: Final = ("Setor", *HEADER, "Part. (%)Acum.")

_NUMBERING: Final = r"(?:(?:|unnamed[0-9]*|index|indice|id|no?|nº|row|rownames|linha);)?"
_PORTUGUESE: Final = (
    r"(?P<sector>setor\w*;)?codigo;acao;tipo;(?:qtde?|quantidade)teorica;part(?P<share>;part\w+)?"
)
_ENGLISH: Final = (
    r"(?P<sector>(?:sector|segment)\w*;)?(?:code|ticker|symbol);(?:stock|asset|company|share);type"
    r";theor(?:etical|ethical|ical)(?:quantity|qty);part(?P<share>;part\w+)?"
)
# Letters with accents lost whole (`C?digo`). By sector the sectors' names would be damaged too.
_DAMAGED: Final = "co?digo;a(?:ca)?o;tipo;(?:qtde?|quantidade)teo?rica;part"
_NAMES: Final = ((PT_BR, _PORTUGUESE), (EN_US, _ENGLISH), (PT_BR, _DAMAGED))
_HEADERS: Final = [(language, re.compile(_NUMBERING + names)) for language, names in _NAMES]
_EMPTY_NAME: Final = re.compile("unnamed[0-9]+")
_KNOWN_NAMES: Final = re.compile(
    r"|sector|setor|codigo|acao|tipo|qtdeteorica|part\w*|code|stock|type|theoreticalquantity"
)


@dataclass(frozen=True)
class Layout:
    """Delimiter, language and form (plain or by sector) that a header line shows."""

    delimiter: str
    language: Language
    by_sector: bool

    @property
    def width(self) -> int:
        return len(SECTOR_HEADER if self.by_sector else HEADER)

    @property
    def quantity_at(self) -> int:
        return 4 if self.by_sector else 3


def find_header(lines: Sequence[Line]) -> tuple[Layout, int] | None:
    """Layout and place of the header, the first or second line; None if there is none."""
    for delimiter in DELIMITERS:
        for at, (_, line) in enumerate(lines[:2]):
            layout = _layout(line, delimiter) if delimiter in line else None
            if layout:
                _refuse_tabs(lines, layout)
                return layout, at
    return None


def refuse_header(line: str) -> Refused:
    """A refusal that shows the header and the names in it that are not B3's."""
    fields = max((_names(line, delimiter) for delimiter in DELIMITERS), key=len)
    strange = [field for field in fields if not _KNOWN_NAMES.fullmatch(plain(field))]
    others = f", with {', '.join(map(repr, strange[:5]))}" if len(fields) > len(strange) > 0 else ""
    return Refused(
        f"the columns are not those of B3's download: expected {';'.join(HEADER)} "
        f"(or seven with Setor), got {line[:SHOWN]!r}{others}"
    )


def read_rows(lines: Sequence[Line], layout: Layout) -> list[Fields]:
    """Fields of each line below the header, without the numbering in front, if there is one."""
    rows = [split(line, layout.delimiter) for _, line in lines]
    if rows and len(rows[0]) == layout.width + 1 and rows[0][0].isdecimal():
        return [row[1:] for row in rows]
    return rows


def refuse_widths(rows: Sequence[Fields], lines: Sequence[Line], layout: Layout) -> None:
    """Refuse rows with more or fewer fields than the header names."""
    if not rows:
        raise Refused("the download has no rows")
    if {*map(len, rows)} == {layout.width}:
        return
    wrong: list[dict[str, object]] = [
        {"line": number, "fields": len(row), "text": layout.delimiter.join(row)[:SHOWN]}
        for row, (number, _) in zip(rows, lines, strict=True)
        if len(row) != layout.width
    ]
    raise refuse_rows("row", f"has other than {layout.width} fields{_why(layout)}", wrong)


@lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """Normalise a name: letters and digits only, without accents and case."""
    text = unicodedata.normalize("NFD", name).casefold()
    return "".join(letter for letter in text if letter.isalnum())


def _layout(line: str, delimiter: str) -> Layout | None:
    names = [plain(field) for field in _names(line, delimiter)]
    while names and (not names[-1] or _EMPTY_NAME.fullmatch(names[-1])):
        names.pop()
    text = ";".join(names)
    for language, header in _HEADERS:
        match = header.fullmatch(text)
        parts = match.groupdict("") if match else {}
        by_sector = bool(parts.get("sector"))
        if match and by_sector == bool(parts.get("share")):
            return Layout(delimiter, language, by_sector)
    return None


def _refuse_tabs(lines: Sequence[Line], layout: Layout) -> None:
    """A tab that parts no columns is a hidden character."""
    if layout.delimiter != "\t":
        for _, line in lines:
            if "\t" in line:
                check_characters(line)


def _names(line: str, delimiter: str) -> Fields:
    """Fields of what may be a header; none where its quotes do not match this delimiter."""
    try:
        return split(line, delimiter)
    except Refused:
        return []


def _why(layout: Layout) -> str:
    if (layout.delimiter, layout.language) == (",", PT_BR):
        return " (a decimal comma without quotes parts a number in two)"
    return ""
