"""`bovespa withdraw`: exclude a payload from the published tables."""

import datetime as dt

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import stored_payload_options

__all__ = ["withdraw"]


@click.command()
@stored_payload_options
@pass_context
def withdraw(
    context: Context, code: str, date: dt.date, lake_uri: str, reason: str, payload: str
) -> None:
    """Withdraw a payload; the next refine removes it."""
    with starting():
        from bovespa_pipeline.ingest.withdrawing import withdraw_entry
        from bovespa_pipeline.lake_reader import lake_there
        from glue_transform import IndexSession
    entry = withdraw_entry(
        lake_there(lake_uri),
        IndexSession(code, date),
        reason=reason,
        payload=payload,
        now=context.clock(),
    )
    payload = entry.payload_sha256[:16]
    terminal.say(text("withdraw.done", code=code, date=date, payload=payload))
