"""Rows of `quality_result` as the quality site shows them: reasons by session, and runs."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from b3_contracts.layout import ENTRY_KEY, RawEntry
from glue_transform import IndexSession
from glue_transform.quality.findings import BLOCKING, WITHHELD_RULE

__all__ = ["EvaluationRun", "Reason", "read_reasons", "read_runs"]

Row = Mapping[str, Any]
_TOLD: Final = (
    "run_id",
    "table_name",
    "expectation",
    "column_name",
    "severity",
    "observed_value",
)


@dataclass(frozen=True)
class Reason:
    """A rule broken by a payload, as found by the newest run that evaluated it."""

    entry: RawEntry
    run_id: str
    table_name: str
    expectation: str
    column_name: str | None
    severity: str
    observed_value: str | None
    is_published: bool
    is_withdrawn: bool
    """True if the payload was withdrawn since."""

    @property
    def is_warning(self) -> bool:
        return self.severity != BLOCKING

    @property
    def withholds(self) -> bool:
        """True if it is no verdict on the payload: another import of its session contradicts it."""
        return self.expectation == WITHHELD_RULE

    @property
    def stands(self) -> bool:
        """True if it keeps the payload out of the tables."""
        return not (self.is_warning or self.is_withdrawn or self.is_published)


@dataclass(frozen=True)
class EvaluationRun:
    """One run of refine, and how many portfolios it refused, warned of and withheld."""

    run_id: str
    checked_at: dt.datetime
    rules_version: str
    refused: int
    warned: int
    withheld: int
    pages: Sequence[str]


def read_reasons(
    rows: Iterable[Row], published: Mapping[IndexSession, str], withdrawn: Collection[RawEntry]
) -> dict[IndexSession, list[Reason]]:
    """Return the reasons of each session, from the newest findings on each payload.

    What was refused or withheld once and is published now has passed since.
    """
    reasons: dict[IndexSession, list[Reason]] = {}
    for entry, newest in sorted(_newest(rows).items(), key=lambda item: item[0]):
        session = IndexSession(entry.index_code, entry.reference_date)
        is_published = published.get(session) == entry.payload_sha256
        candidates = [_reason(row, entry, is_published, entry in withdrawn) for row in newest]
        if shown := [one for one in candidates if one.is_warning or not is_published]:
            reasons.setdefault(session, []).extend(shown)
    return reasons


def _newest(rows: Iterable[Row]) -> dict[RawEntry, list[Row]]:
    """For each payload that broke a rule, its rows of the newest run that says so."""
    broken = [row for row in rows if row["payload_sha256"] is not None and not row["success"]]
    newest: dict[RawEntry, list[Row]] = {}
    for row in sorted(broken, key=lambda row: (row["checked_at"], row["run_id"])):
        latest = newest.setdefault(RawEntry(*(row[name] for name in ENTRY_KEY)), [])
        if latest and latest[0]["run_id"] != row["run_id"]:
            latest.clear()
        latest.append(row)
    return newest


def _reason(row: Row, entry: RawEntry, is_published: bool, is_withdrawn: bool) -> Reason:
    texts = {name: row[name] for name in _TOLD}
    return Reason(entry, **texts, is_published=is_published, is_withdrawn=is_withdrawn)


def read_runs(rows: Iterable[Row], pages: Iterable[str]) -> list[EvaluationRun]:
    """The runs that evaluated anything, newest first, each with the gate's pages of it."""
    by_run: dict[str, list[Row]] = {}
    for row in rows:
        by_run.setdefault(row["run_id"], []).append(row)
    tables_by_run: dict[str, list[str]] = {}
    for page in pages:
        for run_id in set(page.split("/")) & by_run.keys():
            tables_by_run.setdefault(run_id, []).append(page)
    runs = [_run(run_id, those, tables_by_run.get(run_id, ())) for run_id, those in by_run.items()]
    return sorted(runs, key=lambda run: (run.checked_at, run.run_id), reverse=True)


def _run(run_id: str, rows: Collection[Row], pages: Sequence[str]) -> EvaluationRun:
    broken = [row for row in rows if row["payload_sha256"] is not None and not row["success"]]
    newest = max(rows, key=lambda row: row["checked_at"])
    return EvaluationRun(
        run_id,
        newest["checked_at"],
        newest["rules_version"],
        _portfolios(row for row in broken if _kind(row) == "refused"),
        _portfolios(row for row in broken if _kind(row) == "warned"),
        _portfolios(row for row in broken if _kind(row) == "withheld"),
        sorted(pages),
    )


def _kind(row: Row) -> str:
    if row["severity"] != BLOCKING:
        return "warned"
    return "withheld" if row["expectation"] == WITHHELD_RULE else "refused"


def _portfolios(rows: Iterable[Row]) -> int:
    return len({tuple(row[name] for name in ENTRY_KEY) for row in rows})
