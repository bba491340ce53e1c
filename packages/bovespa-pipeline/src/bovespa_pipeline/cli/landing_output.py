"""Output of the commands that land payloads."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from b3_contracts.errors import printable
from b3_contracts.layout import RawEntry
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.ingest.capturing import CaptureResult
from bovespa_pipeline.ingest.importing import Inspected
from bovespa_pipeline.ingest.landing import Landing, Refusal, entry_of
from lake_io import RawZone

__all__ = ["tell_capture", "tell_inspected", "tell_landing", "tell_repairs"]


def tell_capture(captured: CaptureResult) -> None:
    """Print the outcome of a capture, refusals on standard error."""
    new = sum(landed.is_new for landed in captured.landed)
    indices = terminal.counted(len(captured.landed), "index", "indices")
    terminal.say(f"captured {indices}, {terminal.counted(new, 'answer', 'answers')} new")
    _tell("warning", [_warning(landed.name, landed.warnings) for landed in captured.landed])
    _tell("refused", captured.refusals)
    _tell("unreachable", captured.unreachable)
    _tell("not kept", captured.not_kept)
    _tell("not read", captured.unread)


def tell_repairs(raw: RawZone) -> None:
    """Print the keys of damaged objects that were written again."""
    for key in raw.repaired:
        terminal.say(f"repaired: {key}, whose damaged copy is in raw/damaged")


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
        unused = f"; not used: {', '.join(archive.unused)}" if archive.unused else ""
        terminal.say(printable(f"{inspected.name}: {columns}{unused}"))
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
        positions = terminal.counted(count, "position", "positions")
        when = f" {sessions[0]}"
        if len(sessions) > 1:
            when = f", {len(sessions):,} sessions from {sessions[0]} to {sessions[-1]}"
        terminal.say(f"{name}: {index}{when}, {positions}, {state}")


def _tell_warnings(warned: Iterable[tuple[str, RawEntry, Sequence[str]]]) -> None:
    """Print each warning once for a file, with the portfolios it is about where it has several."""
    lands = list(warned)
    of_one = Counter(name for name, _, _ in lands)
    groups: dict[tuple[str, str], list[RawEntry]] = {}
    for name, entry, warnings in lands:
        if warnings:
            groups.setdefault((name, "; ".join(warnings)), []).append(entry)
    for (name, text), entries in groups.items():
        first = f"{entries[0].index_code} {entries[0].reference_date}"
        more = f" and {len(entries) - 1:,} more" if len(entries) > 1 else ""
        which = "" if of_one[name] == 1 else f"{first}{more}: "
        terminal.error(f"warning: {name}: {which}{text}")


def _warning(name: str, warnings: Sequence[str]) -> Refusal | None:
    return Refusal(name, "; ".join(warnings)) if warnings else None


def _tell(kind: str, lines: Sequence[Refusal | None]) -> None:
    for line in lines:
        if line is not None:
            terminal.error(f"{kind}: {line}")
