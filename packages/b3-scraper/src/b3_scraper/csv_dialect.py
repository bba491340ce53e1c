"""Lines and fields of a download, under any delimiter and quoting that people save it with."""

import csv
import re
from collections.abc import Sequence
from typing import Final

from b3_scraper.content import check_characters
from b3_scraper.errors import Refused

__all__ = ["DELIMITERS", "SHOWN", "Fields", "Line", "read_lines", "split"]

DELIMITERS: Final = (";", ",", "\t", "|")
SHOWN: Final = 80
_HINT: Final = re.compile(r'"?sep=[;,\t|]?"?[;,\t|]*', re.IGNORECASE)  # a spreadsheet's own line
_BLANK: Final = ';,|" \t\xa0\u3000'

Fields = list[str]
Line = tuple[int, str]


def read_lines(text: str) -> list[Line]:
    """Numbered lines, without those that hold nothing but delimiters. Refused if none is left."""
    text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    if "\n" not in text:  # line ends of an old Macintosh
        text = text.replace("\r", "\n")
    check_characters(text.replace("\n", "").replace("\t", ""))
    lines = [
        (number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip(_BLANK)
    ]
    if lines and _HINT.fullmatch(lines[0][1]):
        del lines[0]
    if not lines:
        raise Refused("this is no portfolio: it is empty")
    return lines


def split(line: str, delimiter: str) -> Fields:
    """Fields of a line, without the spaces around them and the empty ones at the end.

    Raises Refused where quotes do not match.
    """
    fields = line.split(delimiter) if '"' not in line else _unquoted(line, delimiter)
    fields = list(map(str.strip, fields))
    while fields and not fields[-1]:
        fields.pop()
    return fields


def _unquoted(line: str, delimiter: str) -> Sequence[str]:
    try:
        fields = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise Refused(f"a line's quotes do not match: {line[:SHOWN]!r}") from error
    if len(fields) == 1:  # a whole line in quotes: saved under another delimiter than its own
        return fields[0].split(delimiter)
    return fields
