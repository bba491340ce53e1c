"""`bovespa verify`: every file of the lake against hashes and contracts."""

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, UNREACHABLE
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import lake_option, log_option

__all__ = ["verify"]


@click.command()
@lake_option
@click.option("--repair", is_flag=True, help="Restore what the rest of the lake can restore.")
@log_option
@pass_context
def verify(context: Context, lake_uri: str, repair: bool) -> int:
    """Read every file of the lake and list broken ones."""
    with starting():
        from bovespa_pipeline.ingest.verification import verify as verify_lake
        from bovespa_pipeline.lake_reader import lake_there
    lake = lake_there(lake_uri)
    with terminal.progress("verifying") as step:
        outcome = verify_lake(lake, context.clock(), step, repair=repair)
    for fault in outcome.repaired:
        terminal.say(f"{text('kinds.repaired')}: {current().translated(fault.reason)}")
    for fault in outcome.faults:
        terminal.finding("broken", "", fault.reason, fault.mended_by)
    events.log.tell_verification(outcome)
    objects = counted(outcome.checked, "object")
    terminal.say(text("verify.done", objects=objects, count=len(outcome.faults)))
    return UNREACHABLE if outcome.faults else DONE
