"""`bovespa query`, `members`, `changes`, `weights`, `gaps`: the tables answer."""

import datetime as dt
import warnings
from collections.abc import Sequence

import click
import pyarrow as pa

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    format_option,
    from_option,
    known_at_option,
    lake_option,
    now,
    refuse_backwards,
    to_option,
)
from bovespa_pipeline.cli.table_layout import Column
from bovespa_pipeline.library import open_lake
from bovespa_pipeline.queries.gaps import missing_sessions
from bovespa_pipeline.queries.results import StaleAnswer

__all__ = ["changes", "gaps", "members", "query", "weights"]

MEMBER_COLUMNS = (
    Column("ticker", "ticker", 0),
    Column("company", "company", 2),
    Column("share_class", "class", 3),
    Column("sector", "sector", 5),
    Column("theoretical_quantity", "quantity", 4),
    Column("weight_pct", "weight %", 1),
)
CHANGE_COLUMNS = (
    Column("reference_date", "session", 0),
    Column("previous_reference_date", "since", 8),
    Column("ticker", "ticker", 1),
    Column("previous_ticker", "was", 4),
    Column("change_type", "change", 2),
    Column("cause", "cause", 3),
    Column("previous_theoretical_quantity", "quantity before", 6),
    Column("theoretical_quantity", "quantity now", 5),
    Column("weight_change_pct", "weight pp", 7),
)
WEIGHT_COLUMNS = (
    Column("reference_date", "session", 0),
    Column("ticker", "ticker", 1),
    Column("theoretical_quantity", "quantity", 3),
    Column("weight_pct", "weight %", 2),
)


class _Query(click.Command):
    """A command whose argument may begin with SQL's comment sign, `--`, as saved queries do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        sql = [each for each in args if _is_sql(each)]
        if sql and "--" not in args:
            args = [*(each for each in args if not _is_sql(each)), "--", *sql]
        return super().parse_args(ctx, args)


def _is_sql(argument: str) -> bool:
    """True for text after a comment sign: no option has white space in its name."""
    name = argument.partition("=")[0]
    is_option = name in {"--lake", "--format", "--known-at"}
    return argument.startswith("--") and not is_option and len(argument.split()) > 1


@click.command(cls=_Query)
@click.argument("sql")
@lake_option
@format_option
@known_at_option
def query(sql: str, lake_uri: str, form: str, known_at: str | None) -> None:
    """Run one SELECT over the published tables."""
    if any("\ud800" <= each <= "\udfff" for each in sql):
        raise click.UsageError("the SQL is no UTF-8 text")
    terminal.show(open_lake(lake_uri).sql(sql, known_at=known_at).arrow, form)


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option("--on", type=IsoDate(), help="The day asked about; the newest session without it.")
@format_option
@known_at_option
def members(code: str, lake_uri: str, on: dt.date | None, form: str, known_at: str | None) -> None:
    """List the members of an index, today or on a date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StaleAnswer)  # the last line says it here
        result = open_lake(lake_uri, clock=now).members(code, on=on, known_at=known_at)
    terminal.show(result.arrow, form, MEMBER_COLUMNS)
    note = f", the latest captured session not after {on}" if on and on != result.session else ""
    if result.rebalance:
        note += f"; the rebalance of {result.rebalance} lies between"
    positions = terminal.counted(len(result), "position", "positions")
    terminal.error(f"{positions} of {code} on {result.session}{note}")


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
    refuse_backwards(first, last)
    result = open_lake(lake_uri).changes(code, first=first, last=last, known_at=known_at)
    terminal.show(result.arrow, form, CHANGE_COLUMNS)
    terminal.error(f"{terminal.counted(len(result), 'change', 'changes')} of {code}")


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@from_option
@to_option
@format_option
@known_at_option
def weights(
    code: str, lake_uri: str, first: dt.date, last: dt.date, form: str, known_at: str | None
) -> None:
    """Every weight and quantity of an index, session by session."""
    refuse_backwards(first, last)
    result = open_lake(lake_uri).weights(code, first=first, last=last, known_at=known_at)
    terminal.show(result.arrow, form, WEIGHT_COLUMNS)
    sessions = len(result.arrow["reference_date"].unique())
    terminal.error(f"{terminal.counted(sessions, 'session', 'sessions')} of {code}")


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@format_option
def gaps(codes: Sequence[str], lake_uri: str, form: str) -> None:
    """Name the sessions between the captures that B3 held and the lake lacks."""
    lake = open_lake(lake_uri)
    missing = [
        {"index_code": code, "reference_date": day}
        for code in codes or lake.indices()
        for day in missing_sessions(lake.sessions(code))
    ]
    schema = pa.schema([("index_code", pa.string()), ("reference_date", pa.date32())])
    terminal.show(pa.Table.from_pylist(missing, schema), form)
    terminal.error(f"{terminal.counted(len(missing), 'session', 'sessions')} missing")
