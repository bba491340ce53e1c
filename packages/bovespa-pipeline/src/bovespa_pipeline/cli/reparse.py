"""`bovespa reparse`: typed rows from the payloads again."""

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.options import lake_option

__all__ = ["reparse"]


@click.command()
@lake_option
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
        f"read again: {terminal.counted(outcome.read, 'payload', 'payloads')}, "
        f"{outcome.new} with new rows, which "
        f"`bovespa refine --rebuild` publishes; {outcome.still_rejected} are still rejected"
    )
    if outcome.previews:
        answers = terminal.counted(outcome.previews, "answer", "answers")
        terminal.say(f"previews: {answers} with new rows")
    for refusal in outcome.refusals:
        terminal.error(f"refused: {refusal}")
    return REFUSED if outcome.refusals else DONE
