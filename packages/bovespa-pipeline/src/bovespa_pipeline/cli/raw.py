"""`bovespa raw copy`: the raw zone to another folder or bucket."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import log_option

if TYPE_CHECKING:
    from lake_io import CopiedObject, RawCopy

__all__ = ["raw"]


class Places(NamedTuple):
    """Both ends of a copy, as they were named."""

    source: str
    target: str


@click.group()
def raw() -> None:
    """Copy the raw zone of a lake to another place."""


@raw.command(short_help="Copy it to a folder or a bucket.")
@click.argument("source")
@click.argument("target")
@click.option("--dry-run", is_flag=True, help="Compare, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print an object a line.")
@log_option
@pass_context
def copy(context: Context, source: str, target: str, dry_run: bool, as_json: bool) -> int:
    """Copy the raw zone of the lake SOURCE to TARGET, a folder or s3://bucket.

    Nothing in TARGET is overwritten. What is there and identical is skipped, so that an interrupted
    copy continues when it is run again. Ends with 1 if an object of SOURCE is damaged, or one of
    TARGET differs.
    """
    with starting():
        from lake_io import are_nested
    if are_nested(source, target):
        raise click.UsageError(text("raw.nested", source=source, target=target))
    work = _prepared(source, target, dry_run=dry_run)
    output = events.standard_output(context.clock) if as_json else None
    counts: Counter[str] = Counter()
    with terminal.progress("copying", work.total) as step:
        for outcome in work.run(step):
            counts[outcome.state] += 1
            _tell(outcome, Places(source, target), output)
    _tell_summary(counts, output, dry_run=dry_run)
    return REFUSED if counts["differs"] or counts["damaged"] else DONE


def _prepared(source: str, target: str, *, dry_run: bool) -> "RawCopy":
    """List both sides. Raises NotInLake if SOURCE has no raw zone."""
    from lake_io import NotInLake, RawCopy, open_store

    work = RawCopy(open_store(source), open_store(target), dry_run=dry_run)
    if not work.total:
        raise NotInLake(f"there is no raw zone at {source}")
    return work


def _tell(outcome: "CopiedObject", places: Places, output: events.Events | None) -> None:
    """Print an object that was copied, if asked for; name one that was not on standard error."""
    if outcome.state == "present":
        return
    if output:
        output.tell_object(outcome)
    if outcome.state == "copied":
        return
    events.log.tell_object(outcome)
    if not output:
        _say_failure(outcome, places)


def _say_failure(outcome: "CopiedObject", places: Places) -> None:
    if outcome.state == "foreign":
        terminal.finding("not_copied", outcome.key, text("raw.foreign"))
    else:
        terminal.finding(outcome.state.value, outcome.key, outcome.reason, _hint(outcome, places))


def _hint(outcome: "CopiedObject", places: Places) -> str:
    """The step that makes the next copy succeed."""
    from bovespa_pipeline.ingest.verification import repair_of

    if outcome.follows_failure:
        return text("raw.copy_before")
    if outcome.state == "differs":
        return text("raw.move_away", place=places.target.rstrip("/"), key=outcome.key)
    step = current().translated(repair_of(outcome.key, places.source))
    return text("raw.copy_again", step=step)


def _tell_summary(counts: Counter[str], output: events.Events | None, *, dry_run: bool) -> None:
    events.log.tell_copy(counts, dry_run=dry_run)
    if output:
        output.tell_copy(counts, dry_run=dry_run)
        return
    key = "raw.would_copy" if dry_run else "raw.copied"
    objects = counted(counts["copied"], "object")
    failures = counts["differs"] + counts["damaged"]
    terminal.say(text(key, objects=objects, present=counts["present"], failures=failures))
