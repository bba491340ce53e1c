"""Outcomes as events, for programs and log collectors: of `run --json`, and of `--log json`."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bovespa_pipeline.cli import terminal

if TYPE_CHECKING:
    from bovespa_pipeline.health.problem import Problem
    from bovespa_pipeline.ingest.backfilling import Backfill
    from bovespa_pipeline.ingest.capturing import CaptureResult
    from bovespa_pipeline.ingest.landing import Landed, Landing, Refusal
    from bovespa_pipeline.ingest.reparsing import Reparsed
    from bovespa_pipeline.ingest.verification import Verification
    from glue_transform import Report
    from lake_io import CopiedObject

__all__ = ["Events", "log", "of_problem", "standard_output"]

Event = Mapping[str, Any]

_COPY_STATES: Final = ("copied", "present", "differs", "damaged", "foreign")


class Events:
    """Writes the events of an outcome, one by one."""

    def __init__(self, write: Callable[[Event], None]) -> None:
        self._write = write

    def tell_capture(self, captured: "CaptureResult") -> None:
        self._write_all(_of_capture(captured))

    def tell_landing(self, landing: "Landing") -> None:
        self._write_all(_of_landing(landing))

    def tell_backfill(self, outcome: "Backfill") -> None:
        self._write_all(_of_landing(outcome.landing))
        self._write_all(_of_refusals("unreachable", outcome.unreachable))

    def tell_report(self, report: "Report") -> None:
        self._write_all(_of_report(report))

    def tell_reparse(self, outcome: "Reparsed") -> None:
        self._write_all(_of_reparse(outcome))

    def tell_verification(self, outcome: "Verification") -> None:
        self._write_all(_of_verification(outcome))

    def tell_relocation(self, tables: Sequence[str]) -> None:
        self._write_all({"event": "relocated", "table": table} for table in tables)

    def tell_problems(self, problems: "Sequence[Problem]") -> None:
        self._write_all({"event": "problem", **of_problem(each)} for each in problems)

    def tell_object(self, outcome: "CopiedObject") -> None:
        reason = {"reason": outcome.reason} if outcome.reason else {}
        self._write({"event": outcome.state, "key": outcome.key, **reason})

    def tell_copy(self, counts: Mapping[str, int], *, dry_run: bool) -> None:
        numbers = {state: counts[state] for state in _COPY_STATES}
        self._write({"event": "summary", "dry_run": dry_run, **numbers})

    def _write_all(self, events: Iterator[Event]) -> None:
        for event in events:
            self._write(event)


log = Events(terminal.log.event)
"""Events on standard error, under `--log json`."""


def standard_output(clock: Callable[[], dt.datetime]) -> Events:
    """Make the events on standard output, under `--json`."""
    return Events(lambda event: terminal.say(terminal.json_line(event, clock)))


def _of_capture(captured: "CaptureResult") -> Iterator[Event]:
    for landed in captured.landed:
        yield {"event": "captured", **_of_landed(landed)}
    yield from _of_refusals("refused", captured.refusals)
    yield from _of_refusals("unreachable", captured.unreachable)
    yield from _of_refusals("not_kept", captured.not_kept)
    yield from _of_refusals("not_read", captured.unread)


def _of_landing(landing: "Landing") -> Iterator[Event]:
    for landed in landing.landed:
        yield {"event": "landed", "name": landed.name, **_of_landed(landed)}
    yield from _of_refusals("refused", landing.refusals)


def _of_landed(landed: "Landed") -> Event:
    return {
        **_session(landed.entry.index_code, landed.entry.reference_date),
        "payload_sha256": landed.entry.payload_sha256,
        "position_count": landed.position_count,
        "is_new": landed.is_new,
        "warnings": list(landed.warnings),
    }


def _of_refusals(kind: str, refusals: "Iterable[Refusal]") -> Iterator[Event]:
    for refusal in refusals:
        yield {"event": kind, "name": refusal.name, "reason": refusal.reason}


def _of_report(report: "Report") -> Iterator[Event]:
    run = {"run_id": report.run_id}
    for kind, sessions in (("published", report.published), ("taken_out", report.removed)):
        for session in sessions:
            yield {"event": kind, **run, **_session(*session)}
    for preview in report.previews:
        yield {
            "event": "preview",
            **run,
            "index_code": preview.index_code,
            "effective_date": str(preview.effective_date),
            "is_confirmed": preview.is_confirmed,
        }
    kinds = {
        "warning": report.warnings,
        "refused": report.refused,
        "withheld": report.withheld,
        "still_refused": report.still_refused,
        "still_withheld": report.still_withheld,
    }
    for kind, findings in kinds.items():
        for finding in findings:
            yield {"event": kind, **run, **_about(finding), "reason": str(finding)}


def _of_reparse(outcome: "Reparsed") -> Iterator[Event]:
    yield {
        "event": "reparsed",
        "payload_count": outcome.read,
        "new_count": outcome.new,
        "rejected_count": outcome.still_rejected,
        "preview_count": outcome.previews,
    }
    yield from _of_refusals("refused", outcome.refusals)


def _of_verification(outcome: "Verification") -> Iterator[Event]:
    for fault in outcome.repaired:
        yield {"event": "repaired", "key": fault.key, "reason": fault.reason}
    for fault in outcome.faults:
        about = {"key": fault.key, "reason": fault.reason, "mended_by": fault.mended_by}
        yield {"event": "broken", **about}
    counts = {"object_count": outcome.checked, "broken_count": len(outcome.faults)}
    yield {"event": "verified", **counts}


def of_problem(problem: "Problem") -> Event:
    """A problem of `check`, in English as all that programs read."""
    return {
        "kind": problem.kind,
        "index_code": problem.index_code,
        "problem": problem.text,
    }


def _about(finding: Any) -> Event:
    """The session of a finding or of imports in conflict."""
    subject = getattr(finding, "entry", finding)
    return {} if subject is None else _session(subject.index_code, subject.reference_date)


def _session(index_code: str, reference_date: object) -> Event:
    return {"index_code": index_code, "reference_date": str(reference_date)}
