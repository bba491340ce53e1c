"""Rows as HTML, for notebooks."""

from decimal import Decimal
from html import escape
from typing import Any, Final

import pyarrow as pa

from b3_contracts.counts import rounded

__all__ = ["html_table"]

_ROWS: Final = 10


def html_table(rows: pa.Table, heading: str) -> str:
    """The heading and the first rows; numbers to the right, nothing for null."""
    names = "".join(f"<th>{escape(name)}</th>" for name in rows.column_names)
    numeric = [_is_number(field.type) for field in rows.schema]
    # By position: two columns of a query may share a name.
    columns = (column.to_pylist() for column in rows.slice(0, _ROWS).columns)
    body = "".join(
        "<tr>" + "".join(map(_cell, row, numeric)) + "</tr>" for row in zip(*columns, strict=True)
    )
    rest = rows.num_rows - _ROWS
    more = f"<p>and {rest:,} more</p>" if rest > 0 else ""
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p><strong>{escape(heading)}</strong></p>{table}{more}"


def _cell(value: Any, is_number: bool) -> str:
    style = ' style="text-align: right"' if is_number else ""
    return f"<td{style}>{escape(_text(value))}</td>"


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case float():
            return rounded(value)
        case Decimal():
            return f"{value:f}"  # never 0E-8
        case _:
            return str(value)


def _is_number(kind: pa.DataType) -> bool:
    is_exact = pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    return bool(is_exact or pa.types.is_floating(kind))
