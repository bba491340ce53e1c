"""`bovespa changes`: the changes of an index."""

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

__all__ = ["changes"]

COLUMNS = (
    Column("reference_date", "session", 0),
    Column("previous_reference_date", "since", 8),
    Column("ticker", "ticker", 1),
    Column("previous_ticker", "was", 4),
    Column("change_type", "change", 2),
    Column("cause", "cause", 3),
    Column("previous_theoretical_quantity", "quantity_before", 6),
    Column("theoretical_quantity", "quantity_now", 5),
    Column("weight_change_pct", "weight_change", 7),
)


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@from_option
@to_option
@format_option
@known_at_option
def changes(
    code: str, lake_uri: str, first: dt.date, last: dt.date, form: str, known_at: str | None
) -> None:
    """List the changes of an index by session, with their causes."""
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    refuse_backwards(first, last)
    result = open_lake(lake_uri).changes(code, first=first, last=last, known_at=known_at)
    terminal.show(result.arrow, form, COLUMNS)
    terminal.error(text("changes.footer", changes=counted(len(result), "change"), index=code))
    for previous, session in result.coarse_steps:
        terminal.error(
            text(
                "changes.coarse",
                previous=previous,
                session=session,
                days=counted((session - previous).days, "day"),
            )
        )
