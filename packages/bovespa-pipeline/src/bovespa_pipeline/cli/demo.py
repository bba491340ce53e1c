"""`bovespa demo`: the whole pipeline, end to end, without B3, AWS or Java."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.operating_system import command_of_clone

if TYPE_CHECKING:
    from b3_scraper.testing import SamplePortfolio
    from bovespa_pipeline.lake_reader import LakeReader
    from lake_io import Lake

__all__ = ["capture_sample", "demo"]

EVENING: Final = dt.time(21)
INDEX: Final = "IBOV"
BEFORE_PREVIEWS: Final = dt.date(2024, 11, 29)
"""The session before the first preview: what B3 answers then about the next portfolio is stale."""
COMMAND: Final = command_of_clone() if os.environ.get("HATCH_ENV_ACTIVE") else "bovespa"
COUNTED: Final = (
    "select index_code, count(*) as sessions, min(reference_date) as first_session, "
    "max(reference_date) as last_session, max(position_count) as most_positions "
    "from portfolio group by index_code order by index_code"
)


@click.command()
@click.option(
    "--lake", "lake_uri", default="./demo-lake", show_default=True, help="Folder of the new lake."
)
@pass_context
def demo(context: Context, lake_uri: str) -> int:
    """Run the whole pipeline on a bundled sample exchange."""
    with starting():
        from bovespa_pipeline.cli.refine import tell
        from bovespa_pipeline.quality_report import write_page
        from glue_transform import DuckDBEngine, refine
        from glue_transform.quality.gate import require
        from lake_io import open_lake
    require()
    lake = open_lake(lake_uri)
    count = capture_sample(lake)
    terminal.say(text("demo.captured", answers=counted(count, "answer"), lake=lake_uri))
    with terminal.progress("refining") as step:
        report = refine(lake, DuckDBEngine(), context.clock(), progress=step)
    tell(report)
    write_page(lake, _last_evening())  # not today, when the sample is years late
    _show_changes(lake)
    return DONE if report.is_done() else REFUSED


def capture_sample(lake: "Lake") -> int:
    """Capture the sample day by day, since an exchange serves one session and keeps no history."""
    from b3_scraper import Client
    from b3_scraper.testing import Exchange
    from bovespa_pipeline.ingest.capturing import capture, keep_undated
    from bovespa_pipeline.sample import sample_portfolios, sample_previews

    sample = sample_portfolios()
    with (
        Exchange(sample, BEFORE_PREVIEWS, previews=sample_previews()) as exchange,
        Client(exchange.url) as client,
        lake.raw.batch(),
        terminal.progress("capturing", len(sample)) as step,
    ):
        asked_at = dt.datetime.combine(BEFORE_PREVIEWS, EVENING, dt.UTC)
        keep_undated(lake.raw, client, [INDEX], _stopped(asked_at))
        count = 0
        for day, codes in _days(sample):
            exchange.today = day
            asked_at = dt.datetime.combine(day, EVENING, dt.UTC)
            count += len(capture(lake.raw, client, codes, _stopped(asked_at), step).landed)
    return count


def _last_evening() -> dt.datetime:
    """The time of the sample's last capture."""
    from bovespa_pipeline.sample import sample_portfolios

    return dt.datetime.combine(sample_portfolios()[-1].reference_date, EVENING, dt.UTC)


def _stopped(at: dt.datetime) -> Callable[[], dt.datetime]:
    return lambda: at


def _days(sample: "tuple[SamplePortfolio, ...]") -> Iterator[tuple[dt.date, list[str]]]:
    for day, portfolios in groupby(sample, key=lambda portfolio: portfolio.reference_date):
        yield day, [portfolio.index_code for portfolio in portfolios]


def _show_changes(lake: "Lake") -> None:
    from bovespa_pipeline.lake_reader import LakeReader
    from bovespa_pipeline.queries.change_summary import summarise_changes

    reader = LakeReader(lake)
    terminal.say("")
    terminal.show(reader.sql(COUNTED).arrow, "table")
    terminal.say(text("demo.changes", index=INDEX))
    lines = summarise_changes(reader.changes(INDEX).arrow, current())
    terminal.show(lines.drop_columns("since"), "table")  # which leaves a line of 80 columns
    terminal.say(text("demo.tables", lake=lake.uri))
    terminal.say(text("demo.report", page=lake.quality.front_page))
    terminal.say(text("demo.plot", path=_plotted(reader)))
    preview = f"{COMMAND} preview {INDEX} --lake {lake.uri}"
    terminal.say(text("demo.preview", command=preview))
    members = f"{COMMAND} members {INDEX} --on 2024-12-31 --lake {lake.uri}"
    terminal.say(text("demo.members", command=members))


def _plotted(reader: "LakeReader") -> str:
    """Return the path of the plot, or the command that installs the missing packages."""
    from bovespa_pipeline.cli.plot import drawn
    from bovespa_pipeline.queries.results import MissingPackage

    later = f"{COMMAND} plot {INDEX} --lake {reader.uri}"
    if "://" in reader.uri:
        return later
    path = Path(reader.uri) / f"{INDEX}.svg"
    try:
        drawn(reader.picture(INDEX, language=current().language), path)
    except MissingPackage as error:
        needed = current().translated(str(error))
        return text("demo.then", error=needed, command=later)
    return str(path)
