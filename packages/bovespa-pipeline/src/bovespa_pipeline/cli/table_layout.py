"""Layout of rows as a table for a terminal.

Every row is one line, since wrapped lines cannot be read as columns. Where a terminal is too
narrow, long texts are cut with `…` and the columns that matter least are left out, and named.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from b3_contracts.counts import rounded
from b3_contracts.errors import printable
from bovespa_pipeline.texts import Texts, texts

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Column", "Shown", "exact", "lay_out"]

GAP: Final = "  "
LONG: Final = 28
"""A text may be cut to so many characters, not shorter, while other columns can go."""


@dataclass(frozen=True)
class Column:
    """A column of the rows, its label and its rank (rank 0 is dropped last)."""

    name: str
    label: str
    rank: int


@dataclass(frozen=True)
class Shown:
    """The table as lines, its heading first, and the labels of what did not fit."""

    lines: Sequence[str]
    left_out: Sequence[str]


@dataclass(frozen=True)
class _Printed:
    """A column as text."""

    label: str
    rank: int
    is_number: bool
    cells: Sequence[str]

    @property
    def width(self) -> int:
        return max(map(_cell_length, (self.label, *self.cells)))

    @property
    def least(self) -> int:
        return (
            self.width if self.is_number else min(self.width, max(LONG, _cell_length(self.label)))
        )


def lay_out(
    rows: "pa.Table",
    columns: Sequence[Column] = (),
    width: int | None = None,
    words: Texts | None = None,
) -> Shown:
    """Lay out the rows within `width`, or at their natural width, in English by default.

    Of named `columns` those without any value are not shown.
    """
    printed = list(_printed(rows, columns, words or texts()))
    if width is None or _total(each.width for each in printed) <= width:
        return Shown(list(_lines(printed, [each.width for each in printed])), ())
    fitting = _fitting(printed, width)
    left_out = [each.label for each in printed if each not in fitting]
    return Shown(list(_lines(fitting, _widths(fitting, width))), left_out)


def exact(value: Any) -> Any:
    """A value with all its digits: dates and decimals as text, the others as they are."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _printed(rows: "pa.Table", columns: Sequence[Column], words: Texts) -> Iterator[_Printed]:
    if columns:
        candidates = [(each, rows[each.name]) for each in columns]
        candidates = [each for each in candidates if each[1].null_count < max(1, rows.num_rows)]
    else:
        named = enumerate(rows.column_names)
        candidates = [(Column(name, name, n), rows.column(n)) for n, name in named]
    for column, values in candidates:
        label, rank = column.label, column.rank
        cells = [_cell(value, column.name, words) for value in values.to_pylist()]
        yield _Printed(printable(label), rank, _is_number(values.type), cells)


def _fitting(columns: Sequence[_Printed], width: int) -> Sequence[_Printed]:
    """The columns in their order: each, by rank, that there is still room for."""
    fitting: list[_Printed] = []
    for column in sorted(columns, key=lambda each: each.rank):
        if not fitting or _total(each.least for each in (*fitting, column)) <= width:
            fitting.append(column)
    return [column for column in columns if column in fitting]


def _widths(columns: Sequence[_Printed], width: int) -> Sequence[int]:
    """Column widths; spare room goes to truncated texts, from the left."""
    widths = [min(each.least, width) for each in columns]
    for place, column in enumerate(columns):
        room = width - _total(widths)
        widths[place] += max(0, min(room, column.width - widths[place]))
    return widths


def _total(widths: Iterable[int]) -> int:
    sizes = list(widths)
    return sum(sizes) + len(GAP) * (len(sizes) - 1)


def _lines(columns: Sequence[_Printed], widths: Sequence[int]) -> Iterator[str]:
    header = [each.label for each in columns]
    for cells in (header, *zip(*(each.cells for each in columns), strict=True)):
        padded = map(_padded, cells, widths, (each.is_number for each in columns))
        yield GAP.join(padded).rstrip()


def _padded(text: str, width: int, is_number: bool) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    space = " " * (width - cell_len(text))
    return space + text if is_number else text + space


def _cell(value: Any, name: str, words: Texts) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(words.term(f"values.{name}", value))
    if isinstance(value, float):
        return words.number(rounded(value))
    return printable(words.shown(value))


def _is_number(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind)
    )


def _cell_length(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
