"""`bovespa history`, `report`, `withdraw`, `reparse`: looking after a lake."""

import datetime as dt
import webbrowser
from pathlib import Path

import click
import pyarrow as pa

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.options import (
    IndexCode,
    IsoDate,
    format_option,
    lake_option,
    lake_there,
    now,
)
from bovespa_pipeline.ingest.reparsing import reparse_all
from bovespa_pipeline.ingest.withdrawing import withdraw_entry
from bovespa_pipeline.quality_report import write_page
from bovespa_pipeline.verification import verify as verify_lake
from glue_transform import Session
from lake_io import NotInLake

__all__ = ["history", "reparse", "report", "verify", "withdraw"]

UNREACHABLE = 3


@click.command()
@lake_option
@format_option
def history(lake_uri: str, form: str) -> None:
    """The runs that published, oldest first; each can be named in --known-at."""
    runs = lake_there(lake_uri).refined_tables.history()
    rows = {
        "run_id": [run.run_id for run in runs],
        "published_at": pa.array([run.published_at for run in runs], pa.timestamp("ms", "UTC")),
        "contract_version": [run.contract_version for run in runs],
    }
    terminal.show(pa.table(rows), form)


@click.command()
@lake_option
@click.option("--open", "is_opened", is_flag=True, help="Show it in a browser.")
def report(lake_uri: str, is_opened: bool) -> None:
    """Print the path of the quality site: sessions passed, refused and missing."""
    lake = lake_there(lake_uri)
    page = lake.quality_page
    if is_opened and "://" in page:
        raise click.UsageError(f"no browser opens {page}: copy its folder with `aws s3 sync`")
    if not write_page(lake):  # nothing is written where the page is as it must be
        raise NotInLake(f"no quality report at {page} yet: run `bovespa refine`")
    terminal.say(page)
    if is_opened and not webbrowser.open(Path(page).as_uri()):
        terminal.error("no browser could be started: open the page by hand")


@click.command()
@click.argument("code", type=IndexCode())
@click.argument("date", type=IsoDate())
@lake_option
@click.option("--reason", required=True, help="Why; kept with the lake.")
@click.option("--payload", metavar="HASH", default="", help="Which, by the start of its hash.")
def withdraw(code: str, date: dt.date, lake_uri: str, reason: str, payload: str) -> None:
    """Take a session's payload out of what may be published. `bovespa refine` obeys."""
    if not reason.strip():
        raise click.UsageError("--reason must say why: it is kept with the lake")
    entry = withdraw_entry(
        lake_there(lake_uri), Session(code, date), reason=reason, payload=payload, now=now()
    )
    terminal.say(f"withdrawn: {code} {date} {entry.payload_sha256[:16]}; now run `bovespa refine`")


@click.command()
@lake_option
def reparse(lake_uri: str) -> int:
    """Read the payloads of raw again with this version's parser."""
    lake = lake_there(lake_uri)
    with terminal.progress("reparsing") as step:
        outcome = reparse_all(lake.raw, now(), step)
    terminal.say(
        f"read again: {terminal.counted(outcome.read, 'payload', 'payloads')}, "
        f"{outcome.new} with new rows, which "
        f"`bovespa refine --rebuild` publishes; {outcome.still_rejected} are still rejected"
    )
    for refusal in outcome.refusals:
        terminal.error(f"refused: {refusal}")
    return 1 if outcome.refusals else 0


@click.command()
@lake_option
@click.option("--repair", is_flag=True, help="Make anew what can be made from the rest.")
def verify(lake_uri: str, repair: bool) -> int:
    """Read every file of the lake and say what is broken."""
    lake = lake_there(lake_uri)
    with terminal.progress("verifying") as step:
        outcome = verify_lake(lake, now(), step, repair=repair)
    for fault in outcome.repaired:
        terminal.say(f"repaired: {fault.reason}")
    for fault in outcome.faults:
        terminal.error(f"broken: {fault}")
    objects = terminal.counted(outcome.checked, "object", "objects")
    terminal.say(f"read {objects} of raw and all tables: {len(outcome.faults)} broken")
    return UNREACHABLE if outcome.faults else 0
