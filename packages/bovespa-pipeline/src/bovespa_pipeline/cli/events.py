"""The outcome of a run as JSON, an object a line, for programs and log collectors."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bovespa_pipeline.cli import terminal

if TYPE_CHECKING:
    from bovespa_pipeline.ingest.capturing import CaptureResult
    from glue_transform import Report

__all__ = ["Events"]

Event = Mapping[str, Any]


class Events:
    """Prints each event with the time it is told at."""

    def __init__(self, clock: Callable[[], dt.datetime]) -> None:
        self._clock = clock

    def tell_capture(self, captured: "CaptureResult") -> None:
        self._say(_of_capture(captured))

    def tell_report(self, report: "Report") -> None:
        self._say(_of_report(report))

    def _say(self, events: Iterator[Event]) -> None:
        for event in events:
            line = {"time": self._clock().isoformat(), **event}
            terminal.say(json.dumps(line, ensure_ascii=False))


def _of_capture(captured: "CaptureResult") -> Iterator[Event]:
    for landed in captured.landed:
        yield {
            "event": "captured",
            "index_code": landed.entry.index_code,
            "reference_date": str(landed.entry.reference_date),
            "payload_sha256": landed.entry.payload_sha256,
            "position_count": landed.position_count,
            "is_new": landed.is_new,
            "warnings": list(landed.warnings),
        }
    kinds = {
        "refused": captured.refusals,
        "unreachable": captured.unreachable,
        "not_kept": captured.not_kept,
        "not_read": captured.unread,
    }
    for kind, refusals in kinds.items():
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
        "still_refused": report.prior_findings,
    }
    for kind, findings in kinds.items():
        for finding in findings:
            yield {"event": kind, **run, **_about(finding), "reason": str(finding)}


def _about(finding: Any) -> Event:
    """The session of a finding or of imports in conflict."""
    subject = getattr(finding, "entry", finding)
    return {} if subject is None else _session(subject.index_code, subject.reference_date)


def _session(index_code: str, reference_date: dt.date) -> Event:
    return {"index_code": index_code, "reference_date": str(reference_date)}
