"""`bovespa gaps`: sessions missing from the lake."""

from collections.abc import Sequence

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.options import IndexCode, format_option, lake_option
from bovespa_pipeline.cli.reading import reading

__all__ = ["gaps"]


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@format_option
def gaps(codes: Sequence[str], lake_uri: str, form: str) -> None:
    """List the trading sessions missing between captures."""
    with reading():
        import pyarrow as pa

        from bovespa_pipeline.lake_reader import open_lake
        from bovespa_pipeline.queries.gaps import missing_sessions
    lake = open_lake(lake_uri)
    missing = [
        {"index_code": code, "reference_date": day}
        for code in codes or lake.indices()
        for day in missing_sessions(lake.sessions(code))
    ]
    schema = pa.schema([("index_code", pa.string()), ("reference_date", pa.date32())])
    terminal.show(pa.Table.from_pylist(missing, schema), form)
    terminal.error(f"{terminal.counted(len(missing), 'session', 'sessions')} missing")
