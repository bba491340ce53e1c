"""Offending rows of a finding, where the rule's figure counts rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.layout import ENTRY_KEY
from b3_contracts.trading_calendar import closed_on
from b3_contracts.vocabulary import OPEN_VOCABULARIES, OpenVocabulary
from glue_transform.packed_rows import PackedRows, batches
from glue_transform.quality.findings import Finding

__all__ = ["with_rows"]

SHOWN: Final = 5

_SHOWN_FROM: Final = (*ENTRY_KEY, "ticker", *(each.column for each in OPEN_VOCABULARIES))


def with_rows(findings: Iterable[Finding], raw: Iterable[PackedRows]) -> list[Finding]:
    """The findings, each with its first offending rows; a sum has none, it is of all rows."""
    detailed = list(findings)
    needed = {f.column_name for f in detailed if f.entry and not f.success} & _OFFENDING.keys()
    if not needed:
        return detailed
    tables = (batch.rows(_SHOWN_FROM) for batch in batches(raw))
    shown = {(c, *row) for rows in tables for c in needed if c for row in _OFFENDING[c](rows)}
    rows: dict[tuple[str, str], list[str]] = {}
    for column, payload, text in sorted(shown):
        rows.setdefault((column, payload), []).append(text)
    return [_with(finding, rows) for finding in detailed]


def _with(finding: Finding, rows: Mapping[tuple[str, str], list[str]]) -> Finding:
    if finding.entry is None or finding.column_name is None:
        return finding
    shown = rows.get((finding.column_name, finding.entry.payload_sha256), [])[:SHOWN]
    if not shown:
        return finding
    return replace(finding, observed_value=f"{finding.observed_value} ({'; '.join(shown)})")


def _duplicates(raw: pa.Table) -> list[tuple[str, str]]:
    keys = ["payload_sha256", "index_code", "reference_date", "ticker"]
    counts = raw.group_by(keys).aggregate([([], "count_all")])
    duplicates = counts.filter(pc.greater(counts["count_all"], 1)).to_pylist()
    return [
        (row["payload_sha256"], f"ticker={row['ticker']}, {row['count_all']} lines")
        for row in duplicates
    ]


def _unknown_words(vocabulary: OpenVocabulary, raw: pa.Table) -> list[tuple[str, str]]:
    words = raw[vocabulary.column]
    is_known = pc.is_in(words, value_set=pa.array(sorted(vocabulary.known)))
    rows = raw.filter(pc.and_(pc.is_valid(words), pc.invert(is_known))).to_pylist()
    return [
        (row["payload_sha256"], f"ticker={row['ticker']}, {vocabulary.column}={word}")
        for row in rows
        if (word := row[vocabulary.column])
    ]


def _closed_days(raw: pa.Table) -> list[tuple[str, str]]:
    sessions = raw.group_by(["payload_sha256", "reference_date"]).aggregate([]).to_pylist()
    return [
        (row["payload_sha256"], f"{row['reference_date']}, {names['en']}")
        for row in sessions
        if (names := closed_on(row["reference_date"]))
    ]


_OFFENDING: Final[Mapping[str, Callable[[pa.Table], list[tuple[str, str]]]]] = {
    "duplicate_count": _duplicates,
    "closed_day_count": _closed_days,
    **{
        vocabulary.audit_column: partial(_unknown_words, vocabulary)
        for vocabulary in OPEN_VOCABULARIES
    },
}
