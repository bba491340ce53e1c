"""`bovespa preview`: the next portfolio of an index, as far as B3 has announced it."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b3_scraper.formats import ending_of
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    PictureFile,
    format_option,
    known_at_option,
    lake_option,
)
from bovespa_pipeline.cli.reading import reading
from bovespa_pipeline.cli.table_layout import Column

if TYPE_CHECKING:
    import pyarrow as pa

    from bovespa_pipeline.queries.results import Preview

__all__ = ["preview"]

CHANGES = (
    Column("ticker", "ticker", 0),
    Column("company", "company", 3),
    Column("change_type", "change", 1),
    Column("previous_weight_pct", "weight_before", 5),
    Column("weight_pct", "weight_then", 4),
    Column("weight_change_pct", "weight_change", 2),
    Column("previous_theoretical_quantity", "quantity_before", 7),
    Column("theoretical_quantity", "quantity_then", 6),
)
POSITIONS = (
    Column("ticker", "ticker", 0),
    Column("company", "company", 2),
    Column("share_class", "class", 3),
    Column("theoretical_quantity", "quantity", 4),
    Column("weight_pct", "weight", 1),
)
TOP = 10


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option("--positions", is_flag=True, help="The whole announced portfolio.")
@click.option(
    "--top",
    type=click.IntRange(1),
    default=TOP,
    show_default=True,
    help="Number of largest changes of weight in the table.",
)
@click.option("--output", "path", type=PictureFile(), help="File for a plot of before and after.")
@format_option
@known_at_option
@pass_context
def preview(
    context: Context,
    code: str,
    lake_uri: str,
    positions: bool,
    top: int,
    path: Path | None,
    form: str,
    known_at: str | None,
) -> None:
    """Show the portfolio that B3 has announced, and what it changes.

    The table lists what enters and leaves and the largest changes of weight; the other formats
    have all changes.
    """
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    result = open_lake(lake_uri, clock=context.clock).preview(code, known_at=known_at)
    if path is not None:
        _draw(result, path, top)
        return
    if positions:
        terminal.show(result.arrow, form, POSITIONS)
    elif form == "table":
        terminal.show(_largest(result, top), form, CHANGES)
    else:
        terminal.show(result.changes.arrow, form)
    _tell(result, context.clock().date())


def _largest(result: "Preview", top: int) -> "pa.Table":
    """What enters and leaves, and the largest changes of weight of the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = result.changes.arrow
    is_member = pc.is_in(rows["change_type"], pa.array(["inclusion", "exclusion"]))
    return pa.concat_tables([rows.filter(is_member), rows.filter(pc.invert(is_member))[:top]])


def _tell(result: "Preview", today: dt.date) -> None:
    """Print what the preview is, and what is doubtful about it, on standard error."""
    kinds = result.changes.arrow["change_type"].to_pylist()
    against = text("preview.nothing_to_compare")
    if result.in_force_date:
        against = text(
            "preview.against",
            day=result.in_force_date,
            inclusions=kinds.count("inclusion"),
            exclusions=kinds.count("exclusion"),
        )
    terminal.error(
        text(
            "preview.footer",
            number=result.number,
            index=result.index_code,
            day=result.effective_date,
            seen=result.first_seen_on,
            positions=counted(len(result), "position"),
            against=against,
        )
    )
    if today >= result.effective_date:
        terminal.error(text("preview.in_force", day=result.effective_date))
    if not result.is_confirmed:
        terminal.note("warning", text("preview.doubtful"))


def _draw(result: "Preview", path: Path, top: int) -> None:
    from bovespa_pipeline.cli.plot import write_picture
    from bovespa_pipeline.plot.preview import draw_preview

    kind = ending_of(path)[1:]
    write_picture(path, draw_preview(result, kind, top, current().language))
    terminal.say(current().shown(path))
