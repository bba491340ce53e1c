"""`bovespa raw copy`: the raw zone to another folder or bucket."""

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, text

if TYPE_CHECKING:
    from lake_io import CopiedObject, RawCopy

__all__ = ["raw"]


@click.group()
def raw() -> None:
    """Copy the raw zone of a lake to another place."""


@raw.command(short_help="Copy it to a folder or a bucket.")
@click.argument("source")
@click.argument("target")
@click.option("--dry-run", is_flag=True, help="Compare, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a line.")
def copy(source: str, target: str, dry_run: bool, as_json: bool) -> int:
    """Copy the raw zone of the lake SOURCE to TARGET, a folder or s3://bucket.

    Nothing in TARGET is overwritten. What is there and identical is skipped, so that an interrupted
    copy continues when it is run again. Ends with 1 if an object of TARGET differs.
    """
    with starting():
        from lake_io import are_nested
    if are_nested(source, target):
        raise click.UsageError(text("raw.nested", source=source, target=target))
    work = _prepared(source, target, dry_run=dry_run)
    counts: Counter[str] = Counter()
    with terminal.progress("copying", work.total) as step:
        for outcome in work.run(step):
            counts[outcome.state] += 1
            (_say_json if as_json else _say_trouble)(outcome)
    _say_summary(counts, as_json=as_json, dry_run=dry_run)
    return REFUSED if counts["differs"] or counts["damaged"] else DONE


def _prepared(source: str, target: str, *, dry_run: bool) -> "RawCopy":
    """List both sides. Raises NotInLake if SOURCE has no raw zone."""
    from lake_io import NotInLake, RawCopy, open_store

    work = RawCopy(open_store(source), open_store(target), dry_run=dry_run)
    if not work.total:
        raise NotInLake(f"there is no raw zone at {source}")
    return work


def _say_json(outcome: "CopiedObject") -> None:
    if outcome.state == "present":
        return
    event = {"event": outcome.state, "key": outcome.key}
    terminal.say(json.dumps(event | ({"reason": outcome.reason} if outcome.reason else {})))


def _say_trouble(outcome: "CopiedObject") -> None:
    """Name the objects that were not copied, on standard error."""
    match outcome.state:
        case "differs" | "damaged":
            terminal.note(outcome.state.value, outcome.key, outcome.reason)
        case "foreign":
            terminal.note("not_copied", outcome.key, text("raw.foreign"))


def _say_summary(counts: Counter[str], *, as_json: bool, dry_run: bool) -> None:
    names = ("copied", "present", "differs", "damaged", "foreign")
    if as_json:
        summary = {name: counts[name] for name in names}
        terminal.say(json.dumps({"event": "summary", "dry_run": dry_run, **summary}))
        return
    key = "raw.would_copy" if dry_run else "raw.copied"
    objects = counted(counts["copied"], "object")
    failures = counts["differs"] + counts["damaged"]
    terminal.say(text(key, objects=objects, present=counts["present"], failures=failures))
