"""`bovespa report`: the quality site."""

import webbrowser
from pathlib import Path

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import lake_option

__all__ = ["report"]


@click.command()
@lake_option
@click.option("--open", "is_opened", is_flag=True, help="Open it in a browser.")
@pass_context
def report(context: Context, lake_uri: str, is_opened: bool) -> None:
    """Print the path of the quality report, or open it."""
    with starting():
        from bovespa_pipeline.lake_reader import lake_there
        from bovespa_pipeline.quality_report import write_page
        from lake_io import NotInLake
    lake = lake_there(lake_uri)
    page = lake.quality.front_page
    if is_opened and "://" in page:
        raise click.UsageError(text("usage.no_browser_opens", page=page))
    if not write_page(lake, context.clock()):  # writes nothing where the page is up to date
        raise NotInLake(text("report.none", page=page))
    terminal.say(page)
    if is_opened and not webbrowser.open(Path(page).as_uri()):
        terminal.error(text("report.no_browser"))
