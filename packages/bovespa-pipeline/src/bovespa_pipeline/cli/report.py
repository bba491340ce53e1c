"""`bovespa report`: the quality site."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import current, text
from bovespa_pipeline.cli.options import lake_option

if TYPE_CHECKING:
    from lake_io import Lake

__all__ = ["report"]


@click.command()
@lake_option
@click.option("--open", "is_opened", is_flag=True, help="Open it in a browser.")
@pass_context
def report(context: Context, lake_uri: str, is_opened: bool) -> None:
    """Print the path of the quality report, or open it."""
    with starting():
        from bovespa_pipeline.lake_reader import lake_there
        from bovespa_pipeline.quality_report import read_page
        from lake_io import NotInLake
    lake = lake_there(lake_uri)
    page = lake.quality.front_page
    if is_opened and "://" in page:
        raise click.UsageError(text("usage.no_browser_opens", page=page))
    content = read_page(lake, context.clock())
    if content is None:
        raise NotInLake(text("report.none", page=page))
    _write(lake, content)
    terminal.say(page)
    if is_opened and not webbrowser.open(Path(page).as_uri()):
        terminal.error(text("report.no_browser"))


def _write(lake: "Lake", content: bytes) -> None:
    """Bring the page up to date; in a lake that cannot be written the existing one has to do."""
    from lake_io import LakeUnreachable
    from lake_io.lake import FRONT_PAGE

    try:
        lake.quality.write_front_page(content)  # writes nothing where the page is up to date
    except LakeUnreachable as error:
        if FRONT_PAGE not in lake.quality.names():
            raise
        reason = current().translated(str(error))
        terminal.note("warning", text("report.earlier", reason=reason))
