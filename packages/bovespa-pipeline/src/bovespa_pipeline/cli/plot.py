"""`bovespa plot`: weights or quantities of an index over time, its changes marked."""

import datetime as dt
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from b3_scraper.console import starting
from b3_scraper.formats import ending_of
from b3_scraper.output_file import NO_SUCH_PLACE, write_file
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.language import current, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    PictureFile,
    from_option,
    known_at_option,
    lake_option,
    refuse_backwards,
    to_option,
)

if TYPE_CHECKING:
    from bovespa_pipeline.plot.model import Picture

__all__ = ["drawn", "plot", "write_picture"]

WHAT: Final = ("weights", "quantities")
SIZE: Final = (1500, 900)
LEAST: Final = (800, 500)
TOP: Final = 10
MOST: Final = 40


class _Size(click.ParamType[tuple[int, int]]):
    """Width and height in pixels."""

    name = "WxH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", value)
        size = (int(match[1]), int(match[2])) if match else (0, 0)
        if size[0] < LEAST[0] or size[1] < LEAST[1]:
            self.fail(text("usage.size", value=repr(value)), param, ctx)
        return size


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option(
    "--what",
    type=click.Choice(WHAT),
    default="weights",
    show_default=True,
    help="Column to draw.",
)
@from_option
@to_option
@click.option("--tickers", metavar="A,B,…", default="", help="Securities to draw.")
@click.option(
    "--top",
    type=click.IntRange(1, MOST),
    default=TOP,
    show_default=True,
    help="Number of largest securities to draw.",
)
@click.option(
    "--output", "path", type=PictureFile(), help="File to write.  [default: CODE-WHAT.png]"
)
@click.option(
    "--size", type=_Size(), default=SIZE, help="Width and height in pixels.  [default: 1500x900]"
)
@known_at_option
def plot(
    code: str,
    lake_uri: str,
    what: str,
    first: dt.date,
    last: dt.date,
    tickers: str,
    top: int,
    path: Path | None,
    size: tuple[int, int],
    known_at: str | None,
) -> None:
    """Draw weights or quantities over time."""
    with starting():
        from bovespa_pipeline.lake_reader import open_lake
    refuse_backwards(first, last)
    codes = tickers.upper().replace(",", " ").split()
    picture = open_lake(lake_uri).picture(
        code,
        what=what,
        top=top,
        tickers=codes,
        first=first,
        last=last,
        known_at=known_at,
        language=current().language,
    )
    path = path or Path(f"{code}-{what}.png")
    drawn(picture, path, size)
    terminal.say(current().shown(path))


def drawn(picture: "Picture", path: Path, size: tuple[int, int] = SIZE) -> None:
    """Write the plot to a file, without matplotlib's warnings about fonts."""
    from bovespa_pipeline.plot import render

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    write_picture(path, render.draw(picture, ending_of(path)[1:], size))


def write_picture(path: Path, image: bytes) -> None:
    try:
        write_file(path, image)
    except NO_SUCH_PLACE as error:
        reason = current().translated(str(error.strerror))
        raise click.UsageError(text("usage.cannot_write", path=path, reason=reason)) from error
