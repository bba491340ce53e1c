"""Output of the commands that land payloads."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from b3_contracts.errors import printable
from b3_contracts.layout import RawEntry
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.ingest.capturing import CaptureResult
from bovespa_pipeline.ingest.importing import Inspected
from bovespa_pipeline.ingest.landing import Landing, Refusal, entry_of
from lake_io import RawZone

__all__ = ["tell_capture", "tell_inspected", "tell_landing", "tell_repairs"]

_NAMED: Final = 8
"""Indices of one session that a line names."""


def tell_capture(captured: CaptureResult) -> None:
    """Print the outcome of a capture, refusals on standard error."""
    new = sum(landed.is_new for landed in captured.landed)
    indices = counted(len(captured.landed), "index")
    answers = counted(new, "answer")
    sessions = _new_sessions(captured)
    key = "capture.new" if sessions else "capture.done"
    terminal.say(text(key, indices=indices, answers=answers, sessions=sessions))
    for landed in captured.landed:
        if landed.warnings:
            terminal.finding("warning", landed.name, *landed.warnings)
    _tell("refused", captured.refusals)
    _tell("unreachable", captured.unreachable)
    _tell("not_kept", captured.not_kept)
    _tell("not_read", captured.unread)


def _new_sessions(captured: CaptureResult) -> str:
    """The sessions that are new, each with its indices; empty where none is."""
    sessions: dict[dt.date, list[str]] = {}
    for landed in captured.landed:
        if landed.is_new:
            sessions.setdefault(landed.entry.reference_date, []).append(landed.entry.index_code)
    return "; ".join(
        f"{_indices(codes)} {current().shown(session)}"
        for session, codes in sorted(sessions.items())
    )


def _indices(codes: Sequence[str]) -> str:
    """The first indices by name, and the number of the others."""
    first = ", ".join(sorted(codes)[:_NAMED])
    more = len(codes) - _NAMED
    return text("import.more", first=first, count=more) if more > 0 else first


def tell_repairs(raw: RawZone) -> None:
    """Print the keys of damaged objects that were written again."""
    for key in raw.repaired:
        terminal.say(text("capture.repaired", key=key))


def tell_landing(landing: Landing) -> None:
    """Print the outcome of an import, refusals on standard error.

    A line for each file and index; warnings that are the same are said once for a file.
    """
    lands = [
        Land(each.name, each.entry, each.position_count, each.state) for each in landing.landed
    ]
    _tell_lands(lands)
    _tell_warnings([(each.name, each.entry, each.warnings) for each in landing.landed])
    _tell("refused", landing.refusals)


def tell_inspected(inspected: Inspected) -> None:
    """Print what an import would land of a file, and how it would read it."""
    if archive := inspected.archive:
        columns = ", ".join(f"{field}={column}" for field, column in archive.columns.items())
        if archive.unused:
            columns += text("import.not_used", columns=", ".join(archive.unused))
        terminal.say(printable(f"{inspected.name}: {columns}"))
    portfolios = [(entry_of(each), each) for each in inspected.portfolios]
    _tell_lands(
        [
            Land(inspected.name, entry, each.position_count, "would land")
            for entry, each in portfolios
        ]
    )
    _tell_warnings([(inspected.name, entry, each.warnings) for entry, each in portfolios])
    _tell("refused", inspected.refusals)


class Land(NamedTuple):
    """A portfolio that has landed, or would."""

    name: str
    entry: RawEntry
    position_count: int
    state: str


def _tell_lands(lands: Iterable[Land]) -> None:
    """Print a line for each file, index and state."""
    groups: dict[tuple[str, str, str], list[Land]] = {}
    for land in lands:
        groups.setdefault((land.name, land.entry.index_code, land.state), []).append(land)
    for (name, index, state), those in groups.items():
        sessions = sorted(land.entry.reference_date for land in those)
        count = sum(land.position_count for land in those)
        about = {
            "name": name,
            "index": index,
            "positions": counted(count, "position"),
            "state": text(f"states.{state}"),
        }
        terminal.say(_land(sessions, about))


def _land(sessions: Sequence[dt.date], about: Mapping[str, str]) -> str:
    first, last = sessions[0], sessions[-1]
    if len(sessions) == 1:
        return text("import.one", session=first, **about)
    count = counted(len(sessions), "session")
    return text("import.several", sessions=count, first=first, last=last, **about)


def _tell_warnings(warned: Iterable[tuple[str, RawEntry, Sequence[str]]]) -> None:
    """Print each warning once for a file, with the portfolios it is about where it has several."""
    lands = list(warned)
    of_one = Counter(name for name, _, _ in lands)
    groups: dict[tuple[str, tuple[str, ...]], list[RawEntry]] = {}
    for name, entry, warnings in lands:
        if warnings:
            groups.setdefault((name, tuple(warnings)), []).append(entry)
    for (name, warnings), entries in groups.items():
        subject = name if of_one[name] == 1 else f"{name}: {_portfolios(entries)}"
        terminal.finding("warning", subject, *warnings)


def _portfolios(entries: Sequence[RawEntry]) -> str:
    """The first of some portfolios, and the number of the others."""
    first = f"{entries[0].index_code} {current().shown(entries[0].reference_date)}"
    more = len(entries) - 1
    return text("import.more", first=first, count=more) if more else first


def _tell(kind: str, refusals: Iterable[Refusal]) -> None:
    for refusal in refusals:
        terminal.finding(kind, refusal.name, refusal.reason)
