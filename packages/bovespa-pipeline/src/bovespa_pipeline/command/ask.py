"""`bovespa query`, `members`, `changes`, `gaps`: the tables answer."""

import datetime as dt
from collections.abc import Sequence

import click
import pyarrow as pa

from bovespa_pipeline import asking, terminal
from bovespa_pipeline.command.options import (
    IndexCode,
    IsoDate,
    format_option,
    known_at_option,
    lake_option,
    lake_there,
    refuse_backwards,
    view_of,
)
from bovespa_pipeline.gaps import missing_sessions
from lake_io import query as run_sql

__all__ = ["changes", "gaps", "members", "query"]

MEMBER_COLUMNS = ("ticker", "company", "share_class", "theoretical_quantity", "weight_pct")
CHANGE_COLUMNS = (
    "reference_date",
    "previous_reference_date",
    "ticker",
    "previous_ticker",
    "change_type",
    "cause",
    "previous_theoretical_quantity",
    "theoretical_quantity",
    "weight_change_pct",
)


@click.command()
@click.argument("sql")
@lake_option
@format_option
@known_at_option
def query(sql: str, lake_uri: str, form: str, known_at: str | None) -> None:
    """Run one SELECT over the published tables."""
    with view_of(lake_there(lake_uri), known_at) as view:
        terminal.show(run_sql(view, sql), form)


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option("--on", type=IsoDate(), help="The day asked about; the newest session without it.")
@format_option
@known_at_option
def members(code: str, lake_uri: str, on: dt.date | None, form: str, known_at: str | None) -> None:
    """Who is in an index, or was on a date."""
    with view_of(lake_there(lake_uri), known_at, frozenset({code})) as view:
        found = asking.members(view, code, on)
    terminal.show(found.rows.select(MEMBER_COLUMNS) if form == "table" else found.rows, form)
    asked = f", the latest captured session not after {on}" if on and on != found.session else ""
    terminal.error(f"{found.rows.num_rows} positions of {code} on {found.session}{asked}")


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@click.option("--from", "first", type=IsoDate(), default=dt.date.min, help="First session.")
@click.option("--to", "last", type=IsoDate(), default=dt.date.max, help="Last session.")
@format_option
@known_at_option
def changes(
    code: str, lake_uri: str, first: dt.date, last: dt.date, form: str, known_at: str | None
) -> None:
    """What changed in an index, session by session, and why."""
    refuse_backwards(first, last)
    with view_of(lake_there(lake_uri), known_at, frozenset({code})) as view:
        rows = asking.changes(view, code, first, last)
    terminal.show(rows.select(CHANGE_COLUMNS) if form == "table" else rows, form)
    terminal.error(f"{terminal.counted(rows.num_rows, 'change', 'changes')} of {code}")


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@format_option
def gaps(codes: Sequence[str], lake_uri: str, form: str) -> None:
    """Name the sessions between the captures that B3 held and the lake lacks."""
    view = lake_there(lake_uri).catalogue.view()
    held = view.read("portfolio", columns=("index_code",))["index_code"].unique().to_pylist()
    missing = [
        {"index_code": code, "reference_date": day}
        for code in codes or sorted(held)
        for day in missing_sessions(asking.sessions(view, code))
    ]
    schema = pa.schema([("index_code", pa.string()), ("reference_date", pa.date32())])
    terminal.show(pa.Table.from_pylist(missing, schema), form)
    terminal.error(f"{terminal.counted(len(missing), 'session', 'sessions')} missing")
