"""`bovespa weights`: weights and quantities of an index."""

import datetime as dt

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    format_option,
    from_option,
    known_at_option,
    lake_option,
    refuse_backwards,
    to_option,
)
from bovespa_pipeline.cli.reading import reading
from bovespa_pipeline.cli.table_layout import Column

__all__ = ["weights"]

COLUMNS = (
    Column("reference_date", "session", 0),
    Column("ticker", "ticker", 1),
    Column("theoretical_quantity", "quantity", 3),
    Column("weight_pct", "weight", 2),
)


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@from_option
@to_option
@click.option("--wide", is_flag=True, help="A row per session, a column per ticker; all sessions.")
@format_option
@known_at_option
def weights(
    code: str,
    lake_uri: str,
    first: dt.date,
    last: dt.date,
    wide: bool,
    form: str,
    known_at: str | None,
) -> None:
    """List weights and quantities of an index by session."""
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    refuse_backwards(first, last)
    if wide:
        terminal.show(open_lake(lake_uri).weights_wide(code, known_at=known_at).arrow, form)
        return
    result = open_lake(lake_uri).weights(code, first=first, last=last, known_at=known_at)
    terminal.show(result.arrow, form, COLUMNS)
    sessions = len(result.arrow["reference_date"].unique())
    terminal.error(text("weights.footer", sessions=counted(sessions, "session"), index=code))
