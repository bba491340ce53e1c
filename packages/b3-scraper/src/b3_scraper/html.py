"""Rows as HTML, for notebooks."""

from html import escape
from typing import Any, Final

import pyarrow as pa

__all__ = ["html_table"]

_ROWS: Final = 10


def html_table(rows: pa.Table, heading: str) -> str:
    """The heading and the first rows; numbers to the right, nothing for null."""
    names = "".join(f"<th>{escape(name)}</th>" for name in rows.column_names)
    numeric = [_is_number(field.type) for field in rows.schema]
    body = "".join(
        "<tr>" + "".join(map(_cell, row.values(), numeric)) + "</tr>"
        for row in rows.slice(0, _ROWS).to_pylist()
    )
    rest = rows.num_rows - _ROWS
    more = f"<p>and {rest:,} more</p>" if rest > 0 else ""
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p><strong>{escape(heading)}</strong></p>{table}{more}"


def _cell(value: Any, is_number: bool) -> str:
    text = "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    style = ' style="text-align: right"' if is_number else ""
    return f"<td{style}>{escape(text)}</td>"


def _is_number(kind: pa.DataType) -> bool:
    is_exact = pa.types.is_integer(kind) or pa.types.is_decimal(kind)
    return bool(is_exact or pa.types.is_floating(kind))
