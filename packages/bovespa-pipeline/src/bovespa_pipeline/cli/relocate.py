"""`bovespa relocate`: the paths in the tables of a lake that was moved."""

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import lake_option, log_option, wait_option

__all__ = ["relocate"]


@click.command()
@lake_option
@wait_option
@log_option
def relocate(lake_uri: str, wait: float | None) -> None:
    """Rewrite the paths in the tables to the folder that the lake is in now.

    `bovespa` reads and writes a lake that was moved, copied or mounted elsewhere as it is. Other
    programs (PyIceberg, DuckDB, Spark, Trino) need the paths.
    """
    with starting():
        from bovespa_pipeline.lake_reader import lake_there
        from lake_io import relocate_lake
    tables = relocate_lake(lake_there(lake_uri).uri, wait=wait, told=terminal.message)
    events.log.tell_relocation(tables)
    if tables:
        terminal.say(text("relocate.done", tables=counted(len(tables), "table")))
    else:
        terminal.say(text("relocate.nothing"))
