"""Options that several commands share."""

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from b3_contracts.vocabulary import INDEX_CODE_PATTERN, TICKER_PATTERN
from b3_scraper.aliases import alias_hint
from b3_scraper.formats import ending_of
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.cli.language import current, text
from bovespa_pipeline.cli.terminal import FORMATS
from bovespa_pipeline.dates import as_date
from bovespa_pipeline.texts import PORTUGUESE

__all__ = [
    "TODAY",
    "Address",
    "ColumnNames",
    "IndexCode",
    "IsoDate",
    "PictureFile",
    "Quadrimester",
    "Ticker",
    "format_option",
    "from_option",
    "known_at_option",
    "lake_option",
    "log_option",
    "max_age_option",
    "only_new_option",
    "refuse_backwards",
    "source_option",
    "stored_payload_options",
    "to_option",
    "wait_option",
]

TODAY: Final = dt.date.max
"""Stands for the day of the clock, which an option does not know."""
DEFAULT_LAKE: Final = "./lake"
PICTURES: Final = ("png", "svg", "pdf")
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class IsoDate(click.ParamType[dt.date]):
    """YYYY-MM-DD, or `today` where that is asked for, as `TODAY`."""

    name = "YYYY-MM-DD"

    def __init__(self, *, today: bool = False) -> None:
        self._today = today

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        if self._today and value == "today":
            return TODAY
        try:
            return as_date(_iso(value))
        except ValueError:
            self.fail(text("usage.date", value=repr(value)), param, ctx)


def _iso(value: Any) -> Any:
    """A Brazilian date as an ISO one, where the tables show dates so."""
    is_brazilian = current().language == PORTUGUESE and isinstance(value, str)
    match = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value, re.ASCII) if is_brazilian else None
    return "-".join(reversed(match.groups())) if match else value


class Quadrimester(click.ParamType[dt.date]):
    """YYYY-N with N from 1 to 3, as B3 numbers them; its first session."""

    name = "YYYY-N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        from b3_scraper.quadrimester import first_session

        match = re.fullmatch(r"(20\d\d)-([123])", str(value), re.ASCII)
        if not match:
            self.fail(text("usage.quadrimester", value=repr(value)), param, ctx)
        return first_session((int(match[1]), 4 * int(match[2]) - 3))


class IndexCode(click.ParamType[str]):
    """B3's code of an index, in either case."""

    name = "CODE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        code = value.upper()
        if not re.fullmatch(INDEX_CODE_PATTERN, code):
            hint = current().translated(alias_hint(value))
            hint = hint or text("usage.such_as", example="IBOV")
            self.fail(text("usage.index_code", value=repr(value), hint=hint), param, ctx)
        return code

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """The indices of a local lake, by the names of its folders: nothing is opened."""
        lake = ctx.params.get("lake_uri") or os.environ.get("BOVESPA_LAKE") or DEFAULT_LAKE
        folders = Path(lake).expanduser().glob("raw/position/index_code=*")
        codes = sorted(folder.name.partition("=")[2] for folder in folders)
        return [CompletionItem(code) for code in codes if code.startswith(incomplete.upper())]


class Ticker(click.ParamType[str]):
    """B3's code of a security, in either case."""

    name = "TICKER"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        ticker = value.upper()
        if not re.fullmatch(TICKER_PATTERN, ticker):
            self.fail(text("usage.ticker", value=repr(value)), param, ctx)
        return ticker


class ColumnNames(click.ParamType[dict[str, str]]):
    """`ticker=codigo,weight=part`: the columns of an archive, by their fields."""

    name = "FIELD=COLUMN,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        from b3_scraper.archive.columns import FIELDS, field_named

        columns: dict[str, str] = {}
        for part in str(value).split(","):
            name, is_pair, column = (text.strip() for text in part.partition("="))
            field = field_named(name)
            if not is_pair or not column or field is None or field in columns:
                fields = ", ".join(sorted(set(FIELDS.values())))
                self.fail(text("usage.columns", value=repr(part), fields=fields), param, ctx)
            columns[field] = column
        return columns


class PictureFile(click.ParamType[Path]):
    """A file whose extension selects the format."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if ending_of(path)[1:] not in PICTURES:
            endings = ", ".join(f".{each}" for each in PICTURES)
            self.fail(text("usage.picture", value=repr(value), endings=endings), param, ctx)
        return path


class Address(click.ParamType[str]):
    """The address of an exchange or of a webhook."""

    name = "URL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.match(r"https?://[^/\s]", value):
            self.fail(text("usage.address", value=repr(value)), param, ctx)
        return value


lake_option: Final[Decorator] = click.option(
    "--lake",
    "lake_uri",
    envvar="BOVESPA_LAKE",
    default=DEFAULT_LAKE,
    show_default=True,
    metavar="URI",
    help="The lake; default from BOVESPA_LAKE.",
)
source_option: Final[Decorator] = click.option(
    "--source", type=Address(), metavar="URL", help="Base address instead of B3's."
)
only_new_option: Final[Decorator] = click.option(
    "--only-new", is_flag=True, help="Exit with 0 if all refusals are of earlier runs."
)
wait_option: Final[Decorator] = click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Longest wait for another run to end; default: for ever.",
)


def _set_log(ctx: click.Context, _: click.Parameter, form: str) -> None:
    if form == "json" and not ctx.resilient_parsing:
        terminal.log.use_json(ctx.ensure_object(Context).clock)


log_option: Final[Decorator] = click.option(
    "--log",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    is_eager=True,  # before anything is refused
    expose_value=False,
    callback=_set_log,
    help="Form of standard error; json: an object a line for each event.",
)
format_option: Final[Decorator] = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="Output format.",
)
from_option: Final[Decorator] = click.option(
    "--first", "--from", "first", type=IsoDate(), default=dt.date.min, help="First session."
)
to_option: Final[Decorator] = click.option(
    "--last", "--to", "last", type=IsoDate(), default=dt.date.max, help="Last session."
)
max_age_option: Final[Decorator] = click.option(
    "--max-age",
    type=click.IntRange(0),
    metavar="DAYS",
    help="Refuse a session that is older than so many days.",
)
known_at_option: Final[Decorator] = click.option(
    "--known-at",
    metavar="TIME|RUN",
    help="State at a time (ISO 8601, UTC by default) or of a run.",
)


def stored_payload_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The parameters of `withdraw` and `reinstate`: a stored payload, and a reason."""
    decorators: tuple[Decorator, ...] = (
        click.argument("code", type=IndexCode()),
        click.argument("date", type=IsoDate()),
        lake_option,
        click.option(
            "--reason", required=True, callback=_filled, help="Reason, kept with the lake."
        ),
        click.option(
            "--payload", metavar="HASH", default="", help="Start of the hash of the payload."
        ),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def _filled(_: click.Context, __: click.Parameter, reason: str) -> str:
    if not reason.strip():
        raise click.UsageError(text("usage.no_reason"))
    return reason


def refuse_backwards(first: dt.date, last: dt.date) -> None:
    """Refuse a span that ends before it begins, instead of an empty answer."""
    if first > last:
        raise click.UsageError(text("usage.backwards", first=first, last=last))
