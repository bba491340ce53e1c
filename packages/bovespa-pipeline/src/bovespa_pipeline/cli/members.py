"""`bovespa members`: the members of an index."""

import datetime as dt
import warnings
from typing import TYPE_CHECKING

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    format_option,
    known_at_option,
    lake_option,
    max_age_option,
)
from bovespa_pipeline.cli.reading import reading
from bovespa_pipeline.cli.table_layout import Column

if TYPE_CHECKING:
    from bovespa_pipeline.queries.results import Members

__all__ = ["members"]

COLUMNS = (
    Column("ticker", "ticker", 0),
    Column("company", "company", 2),
    Column("share_class", "class", 3),
    Column("sector", "sector", 5),
    Column("theoretical_quantity", "quantity", 4),
    Column("weight_pct", "weight", 1),
)


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option("--on", type=IsoDate(), help="Date; default: today.")
@max_age_option
@format_option
@known_at_option
@pass_context
def members(
    context: Context,
    code: str,
    lake_uri: str,
    on: dt.date | None,
    max_age: int | None,
    form: str,
    known_at: str | None,
) -> None:
    """List the members of an index, today or on a date."""
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
        from bovespa_pipeline.queries.results import StaleAnswer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StaleAnswer)  # the last line of the output states it
        lake = open_lake(lake_uri, clock=context.clock)
        result = lake.members(code, on=on, known_at=known_at, max_age=max_age)
    terminal.show(result.arrow, form, COLUMNS)
    terminal.error(_footer(result))


def _footer(result: "Members") -> str:
    """The session of the answer, with its warnings."""
    is_earlier = result.rebalance or (result.on is not None and result.on != result.session)
    return text(
        "members.footer",
        positions=counted(len(result), "position"),
        index=result.index_code,
        session=result.session,
        earlier=text("members.earlier", on=result.day) if is_earlier else "",
        rebalance=text("members.rebalance", day=result.rebalance) if result.rebalance else "",
        basis=text(f"bases.{result.source}"),
    )
