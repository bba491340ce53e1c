"""`bovespa import`: downloaded files into the raw zone."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.options import IndexCode, IsoDate, Quadrimester, lake_option

__all__ = ["import_"]


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@lake_option
@click.option("--index", "code", type=IndexCode(), help="Index of files that name none.")
@click.option("--date", "date", type=IsoDate(), help="Session of files that name none.")
@click.option(
    "--quadrimester",
    type=Quadrimester(),
    help="Quadrimester of a theoretical portfolio in JSON, which names none.",
)
@click.option("--date-from-name", is_flag=True, help="Take index and session from the file names.")
@pass_context
def import_(
    context: Context,
    files: Sequence[Path],
    lake_uri: str,
    code: str | None,
    date: dt.date | None,
    quadrimester: dt.date | None,
    date_from_name: bool,
) -> int:
    """Import downloads and bulletins of B3; `-` is standard input."""
    if sum(map(bool, (date, quadrimester, date_from_name))) > 1:
        raise click.UsageError("--date, --quadrimester and --date-from-name exclude each other")
    with starting():
        from bovespa_pipeline.cli.landing_output import tell_landing, tell_repairs
        from bovespa_pipeline.ingest.importing import ImportHints, import_files
        from bovespa_pipeline.ingest.landing import Landing
        from lake_io import open_lake
    lake = open_lake(lake_uri)
    landing = Landing(lake.raw, context.clock)
    hints = ImportHints(code, date or quadrimester, date_from_name)
    try:
        with lake.raw.batch(), terminal.progress("importing", len(files)) as step:
            import_files(lake.raw, files, hints, context.clock, step, landing=landing)
    finally:  # also after an interrupt: earlier files have landed
        tell_landing(landing)
        tell_repairs(lake.raw)
    return REFUSED if landing.refusals else DONE
