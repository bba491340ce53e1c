"""A portfolio as text or bytes; digits stay B3's, none goes through a float."""

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from b3_contracts.counts import counted
from b3_contracts.errors import printable
from b3_scraper.formats import Format
from b3_scraper.indices import IndexList
from b3_scraper.portfolio import Portfolio

__all__ = ["render_indices", "render_portfolio"]

_SHOWN: Final = {
    "ticker": "ticker",
    "company": "company",
    "share_class": "class",
    "ex_rights": "ex",
    "listing_segment": "segment",
    "sector": "sector",
    "theoretical_quantity": "quantity",
    "weight_pct": "weight %",
}
_RIGHT: Final = {"theoretical_quantity", "weight_pct"}


def render_portfolio(portfolio: Portfolio, form: Format) -> bytes:
    """The positions; table and JSON have the header's figures too, Parquet in its metadata."""
    match form:
        case "table":
            return _table(portfolio).encode()
        case "csv":
            return _csv(portfolio.positions)
        case "json":
            document = {**_header(portfolio), "positions": portfolio.positions.to_pylist()}
            return f"{exact_json(document)}\n".encode()
        case "parquet":
            header = {name: str(value) for name, value in _header(portfolio).items()}
            return _parquet(portfolio.positions.replace_schema_metadata(header))


def render_indices(indices: IndexList, form: Format) -> bytes:
    """The codes, one a line or a row."""
    table = pa.table({"index_code": pa.array(indices.codes, pa.string())})
    match form:
        case "table":
            return "".join(f"{code}\n" for code in indices.codes).encode()
        case "csv":
            return _csv(table)
        case "json":
            return f"{exact_json(list(indices.codes))}\n".encode()
        case "parquet":
            return _parquet(table)


def exact_json(value: Any) -> str:
    """Return JSON whose numbers keep all digits of a decimal: `2.580`, not `2.58`."""
    match value:
        case Decimal():
            return f"{value:f}"
        case dt.date():
            return json.dumps(value.isoformat())
        case Mapping():
            return f"{{{', '.join(f'{json.dumps(k)}: {exact_json(v)}' for k, v in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(exact_json, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _header(portfolio: Portfolio) -> dict[str, object]:
    return {
        "index_code": portfolio.index_code,
        "reference_date": portfolio.reference_date,
        "position_count": portfolio.position_count,
        "total_theoretical_quantity": portfolio.total_theoretical_quantity,
        "total_weight_pct": portfolio.total_weight_pct,
        "divisor": portfolio.divisor,
        "payload_sha256": portfolio.payload_sha256,
    }


def _csv(table: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(map(_plain, row.values()) for row in table.to_pylist())
    return text.getvalue().encode()


def _plain(value: object) -> object:
    """Write booleans in lower case, as other tools do."""
    return str(value).lower() if isinstance(value, bool) else value


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _table(portfolio: Portfolio) -> str:
    rows = [[_cell(row[name]) for name in _SHOWN] for row in portfolio.positions.to_pylist()]
    lines = _aligned([list(_SHOWN.values()), *rows])
    quantity = portfolio.total_theoretical_quantity
    total = "total unknown" if quantity is None else counted(quantity, "security", "securities")
    title = f"{portfolio.index_code}, session of {portfolio.reference_date}"
    figures = (
        f"{counted(portfolio.position_count, 'position', 'positions')}, {total}, "
        f"{portfolio.total_weight_pct} %, divisor {_cell(portfolio.divisor)}"
    )
    return "\n".join([title, "", *lines, "", figures, ""])


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else printable(str(value))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [name in _RIGHT for name in _SHOWN]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
