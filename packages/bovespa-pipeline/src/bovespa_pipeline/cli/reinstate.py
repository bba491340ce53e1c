"""`bovespa reinstate`: undo a withdrawal."""

import datetime as dt

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import stored_payload_options

__all__ = ["reinstate"]


@click.command()
@stored_payload_options
@pass_context
def reinstate(
    context: Context, code: str, date: dt.date, lake_uri: str, reason: str, payload: str
) -> None:
    """Undo a withdrawal; the next refine publishes the payload again."""
    with starting():
        from bovespa_pipeline.ingest.withdrawing import reinstate_entry
        from bovespa_pipeline.lake_reader import lake_there
        from glue_transform import IndexSession
    entry = reinstate_entry(
        lake_there(lake_uri),
        IndexSession(code, date),
        reason=reason,
        payload=payload,
        now=context.clock(),
    )
    payload = entry.payload_sha256[:16]
    terminal.say(text("withdraw.undone", code=code, date=date, payload=payload))
