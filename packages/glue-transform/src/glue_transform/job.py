"""The Glue job: refines pending sessions with Spark; refusals fail the run.

A manifest only wakes the job: it refines everything pending, and so makes up for an event
that was lost. What passes is published before the run fails for what did not.

The gate is the one of every engine. It evaluates a row a portfolio, in which Spark has
already summed up the positions: some dozens of rows, which a cluster would evaluate slower.
"""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from b3_contracts.errors import ContractError
from b3_contracts.failures import system_failure
from glue_transform.engines.base import Engine
from glue_transform.errors import TransformError
from glue_transform.planning import Scope
from glue_transform.quality.gate import warm_up
from glue_transform.refine import refine
from glue_transform.report import RefineOptions, Report
from lake_io import Lake, LakeError, open_lake

__all__ = ["DONE", "REFUSED", "UNREACHABLE", "Outcome", "main", "run"]

DONE: Final = 0
REFUSED: Final = 1
UNREACHABLE: Final = 3


@dataclass(frozen=True)
class Outcome:
    """How a run ended: 0, 1 for refusals, 3 for an unreachable lake or system, and the reason."""

    code: int
    reason: str = ""
    refusals: tuple[str, ...] = ()
    """The portfolios that were refused or withheld, each with its rule."""


def main(
    argv: Sequence[str],
    engine: Callable[[str], Engine] | None = None,
    afterwards: Callable[[Lake], object] = lambda _: None,
) -> int:
    """Run the job; return the code of its outcome."""
    return run(argv, engine, afterwards).code


def run(
    argv: Sequence[str],
    engine: Callable[[str], Engine] | None = None,
    afterwards: Callable[[Lake], object] = lambda _: None,
) -> Outcome:
    """Refine as `argv` requests.

    What earlier runs refused counts as long as it stands, unless `--only-new`.

    Every line on standard output is a JSON object; that of a failure comes last and says
    why. `engine` makes the engine for a lake's URI: Spark, unless a test says otherwise.
    `afterwards` is handed the lake as the run leaves it; a refusal goes before what fails there.
    """
    options = _parse(argv)
    try:
        lake = open_lake(options.lake, rebuild=options.rebuild)
        chosen = (engine or _spark)(options.lake)
        report = refine(lake, chosen, dt.datetime.now(dt.UTC), _refine_options(options))
    except Exception as error:
        if (failure := _failure(error)) is None:
            raise
        return _fail(*failure)
    _tell(report, options.manifest)
    is_done = report.is_done(only_new=options.only_new)
    try:
        afterwards(lake)
    except Exception as error:
        if (failure := _failure(error)) is None:
            raise
        if is_done:
            return _fail(*failure)
    return Outcome(DONE) if is_done else _refused(_refusals(report, only_new=options.only_new))


def _failure(error: Exception) -> tuple[int, str] | None:
    """The code and the reason of a run that stopped; None for a defect."""
    failure = system_failure(error)
    match error:
        case LakeError():
            return UNREACHABLE, str(error)
        case TransformError() if failure:
            return UNREACHABLE, str(error)
        case ContractError() | TransformError():
            return REFUSED, str(error)
        case _:
            return (UNREACHABLE, failure) if failure else None


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Our own arguments: Glue hands a script its own ones, too."""
    parser = argparse.ArgumentParser("refine_job", allow_abbrev=False)
    parser.add_argument("--lake", required=True, metavar="URI")
    parser.add_argument("--manifest", metavar="KEY", help="the object that started the run")
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
    # Glue's arguments are pairs, so a flag may come with a value.
    parser.add_argument("--rebuild", nargs="?", const=True, default=False, type=_truth)
    parser.add_argument("--only-new", nargs="?", const=True, default=False, type=_truth)
    options, _ = parser.parse_known_args(argv)
    if options.manifest and (options.first or options.last or options.rebuild):
        parser.error("--manifest refines what is pending: it goes without --from, --to, --rebuild")
    return options


def _truth(text: str) -> bool:
    if text.lower() not in {"true", "false", ""}:
        raise ValueError(text)
    return text.lower() != "false"


def _refine_options(options: argparse.Namespace) -> RefineOptions:
    scope = Scope(first=options.first or dt.date.min, last=options.last or dt.date.max)
    return RefineOptions(scope, rebuild=options.rebuild)


def _spark(lake_uri: str) -> Engine:
    from glue_transform.engines.spark import SparkEngine, start

    warm_up()
    return SparkEngine(start(), lake_uri)


def _tell(report: Report, manifest: str | None) -> None:
    _say(
        event="refined",
        run_id=report.run_id,
        manifest=manifest,
        published=len(report.published),
        indices=sorted({session.index_code for session in report.published}),
        removed=[f"{session.index_code} {session.reference_date}" for session in report.removed],
        warnings=[str(finding) for finding in report.warnings],
        refused=[str(finding) for finding in report.refused],
        withheld=[str(session) for session in report.withheld],
        still_refused=[str(finding) for finding in report.still_refused],
        still_withheld=[str(session) for session in report.still_withheld],
    )


def _refusals(report: Report, *, only_new: bool) -> tuple[str, ...]:
    prior = report.unreadable if only_new else report.prior_findings
    return tuple(map(str, (*report.refused, *report.withheld, *prior)))


def _refused(refusals: tuple[str, ...]) -> Outcome:
    return _fail(REFUSED, "not everything was published: " + "; ".join(refusals), refusals)


def _fail(code: int, reason: str, refusals: tuple[str, ...] = ()) -> Outcome:
    _say(event="failed", code=code, reason=reason)
    return Outcome(code, reason, refusals)


def _say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()
