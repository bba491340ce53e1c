"""`bovespa import`: downloaded files into the raw zone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import (
    ColumnNames,
    IndexCode,
    IsoDate,
    Quadrimester,
    lake_option,
    log_option,
)

if TYPE_CHECKING:
    from bovespa_pipeline.ingest.importing import ImportHints

__all__ = ["import_"]


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@lake_option
@click.option(
    "--index",
    "code",
    type=IndexCode(),
    help="Index of files that name none; of files with several, the one that is taken.",
)
@click.option(
    "--date",
    "date",
    type=IsoDate(),
    help="Session of files that name none; of files with several, the one that is taken.",
)
@click.option(
    "--quadrimester",
    type=Quadrimester(),
    help="Quadrimester of a theoretical portfolio in JSON, which names none.",
)
@click.option("--date-from-name", is_flag=True, help="Take index and session from the file names.")
@click.option(
    "--columns",
    type=ColumnNames(),
    help="Columns of tables that are not recognised, as ticker=codigo,weight=part.",
)
@click.option("--dry-run", is_flag=True, help="Say what would land, and keep nothing.")
@log_option
@pass_context
def import_(
    context: Context,
    files: Sequence[Path],
    lake_uri: str,
    code: str | None,
    date: dt.date | None,
    quadrimester: dt.date | None,
    date_from_name: bool,
    columns: Mapping[str, str] | None,
    dry_run: bool,
) -> int:
    """Import downloads and bulletins of B3, and tables of positions (Parquet, CSV).

    A folder stands for the files below it, `-` for standard input.
    """
    if sum(map(bool, (date, quadrimester, date_from_name))) > 1:
        raise click.UsageError(text("usage.exclusive"))
    with starting():
        from bovespa_pipeline.ingest.files import expand
        from bovespa_pipeline.ingest.importing import ImportHints
    hints = ImportHints(code, date or quadrimester, date_from_name, columns)
    paths = list(expand(files))
    return _inspect(context, paths, hints) if dry_run else _import(context, paths, hints, lake_uri)


def _inspect(context: Context, paths: Sequence[Path], hints: "ImportHints") -> int:
    from bovespa_pipeline.cli.landing_output import tell_inspected
    from bovespa_pipeline.ingest.importing import inspect_files

    is_refused = False
    for inspected in inspect_files(paths, hints, context.clock):
        tell_inspected(inspected)
        is_refused = is_refused or bool(inspected.refusals)
    return REFUSED if is_refused else DONE


def _import(context: Context, paths: Sequence[Path], hints: "ImportHints", lake_uri: str) -> int:
    with starting():
        from bovespa_pipeline.cli.landing_output import tell_landing, tell_repairs
        from bovespa_pipeline.ingest.importing import import_files
        from bovespa_pipeline.ingest.landing import Landing
        from lake_io import open_lake
    lake = open_lake(lake_uri)
    landing = Landing(lake.raw, context.clock)
    try:
        with lake.raw.batch(), terminal.progress("importing", len(paths)) as step:
            import_files(lake.raw, paths, hints, context.clock, step, landing=landing)
    finally:  # also after an interrupt: earlier files have landed
        tell_landing(landing)
        events.log.tell_landing(landing)
        tell_repairs(lake.raw)
    return REFUSED if landing.refusals else DONE
