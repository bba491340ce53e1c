"""`bovespa gaps`: sessions missing from the lake."""

import datetime as dt
from collections.abc import Sequence

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import TODAY, IndexCode, IsoDate, format_option, lake_option
from bovespa_pipeline.cli.reading import reading

__all__ = ["gaps"]


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@click.option(
    "--until",
    type=IsoDate(today=True),
    help="Look further than the last captured session, to a date or to `today`.",
)
@format_option
@pass_context
def gaps(
    context: Context, codes: Sequence[str], lake_uri: str, until: dt.date | None, form: str
) -> None:
    """List the trading sessions missing between captures."""
    if until is not None and until != TODAY and until > context.clock().date():
        raise click.UsageError(text("usage.until_future", day=until))
    with reading():
        import pyarrow as pa

        from bovespa_pipeline.dates import expected_session
        from bovespa_pipeline.lake_reader import open_lake
        from bovespa_pipeline.queries.gaps import missing_sessions
        from bovespa_pipeline.queries.indices import NOTHING_YET
        from lake_io import NotInLake
    lake = open_lake(lake_uri)
    indices = codes or lake.indices()
    if not indices:
        raise NotInLake(f"the lake holds {NOTHING_YET}")
    # Today's own session may still be captured.
    last = expected_session(context.clock()) if until == TODAY else until
    missing = [
        {"index_code": code, "reference_date": day}
        for code in indices
        for day in missing_sessions(lake.sessions(code), last)
    ]
    schema = pa.schema([("index_code", pa.string()), ("reference_date", pa.date32())])
    terminal.show(pa.Table.from_pylist(missing, schema), form)
    terminal.error(text("gaps.footer", sessions=counted(len(missing), "session")))
