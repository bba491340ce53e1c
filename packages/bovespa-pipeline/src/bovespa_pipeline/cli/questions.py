"""`bovespa security`, `holders`, `compare`, `sectors`, `turnover`, `concentration`."""

import datetime as dt
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    Ticker,
    format_option,
    from_option,
    known_at_option,
    lake_option,
    max_age_option,
    refuse_backwards,
    to_option,
)
from bovespa_pipeline.cli.reading import reading

if TYPE_CHECKING:
    from bovespa_pipeline.lake_reader import LakeReader
    from bovespa_pipeline.queries.results import Answer, DatedAnswer

__all__ = ["compare", "concentration", "holders", "sectors", "security", "turnover"]

NAMED = 5
"""So many indices are named in a note; more are counted."""
on_option = click.option("--on", type=IsoDate(), help="Date; default: today.")


def _show(
    context: Context, lake_uri: str, form: str, ask: "Callable[[LakeReader], Answer]"
) -> None:
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    terminal.show(ask(open_lake(lake_uri, clock=context.clock)).arrow, form)


def _show_dated(
    context: Context, lake_uri: str, form: str, ask: "Callable[[LakeReader], DatedAnswer]"
) -> "DatedAnswer":
    """Write the rows, and to standard error the sessions that answer."""
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
        from bovespa_pipeline.queries.results import StaleAnswer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StaleAnswer)  # the last lines of the output state it
        answer = ask(open_lake(lake_uri, clock=context.clock))
    terminal.show(answer.arrow, form)
    for codes, session, rebalance in answer.groups():
        terminal.error(_session(codes, session, rebalance, answer.day))
    return answer


def _session(
    codes: Sequence[str], session: dt.date, rebalance: dt.date | None, day: dt.date
) -> str:
    return text(
        "questions.session",
        indices=", ".join(codes) if len(codes) <= NAMED else counted(len(codes), "index"),
        session=session,
        earlier=text("members.earlier", on=day) if session != day else "",
        rebalance=text("members.rebalance", day=rebalance) if rebalance else "",
    )


@click.command()
@click.argument("ticker", type=Ticker())
@lake_option
@format_option
@known_at_option
@pass_context
def security(context: Context, ticker: str, lake_uri: str, form: str, known_at: str | None) -> None:
    """List quantity and weight of a security in every index and session."""
    _show(context, lake_uri, form, lambda lake: lake.history(ticker, known_at=known_at))


@click.command()
@click.argument("ticker", type=Ticker())
@lake_option
@on_option
@max_age_option
@format_option
@known_at_option
@pass_context
def holders(
    context: Context,
    ticker: str,
    lake_uri: str,
    on: dt.date | None,
    max_age: int | None,
    form: str,
    known_at: str | None,
) -> None:
    """List the indices that hold a security, today or on a date."""
    answer = _show_dated(
        context,
        lake_uri,
        form,
        lambda lake: lake.holders(ticker, on=on, known_at=known_at, max_age=max_age),
    )
    if not answer:
        terminal.error(text("questions.no_holder", ticker=ticker, day=answer.day))


@click.command()
@click.argument("code", type=IndexCode())
@click.argument("other", type=IndexCode())
@lake_option
@on_option
@max_age_option
@format_option
@known_at_option
@pass_context
def compare(
    context: Context,
    code: str,
    other: str,
    lake_uri: str,
    on: dt.date | None,
    max_age: int | None,
    form: str,
    known_at: str | None,
) -> None:
    """Compare the weights of two indices, today or on a date."""
    _show_dated(
        context,
        lake_uri,
        form,
        lambda lake: lake.compare(code, other, on=on, known_at=known_at, max_age=max_age),
    )


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@on_option
@max_age_option
@format_option
@known_at_option
@pass_context
def sectors(
    context: Context,
    code: str,
    lake_uri: str,
    on: dt.date | None,
    max_age: int | None,
    form: str,
    known_at: str | None,
) -> None:
    """List the sectors of an index by weight, today or on a date."""
    _show_dated(
        context,
        lake_uri,
        form,
        lambda lake: lake.sectors(code, on=on, known_at=known_at, max_age=max_age),
    )


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@from_option
@to_option
@format_option
@known_at_option
@pass_context
def turnover(
    context: Context,
    code: str,
    lake_uri: str,
    first: dt.date,
    last: dt.date,
    form: str,
    known_at: str | None,
) -> None:
    """List by session how much of an index was replaced since the one before."""
    refuse_backwards(first, last)
    span = {"first": first, "last": last}
    _show(context, lake_uri, form, lambda lake: lake.turnover(code, **span, known_at=known_at))


@click.command()
@click.argument("code", type=IndexCode())
@lake_option
@from_option
@to_option
@format_option
@known_at_option
@pass_context
def concentration(
    context: Context,
    code: str,
    lake_uri: str,
    first: dt.date,
    last: dt.date,
    form: str,
    known_at: str | None,
) -> None:
    """List by session how concentrated an index is."""
    refuse_backwards(first, last)
    span = {"first": first, "last": last}
    _show(context, lake_uri, form, lambda lake: lake.concentration(code, **span, known_at=known_at))
