"""`bovespa backfill`: past quadrimesters from B3's bulletins, then refine."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED, UNREACHABLE
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    lake_option,
    log_option,
    source_option,
)
from bovespa_pipeline.cli.refine import publish

if TYPE_CHECKING:
    from bovespa_pipeline.ingest.backfilling import Backfill
    from lake_io import Lake

__all__ = ["backfill"]

FIRST = dt.date(2022, 9, 30)
"""The first month with bulletins, as a day of its quadrimester."""
_COLUMNS = 12


class _Month(IsoDate):
    """YYYY-MM or YYYY-MM-DD; a month stands for its last day, when its portfolio is in force."""

    name = "YYYY-MM"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}", value, re.ASCII):
            return super().convert(value, param, ctx)
        first = super().convert(f"{value}-01", param, ctx)
        return (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@click.option(
    "--first", "--from", "first", type=_Month(), default=FIRST, help="First month, from 2022-09 on."
)
@click.option("--last", "--to", "last", type=_Month(), help="Last month; default: today.")
@source_option
@log_option
@pass_context
def backfill(
    context: Context,
    codes: Sequence[str],
    lake_uri: str,
    first: dt.date,
    last: dt.date | None,
    source: str | None,
) -> int:
    """Land the portfolios of past quadrimesters from B3's bulletins, then refine."""
    today = context.clock().date()
    last = last or today
    if first.replace(day=1) > today:
        raise click.UsageError(text("usage.from_future", month=f"{first:%Y-%m}"))
    if first < FIRST:
        raise click.UsageError(text("usage.before_bulletins"))
    first = min(first, today)
    _refuse_backwards(first, last)
    with starting():
        from glue_transform.quality.gate import require
    require()
    with context.gate() as gate:
        with starting():
            from lake_io import open_lake
        lake = open_lake(lake_uri, lazily=True)
        landed = _landed(lake, codes, (first, last), source, context)
        published = publish(lake, context, gate=gate)
    return max(landed, published)


def _refuse_backwards(first: dt.date, last: dt.date) -> None:
    """Refuse a span that ends before it begins, by its months, or by days of one month."""
    months = f"{first:%Y-%m}", f"{last:%Y-%m}"
    ends = months if months[0] != months[1] else (first, last)
    if first > last:
        raise click.UsageError(text("usage.backwards", first=ends[0], last=ends[1]))


def _landed(
    lake: "Lake",
    codes: Sequence[str],
    span: tuple[dt.date, dt.date],
    source: str | None,
    context: Context,
) -> int:
    """Fetch and land the bulletins, and print what was found; the exit code."""
    with starting():
        from b3_scraper import BULLETIN_URL
        from bovespa_pipeline.cli.landing_output import tell_repairs
        from bovespa_pipeline.ingest.backfilling import Backfill, quadrimesters
        from bovespa_pipeline.ingest.backfilling import backfill as backfill_all
        from bovespa_pipeline.ingest.landing import Landing
    first, last = span
    targets = quadrimesters(first, min(last, context.clock().date()))
    outcome = Backfill(Landing(lake.raw, context.clock))
    with context.bulletin_client(source or BULLETIN_URL) as client:
        try:
            with (
                lake.raw.batch(),
                terminal.progress("backfilling", len(targets)) as step,
            ):
                backfill_all(outcome, client, targets, codes, step)
        finally:  # also after an interrupt: earlier quadrimesters have landed
            is_complete = _tell(outcome, codes)
            events.log.tell_backfill(outcome)
            tell_repairs(lake.raw)
    if outcome.unreachable:
        return UNREACHABLE
    return REFUSED if outcome.landing.refusals or not is_complete else DONE


def _tell(outcome: "Backfill", codes: Sequence[str]) -> bool:
    """Print a table of quadrimesters and indices, then what is missing; True if nothing is."""
    for start in range(0, len(outcome.quadrimesters), _COLUMNS):
        _tell_table(outcome, codes, start)
    for landed in outcome.landing.landed:
        if landed.warnings:
            name = f"{landed.entry.index_code} {landed.entry.reference_date}"
            terminal.finding("warning", name, *landed.warnings)
    for refusal in outcome.landing.refusals:
        terminal.finding("refused", refusal.name, refusal.reason)
    for failure in outcome.unreachable:
        terminal.finding("unreachable", failure.name, failure.reason)
    away = {failure.name for failure in outcome.unreachable}
    missing = [pair for pair in outcome.not_found(codes) if pair[0].name not in away]
    for quadrimester, without in missing:
        what = ", ".join(without) or text("backfill.no_bulletin")
        tried = "; ".join(quadrimester.attempts) or text("backfill.not_held")
        terminal.note("not_found", quadrimester.name, f"{what} ({tried})")
    return not missing


def _tell_table(outcome: "Backfill", codes: Sequence[str], start: int) -> None:
    """Print some quadrimesters side by side, a line for each index."""
    shown = outcome.quadrimesters[start : start + _COLUMNS]
    indices = sorted({*codes, *(code for each in outcome.quadrimesters for code in each.codes)})
    heading, yes = text("backfill.index"), text("backfill.yes")
    terminal.say(f"{heading:6}" + "".join(f" {each.name[2:]:>5}" for each in shown))
    for index in indices:
        marks = "".join(f" {yes if index in each.codes else '-':>5}" for each in shown)
        terminal.say(f"{index:6}{marks}")
