"""For tests of this package and of packages built on it: raw rows, and the gate's rules.

`evaluate` applies the rules of the gate without Great Expectations, which takes seconds to
import.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.governance.expectations import Expectation, suite
from b3_contracts.layout import RawEntry
from b3_contracts.models.tables import AUDIT, RAW, RawPreview
from glue_transform.quality.findings import Finding

__all__ = ["NOON", "Line", "audit_rows", "evaluate", "evenly", "preview_rows", "raw_rows"]

NOON: Final = dt.time(12, tzinfo=dt.UTC)
_SUM: Final = -1
_VALID: Final[Mapping[str, Any]] = {
    "index_code": "IBOV",
    "reference_date": dt.date(2025, 2, 3),
    "position_count": 87,
    "duplicate_count": 0,
    "weight_excess": Decimal("0.000"),
    "quantity_excess": 0,
    "days_after_capture": 4,
    "position_count_jump": 0,
    "unknown_share_class_count": 0,
    "unknown_ex_rights_count": 0,
    "unknown_listing_segment_count": 0,
    "closed_day_count": 0,
}


class Line(NamedTuple):
    """A position, as far as tests care."""

    ticker: str
    theoretical_quantity: int
    weight_pct: Decimal
    share_class: str = "ON"
    sector: str | None = None
    ex_rights: str | None = None
    listing_segment: str | None = None


def evenly(quantities: Mapping[str, int], classes: Mapping[str, str] | None = None) -> list[Line]:
    """Lines of these quantities whose weights add up to exactly 100.000."""
    share, rest = divmod(100_000, len(quantities))
    return [
        Line(
            ticker,
            quantity,
            Decimal(share + (rest if place == 0 else 0)).scaleb(-3),
            (classes or {}).get(ticker, "ON"),
        )
        for place, (ticker, quantity) in enumerate(quantities.items())
    ]


def audit_rows(*changes: Mapping[str, Any]) -> pa.Table:
    """An audit (contract `portfolio_audit`) of valid portfolios but for these changes, one each."""
    rows = [
        {**_VALID, "payload_sha256": f"{number:064x}", **change}
        for number, change in enumerate(changes)
    ]
    return pa.Table.from_pylist(rows, schema=arrow.schema(AUDIT))


def raw_rows(  # noqa: PLR0913 - each is one figure of a header
    index_code: str,
    reference_date: dt.date,
    lines: Sequence[Line],
    *,
    source: str = "capture",
    captured_at: dt.datetime | None = None,
    total: int | None = _SUM,
    divisor: Decimal | None = None,
    payload: str | None = None,
) -> pa.Table:
    """Typed raw rows (contract `raw_position`); a payload's hash is that of its content.

    `total` is the header's, by default the sum of the lines; `payload` is any text.
    """
    content = payload or repr((index_code, reference_date, lines, source, total, divisor))
    stated = sum(line.theoretical_quantity for line in lines) if total == _SUM else total
    header = {
        "index_code": index_code,
        "reference_date": reference_date,
        "company": "COMPANY",
        "total_theoretical_quantity": stated,
        "divisor": divisor,
        "source": source,
        "payload_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "captured_at": captured_at or dt.datetime.combine(reference_date, NOON),
        "parser_revision": 1,
    }
    rows = [{**header, **line._asdict()} for line in lines]
    return pa.Table.from_pylist(rows, schema=arrow.schema(RAW))


def preview_rows(
    index_code: str,
    captured_on: dt.date,
    lines: Sequence[Line],
    *,
    divisor: Decimal = Decimal("1.00000000"),
    payload: str | None = None,
) -> pa.Table:
    """Typed rows of an answer about the next portfolio (contract `raw_preview`)."""
    content = payload or repr((index_code, lines, divisor))
    header = {
        "index_code": index_code,
        "captured_on": captured_on,
        "company": "COMPANY",
        "total_theoretical_quantity": sum(line.theoretical_quantity for line in lines),
        "divisor": divisor,
        "payload_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "parser_revision": 1,
    }
    rows = [{**header, **line._asdict()} for line in lines]
    return pa.Table.from_pylist(rows, schema=arrow.schema(RawPreview))


def evaluate(audit: pa.Table, run_id: str, docs: Path) -> list[Finding]:  # noqa: ARG001 - a Judge
    """Findings of the gate's rules in `audit`, without its pages."""
    rows = audit.to_pylist()
    return [finding for rule in suite(AUDIT) for finding in _apply(rule, rows)]


def _apply(rule: Expectation, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    broken = [row for row in rows if rule.column and not _holds(rule, row[rule.column])]
    about = (rule.table, rule.name, rule.column, rule.severity)
    yield Finding(*about, success=not broken, unexpected_count=len(broken))
    for row in broken:
        entry = RawEntry(row["index_code"], row["reference_date"], row["payload_sha256"])
        value = str(row[str(rule.column)])
        yield Finding(*about, success=False, unexpected_count=1, observed_value=value, entry=entry)


def _holds(rule: Expectation, value: Any) -> bool:
    match rule.type.removeprefix("expect_column_values_to_"):
        case "not_be_null":
            return value is not None
        case "match_regex":
            return re.match(rule.kwargs["regex"], value) is not None
        case "be_between":
            lower, upper = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
            return value is None or (
                (lower is None or value >= lower) and (upper is None or value <= upper)
            )
        case _:
            raise NotImplementedError(rule.type)
