"""Findings of the rules, and their rows in `quality_result`."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
from pyiceberg import expressions as where

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.errors import ContractError
from b3_contracts.layout import POSITION_PREFIX, RawEntry, Sighting, session_prefix
from b3_contracts.specification import REFINED, rules_version
from glue_transform.candidates import ConflictingImports
from lake_io import LakeSnapshot

__all__ = [
    "BLOCKING",
    "WITHHELD_RULE",
    "Finding",
    "broken_contract",
    "contradicting",
    "missing_rows",
    "read_prior_findings",
    "refused",
    "rows",
    "unreadable",
    "withheld",
]

QUALITY_RESULT: Final = REFINED["quality_result"]
BLOCKING: Final = "blocking"
RAW_TABLE: Final = "raw_position"
WITHHELD_RULE: Final = "imports of a session agree"
"""Recorded for each entry of a withheld session; it refuses none of them by itself."""


@dataclass(frozen=True)
class Finding:
    """The outcome of a rule, for a whole run or for one portfolio that broke it."""

    table_name: str
    expectation: str
    column_name: str | None
    severity: str
    success: bool
    unexpected_count: int
    observed_value: str | None = None
    entry: RawEntry | None = None

    @property
    def refuses(self) -> bool:
        """True if the entry may not be published under the present rules."""
        broken = self.entry is not None and not self.success
        return broken and self.severity == BLOCKING and self.expectation != WITHHELD_RULE

    @property
    def is_unreadable(self) -> bool:
        """True if it is about typed rows, which can be made again: not a verdict."""
        return self.entry is not None and self.table_name == RAW_TABLE

    @property
    def warns(self) -> bool:
        return self.entry is not None and not self.success and self.severity != BLOCKING

    def __str__(self) -> str:
        where_ = f"{self.entry.index_code} {self.entry.reference_date}: " if self.entry else ""
        observed = f", found {self.observed_value}" if self.observed_value is not None else ""
        return f"{where_}{self.table_name} breaks the rule {self.expectation}{observed}"


def broken_contract(entry: RawEntry, error: ContractError) -> list[Finding]:
    """Return the findings on an entry whose raw rows break their contract."""
    return [
        Finding(
            RAW_TABLE,
            f"contract: {broken.column} {broken.rule}",
            broken.column,
            BLOCKING,
            success=False,
            unexpected_count=max(1, len(broken.rows)),
            observed_value=str(broken) if error.table == RAW_TABLE else f"{error.table}: {broken}",
            entry=entry,
        )
        for broken in error.broken
    ]


def missing_rows(entry: RawEntry) -> Finding:
    """The refusal of a published entry whose typed rows are gone."""
    folder = session_prefix(POSITION_PREFIX, entry.index_code, entry.reference_date)
    file = f"{folder}{entry.payload_sha256}.p*.parquet"
    rule = "contract: file is missing"
    return Finding(RAW_TABLE, rule, "file", BLOCKING, False, 1, f"no {file}", entry)


def withheld(session: ConflictingImports) -> list[Finding]:
    """The record that the imports of a session contradict each other."""
    count = len(session.entries)
    return [
        Finding("portfolio", WITHHELD_RULE, None, BLOCKING, False, count, str(session), entry)
        for entry in session.entries
    ]


def read_prior_findings(
    snapshot: LakeSnapshot, sightings: Mapping[RawEntry, Collection[Sighting]]
) -> list[Finding]:
    """Findings of earlier runs under the present rules, one per rule and entry.

    A payload that came again since (`sightings`) is evaluated anew: its time was part of
    the evidence.
    """
    broken = where.And(
        where.EqualTo("success", False),  # type: ignore[call-arg,arg-type]  # pydantic hides __init__
        where.EqualTo("rules_version", rules_version()),  # type: ignore[call-arg,arg-type]
    )
    rows = snapshot.read("quality_result", broken).to_pylist()
    rows = [row for row in rows if row["payload_sha256"] is not None]
    findings = [_finding(row) for row in rows if not _is_superseded(row, sightings)]
    return list({(f.entry, f.table_name, f.expectation): f for f in findings}.values())


def refused(findings: Iterable[Finding]) -> frozenset[RawEntry]:
    """The entries that may not be published under the present rules."""
    return frozenset(f.entry for f in findings if f.refuses and f.entry)


def unreadable(findings: Iterable[Finding]) -> frozenset[RawEntry]:
    """The entries whose typed rows could not be read."""
    return frozenset(f.entry for f in findings if f.is_unreadable and f.entry)


def contradicting(findings: Iterable[Finding]) -> frozenset[RawEntry]:
    """The entries that passed the gate, and were withheld beside others that did too."""
    return frozenset(f.entry for f in findings if f.expectation == WITHHELD_RULE and f.entry)


def rows(findings: Iterable[Finding], run_id: str, checked_at: dt.datetime) -> pa.Table:
    """The findings as rows of `quality_result`, a rule evaluated twice in a run counted once."""
    about = {"run_id": run_id, "checked_at": checked_at, "rules_version": rules_version()}
    table = pa.Table.from_pylist(
        [{**about, **_row(finding)} for finding in _merged(findings)],
        schema=arrow.schema(QUALITY_RESULT),
    )
    return validate(table, QUALITY_RESULT)


def _merged(findings: Iterable[Finding]) -> Iterator[Finding]:
    merged: dict[tuple[str, str, RawEntry | None], Finding] = {}
    for finding in findings:
        key = (finding.table_name, finding.expectation, finding.entry)
        earlier = merged.get(key)
        merged[key] = finding if earlier is None else _sum(earlier, finding)
    return iter(merged.values())


def _sum(one: Finding, other: Finding) -> Finding:
    count = one.unexpected_count + other.unexpected_count
    return replace(one, success=one.success and other.success, unexpected_count=count)


def _row(finding: Finding) -> dict[str, Any]:
    entry = finding.entry
    return {
        "table_name": finding.table_name,
        "expectation": finding.expectation,
        "column_name": finding.column_name,
        "success": finding.success,
        "observed_value": finding.observed_value,
        "unexpected_count": finding.unexpected_count,
        "index_code": entry and entry.index_code,
        "reference_date": entry and entry.reference_date,
        "payload_sha256": entry and entry.payload_sha256,
        "severity": finding.severity,
    }


def _finding(row: dict[str, Any]) -> Finding:
    names = (
        "table_name",
        "expectation",
        "column_name",
        "severity",
        "success",
        "unexpected_count",
        "observed_value",
    )
    return Finding(**{name: row[name] for name in names}, entry=_entry(row))


def _entry(row: Mapping[str, Any]) -> RawEntry:
    return RawEntry(row["index_code"], row["reference_date"], row["payload_sha256"])


def _is_superseded(
    row: Mapping[str, Any], sightings: Mapping[RawEntry, Collection[Sighting]]
) -> bool:
    return any(s.seen_at > row["checked_at"] for s in sightings.get(_entry(row), ()))
