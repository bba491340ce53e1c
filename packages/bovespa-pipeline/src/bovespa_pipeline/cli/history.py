"""`bovespa history`: the runs that published."""

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.options import format_option, lake_option
from bovespa_pipeline.cli.reading import reading

__all__ = ["history"]


@click.command()
@lake_option
@format_option
def history(lake_uri: str, form: str) -> None:
    """List the runs that published, for --known-at."""
    with reading():
        import pyarrow as pa

        from bovespa_pipeline.lake_reader import lake_there
    runs = lake_there(lake_uri).refined_tables.history()
    rows = {
        "run_id": [run.run_id for run in runs],
        "published_at": pa.array([run.published_at for run in runs], pa.timestamp("ms", "UTC")),
        "contract_version": [run.contract_version for run in runs],
    }
    terminal.show(pa.table(rows), form)
