"""B3's downloads, plain and by sector, also as people save them again.

The file B3 gives has a title line, a header of five (or seven) names, rows with one
delimiter more than the header, and two footers. Title, footers and accents may have
been cut, the encoding and the delimiter changed; everything else is refused.
"""

import csv
import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.answer import Answer, refuse_rows
from b3_scraper.content import check_characters, decode
from b3_scraper.errors import Refused
from b3_scraper.language import PT_BR

__all__ = ["HEADER", "SECTOR_HEADER", "read_csv"]

HEADER: Final = ("Código", "Ação", "Tipo", "Qtde. Teórica", "Part. (%)")
SECTOR_HEADER: Final = ("Setor", *HEADER, "Part. (%)Acum.")

_CODE: Final = INDEX_CODE_PATTERN.strip("^$")
_TITLE: Final = re.compile(rf"(?P<index>{_CODE}) - Carteira do Dia (?P<date>\S+)")
_OTHER_TITLE: Final = re.compile(rf"{_CODE} - Carteira .*[0-9]{{4}}")
_WHOLE: Final = {"100,000", "100"}
_SHOWN: Final = 80

Fields = list[str]


@dataclass(frozen=True)
class _Layout:
    """Which columns a download has, and what parts them."""

    delimiter: str
    by_sector: bool

    @property
    def names(self) -> tuple[str, ...]:
        return SECTOR_HEADER if self.by_sector else HEADER

    @property
    def quantity_at(self) -> int:
        return self.names.index("Qtde. Teórica")


@dataclass(frozen=True)
class _Footers:
    total_quantity: int | None = None
    divisor: Decimal | None = None


def read_csv(body: bytes) -> Answer:
    """A download's texts. Raises Refused for any other shape than B3's."""
    lines = _lines(decode(body))
    index_code, reference_date = _title(lines[0])
    header_at = 0 if index_code is None else 1
    layout = _header(lines[header_at] if len(lines) > header_at else "")
    rows = [_split(line, layout.delimiter) for line in lines[header_at + 1 :]]
    footers = _footers(rows, layout)
    tickers, companies, types, quantities, weights = _columns(rows, layout, header_at + 2)
    return Answer(
        language=PT_BR,
        index_code=index_code,
        reference_date=reference_date,
        tickers=tickers,
        companies=companies,
        types=types,
        sectors=[row[0] for row in rows] if layout.by_sector else [None] * len(rows),
        quantities=quantities,
        weights=weights,
        total_quantity=footers.total_quantity,
        divisor=footers.divisor,
        line_name="line",
        first_line=header_at + 2,
    )


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    check_characters("".join(lines))
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise Refused("this is no portfolio: it is empty")
    return lines


def _title(line: str) -> tuple[str | None, dt.date | None]:
    """Index and session of a title line; two Nones where the first line is none."""
    found = _TITLE.fullmatch(line)
    if found:
        date = PT_BR.date(found["date"])
        if date is None:
            raise Refused(f"the title's date is not DD/MM/YY: {line!r}")
        return found["index"], date
    if _OTHER_TITLE.fullmatch(line):
        raise Refused(
            f"this is not a session's portfolio: {line!r} is the title of a quadrimester's, "
            "which says of no session that it is its own"
        )
    return None, None


def _header(line: str) -> _Layout:
    wanted = {_plain(names): names is SECTOR_HEADER for names in (HEADER, SECTOR_HEADER)}
    for delimiter in ";,":
        fields = _split(line, delimiter)
        if fields and fields[-1] == "":
            fields.pop()
        if _plain(fields) in wanted:
            return _Layout(delimiter, wanted[_plain(fields)])
    raise Refused(
        f"the columns are not those of B3's download: expected {';'.join(HEADER)} "
        f"(or seven with Setor), got {line[:_SHOWN]!r}"
    )


def _plain(names: Sequence[str]) -> tuple[str, ...]:
    """The names without accents: people take them off."""
    text = unicodedata.normalize("NFD", "\n".join(names))
    return tuple("".join(c for c in text if not unicodedata.combining(c)).split("\n"))


def _split(line: str, delimiter: str) -> Fields:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Refused(f"a line's quotes do not match ({error}): {line[:_SHOWN]!r}") from error


def _footers(rows: list[Fields], layout: _Layout) -> _Footers:
    """Take the two footers off the end of `rows`, if both are there."""
    labels = [_plain([PT_BR.total_label]), _plain([PT_BR.divisor_label])]
    at = [i for i, row in enumerate(rows) if _plain(row[:1]) in labels]
    if not at:
        return _Footers()
    ends = rows[-2:]
    if at != [len(rows) - 2, len(rows) - 1] or [_plain(row[:1]) for row in ends] != labels:
        raise Refused(
            f"the last two lines should be the footers {PT_BR.total_label!r} and "
            f"{PT_BR.divisor_label!r}, one of each and nothing after them: the file was cut"
        )
    del rows[-2:]
    return _Footers(_total(ends[0], layout), _divisor(ends[1], layout))


def _total(row: Fields, layout: _Layout) -> int:
    quantity, *weights = _figures(row, layout, 3 if layout.by_sector else 2)
    total = PT_BR.quantity(quantity)
    if total is None or not set(weights) <= _WHOLE:
        raise _not_a_footer(row)
    return total


def _divisor(row: Fields, layout: _Layout) -> Decimal:
    divisor = PT_BR.divisor(_figures(row, layout, 1)[0])
    if divisor is None:
        raise _not_a_footer(row)
    return divisor


def _figures(row: Fields, layout: _Layout, count: int) -> Fields:
    """The figures of a footer, which begin under the quantity; a re-save may pad it."""
    begin, end = layout.quantity_at, layout.quantity_at + count
    padded = any(row[1:begin]) or any(row[end:]) or len(row) > len(layout.names) + 1
    if padded or len(row) < end:
        raise _not_a_footer(row)
    return row[begin:end]


def _not_a_footer(row: Fields) -> Refused:
    return Refused(f"a footer is not as B3 writes it: {';'.join(row)[:_SHOWN]!r}")


def _columns(rows: list[Fields], layout: _Layout, first_line: int) -> list[Fields]:
    """Ticker, company, type, quantity and weight of all rows."""
    _refuse_widths(rows, len(layout.names), first_line)
    columns = [list(column) for column in zip(*rows, strict=True)]
    begin = 1 if layout.by_sector else 0
    if layout.by_sector:
        _refuse_shares(columns[6], first_line)
    return columns[begin : begin + 5]


def _refuse_widths(rows: list[Fields], width: int, first_line: int) -> None:
    """B3's rows end in a delimiter, re-saved ones may not; one file does one of both."""
    if not rows:
        raise Refused("the download has no rows")
    ragged = len(rows[0]) == width + 1
    expected = width + ragged
    wrong = [
        {"line": first_line + i, "fields": len(row), "text": ";".join(row)[:_SHOWN]}
        for i, row in enumerate(rows)
        if len(row) != expected or (ragged and row[-1])
    ]
    if wrong:
        raise refuse_rows("row", f"has other than {width} fields", wrong)


def _refuse_shares(shares: Fields, first_line: int) -> None:
    """The sector's total is not kept, but a wrong one tells of shifted columns."""
    wrong: list[dict[str, object]] = [
        {"line": first_line + i, "Part. (%)Acum.": text}
        for i, text in enumerate(shares)
        if PT_BR.weight(text) is None and text not in _WHOLE
    ]
    if wrong:
        raise refuse_rows("Part. (%)Acum.", "is not a pt-br percentage", wrong)
