"""`bovespa capture`, `bovespa import`, `bovespa run`: payloads into raw."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from b3_scraper import B3_URL, Client, Refused
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    lake_option,
    now,
    only_new_option,
    source_option,
)
from bovespa_pipeline.cli.refining import publish
from bovespa_pipeline.ingest.capturing import CaptureResult, index_codes
from bovespa_pipeline.ingest.capturing import capture as capture_all
from bovespa_pipeline.ingest.importing import ImportHints, import_files
from bovespa_pipeline.ingest.landing import Landing, Refusal
from lake_io import Lake, RawZone, open_lake

__all__ = ["IndexCode", "capture", "captured_into", "import_", "run"]

REFUSED = 1
UNREACHABLE = 3


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@source_option
def capture(codes: Sequence[str], lake_uri: str, source: str | None) -> int:
    """Ask B3 for these indices (all of them by default) and land the answers."""
    return captured_into(open_lake(lake_uri, lazily=True), codes, source, now)


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@lake_option
@click.option("--index", "code", type=IndexCode(), help="The index of files that name none.")
@click.option("--date", "date", type=IsoDate(), help="The session of files that name none.")
@click.option("--date-from-name", is_flag=True, help="Or: as their names say.")
def import_(
    files: Sequence[Path],
    lake_uri: str,
    code: str | None,
    date: dt.date | None,
    date_from_name: bool,
) -> int:
    """Land B3's own downloads: CSV, by-sector CSV, JSON bodies; `-` is standard input."""
    if date and date_from_name:
        raise click.UsageError("--date and --date-from-name exclude each other")
    lake = open_lake(lake_uri)
    landing = Landing(lake.raw, now)
    hints = ImportHints(code, date, date_from_name)
    try:
        with terminal.progress("importing", len(files)) as step:
            import_files(lake.raw, files, hints, now, step, landing=landing)
    finally:  # also where it was cut short: so much has landed
        _tell_landing(landing)
        _tell_repairs(lake.raw)
    return REFUSED if landing.refusals else 0


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@source_option
@only_new_option
def run(codes: Sequence[str], lake_uri: str, source: str | None, only_new: bool) -> int:
    """Capture, then refine."""
    lake = open_lake(lake_uri, lazily=True)
    captured = captured_into(lake, codes, source, now)
    published = publish(lake, only_new=only_new)
    return max(captured, published)


def captured_into(
    lake: Lake,
    codes: Sequence[str],
    source: str | None,
    clock: Callable[[], dt.datetime],
) -> int:
    """Capture and say what came; the exit code."""
    with Client(source or B3_URL) as client:
        index_codes = codes or _all_codes(lake, client, clock)
        captured = CaptureResult([], [])
        try:
            with terminal.progress("capturing", len(index_codes)) as step:
                capture_all(lake.raw, client, index_codes, clock, step, captured=captured)
        finally:  # also where it was cut short: so much has landed
            _tell_capture(captured)
            _tell_repairs(lake.raw)
    if captured.unreachable:
        return UNREACHABLE
    return REFUSED if captured.refusals else 0


def _all_codes(lake: Lake, client: Client, clock: Callable[[], dt.datetime]) -> tuple[str, ...]:
    try:
        return index_codes(lake.raw, client, clock)
    except Refused as error:
        for page in error.pages:
            lake.raw.store_payload(page)
        raise


def _tell_capture(captured: CaptureResult) -> None:
    new = sum(landed.is_new for landed in captured.landed)
    indices = terminal.counted(len(captured.landed), "index", "indices")
    terminal.say(f"captured {indices}, {terminal.counted(new, 'answer', 'answers')} new")
    _tell("warning", [_warning(landed.name, landed.warnings) for landed in captured.landed])
    _tell("refused", captured.refusals)
    _tell("unreachable", captured.unreachable)
    _tell("not kept", captured.not_kept)


def _tell_repairs(raw: RawZone) -> None:
    for key in raw.repaired:
        terminal.say(f"repaired: {key}, whose damaged copy is in raw/damaged")


def _tell_landing(landing: Landing) -> None:
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
