"""Output of the commands that land payloads."""

from collections.abc import Sequence

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.ingest.capturing import CaptureResult
from bovespa_pipeline.ingest.landing import Landing, Refusal
from lake_io import RawZone

__all__ = ["tell_capture", "tell_landing", "tell_repairs"]


def tell_capture(captured: CaptureResult) -> None:
    """Print the outcome of a capture, refusals on standard error."""
    new = sum(landed.is_new for landed in captured.landed)
    indices = terminal.counted(len(captured.landed), "index", "indices")
    terminal.say(f"captured {indices}, {terminal.counted(new, 'answer', 'answers')} new")
    _tell("warning", [_warning(landed.name, landed.warnings) for landed in captured.landed])
    _tell("refused", captured.refusals)
    _tell("unreachable", captured.unreachable)
    _tell("not kept", captured.not_kept)


def tell_repairs(raw: RawZone) -> None:
    """Print the keys of damaged objects that were written again."""
    for key in raw.repaired:
        terminal.say(f"repaired: {key}, whose damaged copy is in raw/damaged")


def tell_landing(landing: Landing) -> None:
    """Print the outcome of an import, file by file, refusals on standard error."""
    for landed in landing.landed:
        entry = landed.entry
        terminal.say(
            f"{landed.name}: {entry.index_code} {entry.reference_date}, "
            f"{terminal.counted(landed.position_count, 'position', 'positions')}, {landed.state}"
        )
    _tell("warning", [_warning(landed.name, landed.warnings) for landed in landing.landed])
    _tell("refused", landing.refusals)


def _warning(name: str, warnings: Sequence[str]) -> Refusal | None:
    return Refusal(name, "; ".join(warnings)) if warnings else None


def _tell(kind: str, lines: Sequence[Refusal | None]) -> None:
    for line in lines:
        if line is not None:
            terminal.error(f"{kind}: {line}")
