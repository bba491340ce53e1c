"""Sections of a bulletin's chapter 2: a heading, a line of column names, rows.

Page headers and the line of column names recur wherever a page ends, inside a section too. What
else stands between two rows makes a section doubtful, and is reported with it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from b3_scraper.bulletin.rows import RowFields, fields_of, is_row_like

__all__ = ["SECTION_TITLE", "WEIGHT_TOLERANCE", "Section", "sections"]

SECTION_TITLE: Final = "composição das carteiras de índices"
WEIGHT_TOLERANCE: Final = Decimal("0.02")
"""Of a section's weights from 100: measured on 31 sections, 99.9960 to 100.0040."""

_COLUMNS: Final = re.compile(r"(?:Código|Code)\b.*\(%\)", re.IGNORECASE)
_HEADING: Final = re.compile(r"[A-Z][A-Z0-9]*(?:[ -][A-Z0-9]+)*")
_PAGE_HEADER: Final = re.compile(
    r"boletim diário do mercado.*"
    r"|referente a .* de \d{4}.*"
    r"|indicadores e informativos.*"
    r"|\d{1,4}"
    rf"|{SECTION_TITLE}.*"
    r"|distribuição e quantidade das ações.*"
    r"|para \w+ a \w+ de \d{4}.*"
    r"|\(\d\) .*",
    re.IGNORECASE,
)

Line = tuple[int, str]


@dataclass
class Section:
    """The rows under one heading, and the lines that make it doubtful."""

    heading: str
    line: int
    rows: list[RowFields] = field(default_factory=list)
    foreign: list[Line] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """True if the weights so far add up to 100 within the tolerance."""
        weights = (Decimal(row.weight.replace(",", ".")) for row in self.rows)
        return abs(sum(weights, Decimal(-100))) <= WEIGHT_TOLERANCE


def sections(lines: Sequence[Line]) -> list[Section]:
    """The sections of a chapter in their order; a heading that returns later is a new one."""
    reading = _Reading()
    for number, text in _content(lines):
        reading.take(number, text)
    return reading.sections


def _content(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines without those that every page has."""
    for number, text in lines:
        stripped = text.replace("\xa0", " ").strip()
        if stripped and not _PAGE_HEADER.fullmatch(stripped):
            yield number, stripped


@dataclass
class _Reading:
    """One pass over the lines; `pending` are those since the last row or line of column names."""

    sections: list[Section] = field(default_factory=list)
    pending: list[Line] = field(default_factory=list)
    is_open: bool = False

    def take(self, number: int, text: str) -> None:
        row = fields_of(number, text)
        if _COLUMNS.fullmatch(text):
            self._take_columns(number)
        elif self.is_open and (row or is_row_like(text)):
            self._take_row(row, number, text)
        else:
            self.pending.append((number, text))

    def _take_columns(self, number: int) -> None:
        heading = self._heading(number)
        self.pending.clear()
        self.is_open = True
        if heading is not None and not (self.sections and self.sections[-1].heading == heading[1]):
            self.sections.append(Section(heading[1], heading[0]))

    def _heading(self, number: int) -> Line | None:
        """The heading of a new section; None where the open one continues on another page."""
        last = self.pending[-1] if self.pending else None
        if not self.sections:
            return last or (number, "")
        is_heading = last and _HEADING.fullmatch(last[1])
        return last if last and (is_heading or self.sections[-1].is_whole) else None

    def _take_row(self, row: RowFields | None, number: int, text: str) -> None:
        section = self.sections[-1]
        section.foreign += self.pending
        self.pending.clear()
        if row:
            section.rows.append(row)
        else:
            section.foreign.append((number, text))
