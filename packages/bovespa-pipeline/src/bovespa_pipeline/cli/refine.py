"""`bovespa refine`: from the raw zone through the quality gate to published tables."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.options import (
    IndexCode,
    from_option,
    lake_option,
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

INSTALL_SPARK = (
    "run `pip install 'glue-transform[spark]'`; "
    "in a clone of the repository `hatch -e spark run bovespa refine --engine spark`"
)


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
        from glue_transform import RefineOptions, Scope
        from glue_transform.quality.gate import require
        from lake_io import open_lake
    require()
    scope = Scope(frozenset(codes), first, last)
    lake = open_lake(lake_uri, rebuild=rebuild, warn=terminal.error)
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
    lock = partial(lake.refining, wait=wait, told=terminal.error)
    lake = replace(lake, refining=lock)
    with terminal.progress("refining") as step:
        run = partial(glue_transform.refine, evaluate=gate) if gate else glue_transform.refine
        report = run(lake, engine, context.clock(), options, step)
    (tell_report or tell)(report)
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
        raise EngineMissing(f"{error}: {INSTALL_SPARK}") from error


def tell(report: "Report") -> None:
    """Print a run's outcome: publications on standard output, the rest on standard error."""
    indices = {session.index_code for session in report.published}
    if report.published:
        portfolios = terminal.counted(len(report.published), "portfolio", "portfolios")
        terminal.say(
            f"published {portfolios} of {terminal.counted(len(indices), 'index', 'indices')}"
        )
    for session in report.removed:
        terminal.say(f"taken out: {session.index_code} {session.reference_date}")
    _tell_previews(report)
    if not (report.published or report.removed or report.previews):
        terminal.say("nothing to publish")
    for label, findings in (
        ("warning", report.warnings),
        ("refused", report.refused),
        ("withheld", report.withheld),
        ("still refused", report.prior_findings),
    ):
        for finding in findings:
            terminal.error(f"{label}: {_in_words(finding)}")


def _tell_previews(report: "Report") -> None:
    """Print which rebalance was announced, and what is doubtful about it."""
    groups: dict[dt.date, list[Announcement]] = {}
    for announcement in report.previews:
        groups.setdefault(announcement.effective_date, []).append(announcement)
    for effective_date, those in groups.items():
        indices = terminal.counted(len({each.index_code for each in those}), "index", "indices")
        terminal.say(f"published previews of the portfolios of {effective_date} of {indices}")
        if doubtful := sorted({each.index_code for each in those if not each.is_confirmed}):
            terminal.error(
                f"warning: previews for {effective_date}: of {', '.join(doubtful)} no other answer "
                "came before since the last rebalance: it may be the expired one"
            )
    for error in report.unreadable_previews:
        terminal.error(f"warning: a preview cannot be read: {error}; run `bovespa reparse`")


def _in_words(finding: "Finding | ConflictingImports") -> str:
    """What a finding says, and the command that resolves a conflict."""
    from glue_transform import Finding
    from glue_transform.quality.words import in_words

    if isinstance(finding, Finding):
        return in_words(finding)
    session = f"{finding.index_code} {finding.reference_date}"
    return f"{finding}: run `bovespa withdraw {session} --payload HASH --reason WHY`"
