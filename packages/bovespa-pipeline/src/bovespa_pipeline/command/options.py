"""Options that several commands share."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from bovespa_pipeline.knowing import known_at
from bovespa_pipeline.terminal import FORMATS
from lake_io import Lake, NotInLake, View, open_lake

__all__ = [
    "IndexCode",
    "IsoDate",
    "format_option",
    "known_at_option",
    "lake_option",
    "lake_there",
    "now",
    "refuse_backwards",
    "source_option",
    "view_of",
]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def now() -> dt.datetime:
    """The one clock of the command."""
    return dt.datetime.now(dt.UTC)


class IsoDate(click.ParamType[dt.date]):
    """YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
        except ValueError:
            self.fail(f"{value!r} is no date of the form YYYY-MM-DD", param, ctx)


class IndexCode(click.ParamType[str]):
    """B3's code of an index, in either case."""

    name = "CODE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = value.upper()
        if not re.fullmatch(INDEX_CODE_PATTERN, code):
            self.fail(f"{value!r} is no index code such as IBOV", param, ctx)
        return code


class _Address(click.ParamType[str]):
    """The base address of an exchange."""

    name = "URL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.match(r"https?://[^/\s]", value):
            self.fail(f"{value!r} is no address such as https://exchange.example/", param, ctx)
        return value


lake_option: Final[Decorator] = click.option(
    "--lake",
    "lake_uri",
    envvar="BOVESPA_LAKE",
    default="./lake",
    show_default=True,
    metavar="URI",
    help="The lake; also from BOVESPA_LAKE.",
)
source_option: Final[Decorator] = click.option(
    "--source", type=_Address(), metavar="URL", help="Another base address than B3's."
)
format_option: Final[Decorator] = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True
)
known_at_option: Final[Decorator] = click.option(
    "--known-at",
    metavar="TIME|RUN",
    help="As known at a time (ISO 8601, UTC unless it says otherwise) or as a run published it.",
)


def refuse_backwards(first: dt.date, last: dt.date) -> None:
    """A span that ends before it begins holds nothing: a mistake, not an empty answer."""
    if first > last:
        raise click.UsageError(f"--from {first} is after --to {last}")


def lake_there(uri: str) -> Lake:
    """The lake, for a question: a mistyped name is told and does not make a new one."""
    if "://" not in uri and not Path(uri).expanduser().exists():
        raise NotInLake(f"there is no lake at {uri}: name it with --lake or BOVESPA_LAKE")
    return open_lake(uri)


@contextmanager
def view_of(lake: Lake, when: str | None, indices: frozenset[str] = frozenset()) -> Iterator[View]:
    """The newest publication; or what `--known-at` names."""
    if when is None:
        yield lake.catalogue.view()
        return
    time = _time(when)
    if time is None:
        yield _run(lake, when)
        return
    with known_at(lake, time, indices) as view:
        yield view


def _time(text: str) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _run(lake: Lake, run_id: str) -> View:
    try:
        return lake.catalogue.view(run_id)
    except NotInLake as error:
        raise NotInLake(f"{run_id!r} is no time, and {error}") from error
