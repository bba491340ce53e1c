"""`bovespa refine`: from the raw zone through the quality gate to published tables."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import (
    IndexCode,
    from_option,
    lake_option,
    log_option,
    only_new_option,
    refuse_backwards,
    to_option,
    wait_option,
)

if TYPE_CHECKING:
    from glue_transform import (
        Announcement,
        ConflictingImports,
        Engine,
        Finding,
        QualityCheck,
        RefineOptions,
        Report,
    )
    from lake_io import Lake

__all__ = ["publish", "refine", "tell"]


@click.command()
@lake_option
@click.option("--index", "codes", multiple=True, type=IndexCode(), help="Only this index.")
@from_option
@to_option
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="Engine that runs the SQL.",
)
@click.option("--rebuild", is_flag=True, help="Publish every session again from raw.")
@click.option("--retry", is_flag=True, help="Evaluate earlier refusals again.")
@only_new_option
@wait_option
@log_option
@pass_context
def refine(
    context: Context,
    lake_uri: str,
    codes: Sequence[str],
    first: dt.date,
    last: dt.date,
    engine: str,
    rebuild: bool,
    retry: bool,
    only_new: bool,
    wait: float | None,
) -> int:
    """Publish pending sessions that pass contract and gate.

    Ends with 1 while something is refused or withheld.
    """
    refuse_backwards(first, last)
    with starting():
        from bovespa_pipeline.queries.indices import assert_in_lake
        from glue_transform import RefineOptions, Scope
        from glue_transform.quality.gate import require
        from lake_io import open_lake
    require()
    scope = Scope(frozenset(codes), first, last)
    lake = open_lake(lake_uri, rebuild=rebuild, warn=terminal.message)
    assert_in_lake(lake, codes)
    options = RefineOptions(scope, rebuild, retry)
    engine_there = _engine(engine, lake)
    return publish(lake, context, options, engine_there, only_new=only_new, wait=wait)


def publish(
    lake: "Lake",
    context: Context,
    options: "RefineOptions | None" = None,
    engine: "Engine | None" = None,
    *,
    gate: "QualityCheck | None" = None,
    only_new: bool = False,
    wait: float | None = None,
    tell_report: "Callable[[Report], None] | None" = None,
) -> int:
    """Refine, print the outcome and update the quality site; the exit code.

    Refusals of earlier runs count as well, unless `only_new`.
    """
    with starting():
        import glue_transform
        from bovespa_pipeline.quality_report import write_page
        from glue_transform.quality.gate import require
    require()
    options = options or glue_transform.RefineOptions()
    engine = engine or glue_transform.DuckDBEngine()
    lock = partial(lake.refining, wait=wait, told=terminal.message)
    lake = replace(lake, refining=lock)
    with terminal.progress("refining") as step:
        run = partial(glue_transform.refine, evaluate=gate) if gate else glue_transform.refine
        report = run(lake, engine, context.clock(), options, step)
    (tell_report or tell)(report)
    events.log.tell_report(report)
    write_page(lake, context.clock())
    return DONE if report.is_done(only_new=only_new) else REFUSED


def _engine(name: str, lake: "Lake") -> "Engine | None":
    if name == "duckdb":
        return None
    from glue_transform import EngineMissing
    from glue_transform.engines.spark import SparkEngine, start
    from glue_transform.quality.gate import warm_up

    warm_up()
    try:
        return SparkEngine(start(), lake.uri)
    except EngineMissing as error:
        if not isinstance(error.__cause__, ModuleNotFoundError):
            raise
        raise EngineMissing(text("refine.install_spark", error=error)) from error


def tell(report: "Report") -> None:
    """Print a run's outcome: publications on standard output, the rest on standard error."""
    indices = {session.index_code for session in report.published}
    if report.published:
        portfolios = counted(len(report.published), "portfolio")
        of_indices = counted(len(indices), "index")
        terminal.say(text("refine.published", portfolios=portfolios, indices=of_indices))
    for session in report.removed:
        day = current().shown(session.reference_date)
        terminal.say(f"{text('kinds.taken_out')}: {session.index_code} {day}")
    _tell_previews(report)
    if not (report.published or report.removed or report.previews):
        terminal.say(text("refine.nothing"))
    for label, findings in (
        ("warning", report.warnings),
        ("refused", report.refused),
        ("withheld", report.withheld),
        ("still_refused", report.still_refused),
        ("still_withheld", report.still_withheld),
    ):
        for finding in findings:
            terminal.finding(label, _in_words(finding))


def _tell_previews(report: "Report") -> None:
    """Print which rebalance was announced, and what is doubtful about it."""
    groups: dict[dt.date, list[Announcement]] = {}
    for announcement in report.previews:
        groups.setdefault(announcement.effective_date, []).append(announcement)
    for effective_date, those in groups.items():
        indices = counted(len({each.index_code for each in those}), "index")
        terminal.say(text("refine.previews", day=effective_date, indices=indices))
        if doubtful := sorted({each.index_code for each in those if not each.is_confirmed}):
            names = ", ".join(doubtful)
            terminal.finding("warning", text("refine.doubtful", day=effective_date, indices=names))
    for error in report.unreadable_previews:
        reason = current().translated(str(error))
        terminal.note("warning", text("refine.unreadable", error=reason))


def _in_words(finding: "Finding | ConflictingImports") -> str:
    """What a finding says, and the command that resolves a conflict."""
    from glue_transform import Finding
    from glue_transform.quality.words import in_words

    if isinstance(finding, Finding):
        return current().dated(in_words(finding, current().language))
    return text(
        "refine.conflict",
        session=f"{finding.index_code} {current().shown(finding.reference_date)}",
        hashes=", ".join(entry.payload_sha256[:16] for entry in finding.entries),
        command=f"{finding.index_code} {finding.reference_date}",
    )
