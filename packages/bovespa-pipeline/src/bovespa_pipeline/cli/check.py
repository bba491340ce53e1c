"""`bovespa check`: what is wrong with a lake, for a monitor."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import Address, IndexCode, lake_option, log_option

if TYPE_CHECKING:
    from bovespa_pipeline.health.problem import Problem
    from bovespa_pipeline.health.state import LastMessage

__all__ = ["check"]

FORMS = ("slack", "discord", "ntfy", "plain")


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@click.option(
    "--days",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="How far back gaps and damaged rows count.",
)
@click.option("--json", "as_json", is_flag=True, help="Print an object instead of sentences.")
@click.option(
    "--notify",
    "url",
    type=Address(),
    envvar="BOVESPA_NOTIFY",
    help="Webhook to tell of each change; better given in BOVESPA_NOTIFY.",
)
@click.option(
    "--notify-form",
    "form",
    type=click.Choice(FORMS),
    help="Form of the message.  [default: by the host of the webhook]",
)
@log_option
@pass_context
def check(
    context: Context,
    codes: Sequence[str],
    lake_uri: str,
    days: int,
    as_json: bool,
    url: str | None,
    form: str | None,
) -> int:
    """Report problems of the lake; the exit code is 1 while there are any.

    Late are the indices whose newest session is older than the last one before today in São Paulo;
    besides there are refused and withheld sessions, recent gaps, sessions that are not published
    yet, and rows that are missing or damaged. A webhook receives each change of what is wrong once.
    """
    with starting():
        from bovespa_pipeline.dates import expected_session
        from bovespa_pipeline.health.problems import find_problems, first_day
        from bovespa_pipeline.health.state import LastMessage
        from bovespa_pipeline.lake_reader import lake_there
        from lake_io import NotInLake
    now, place = context.clock(), _place(lake_uri)

    def notify(problems: "Sequence[Problem]") -> None:
        if url is not None:
            last = LastMessage.of(place, codes, url, first_day(now, days))
            _notify(url, place, problems, form, last)

    with _notifying_of_faults(notify):
        lake = lake_there(lake_uri)
    with _notifying_of_faults(notify, but_not=NotInLake):  # of an index that is mistyped
        problems = find_problems(lake, now, codes, days)
    if as_json:
        terminal.say(_as_json(lake.uri, str(expected_session(now)), problems))
    else:
        for problem in problems:
            terminal.say(_line(problem))
        terminal.error(_summary(problems))
    events.log.tell_problems(problems)
    notify(problems)
    return REFUSED if problems else DONE


def _place(lake_uri: str) -> str:
    """The lake's address, which a message names though the lake cannot be opened."""
    try:
        return lake_uri if "://" in lake_uri else str(Path(lake_uri).expanduser().resolve())
    except (OSError, RuntimeError, ValueError):  # a name that no folder can have
        return lake_uri


@contextmanager
def _notifying_of_faults(
    notify: "Callable[[Sequence[Problem]], None]", but_not: type[Exception] | tuple[()] = ()
) -> Iterator[None]:
    """Notify of a lake that is missing or cannot be read: a disk that is not mounted, too."""
    from bovespa_pipeline.health.problem import Fact, Problem
    from lake_io import LakeError

    try:
        yield
    except but_not:
        raise
    except LakeError as error:
        notify([Problem("unreadable", None, str(error), facts=(Fact("unreadable"),))])
        raise


def _summary(problems: "Sequence[Problem]") -> str:
    if not problems:
        return text("check.well")
    return text("check.wrong", problems=counted(len(problems), "problem"))


def _line(problem: "Problem") -> str:
    parts = (text(f"kinds.{problem.kind}"), problem.index_code, problem.message(current()))
    return ": ".join(part for part in parts if part)


def _as_json(lake: str, expected: str, problems: "Sequence[Problem]") -> str:
    return json.dumps(
        {
            "lake": lake,
            "is_well": not problems,
            "expected_session": expected,
            "problems": [events.of_problem(each) for each in problems],
        },
        ensure_ascii=False,
    )


def _notify(
    url: str, lake: str, problems: "Sequence[Problem]", form: str | None, last: "LastMessage"
) -> None:
    """Notify the webhook of a change; a failure is a warning, and is tried again."""
    from bovespa_pipeline.health import webhook

    facts = [fact for problem in problems for fact in problem.facts]
    if not last.differs(facts):
        return
    try:
        webhook.post(url, lake, problems, form)
        last.replace(facts)
    except webhook.NotDelivered as error:
        reason = current().translated(str(error))
        terminal.note("warning", text("check.not_delivered", error=reason))
    except OSError as error:
        terminal.note("warning", text("check.not_noted", file=last.file, reason=error.strerror))
