"""`bovespa reparse`: typed rows from the payloads again."""

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, text
from bovespa_pipeline.cli.options import lake_option, log_option

__all__ = ["reparse"]


@click.command()
@lake_option
@log_option
@pass_context
def reparse(context: Context, lake_uri: str) -> int:
    """Parse all payloads again with this version."""
    with starting():
        from bovespa_pipeline.ingest.reparsing import reparse_all
        from bovespa_pipeline.lake_reader import lake_there
    lake = lake_there(lake_uri)
    with lake.raw.batch(), terminal.progress("reparsing") as step:
        outcome = reparse_all(lake.raw, context.clock(), step)
    terminal.say(
        text(
            "reparse.done",
            payloads=counted(outcome.read, "payload"),
            new=outcome.new,
            rejected=outcome.still_rejected,
        )
    )
    if outcome.previews:
        terminal.say(text("reparse.previews", answers=counted(outcome.previews, "answer")))
    for refusal in outcome.refusals:
        terminal.finding("refused", refusal.name, refusal.reason)
    events.log.tell_reparse(outcome)
    return REFUSED if outcome.refusals else DONE
