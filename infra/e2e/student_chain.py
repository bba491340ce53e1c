"""The chain in a student account, once and short: a rule's event to a published portfolio.

Its roles, alarms and the rest of what the jobs do are those of the other account's chain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from applied import STUDENT, apply
from cloud import Cloud
from exchange_days import LATE, showing
from functions import deliver, running
from glue import Ended, Glue

from lake_io import open_lake

__all__ = ["StudentPlayed", "play"]

LAKE = f"s3://{STUDENT.lake_bucket}"


@dataclass(frozen=True)
class StudentPlayed:
    """The chain's outcome, for tests to inspect."""

    resources: int
    started: str
    """Run of the capture job, by the function that the rule calls."""
    capture: Ended
    refine: Ended
    batch: tuple[int, int]
    portfolios: list[dict[str, object]]
    violations: frozenset[str]
    """Requests that break the model of their service."""


def play(scratch: Path, build: Path, say: Callable[[str, str], None]) -> StudentPlayed:
    """Apply, capture, refine and destroy, with `raw/` in the bucket."""
    with apply(scratch, build, STUDENT) as applied:
        cloud = Cloud(applied)
        resources = len(applied.terraform("state", "list").splitlines())
        say("student", f"applied {resources} resources in {STUDENT.region}, no role among them")
        glue = Glue(cloud, scratch)
        started = _call_by_the_rule(cloud, scratch)
        say("student", f"rule: {applied.outputs['schedules_utc']['capture']} starts {started}")
        capture = _capture(cloud, glue)
        say("student", capture.lines[0])
        batch = _deliver(cloud, scratch)
        refine = glue.run(cloud.outputs["refine_job"], "refine")
        say(
            "student", f"published {refine.said[0]['published']} portfolio, exit code {refine.code}"
        )
        with cloud.here():
            rows = open_lake(LAKE).refined_tables.snapshot().read("portfolio").to_pylist()
        violations = frozenset(applied.requests.violations)
        return StudentPlayed(resources, started, capture, refine, batch, rows, violations)


def _call_by_the_rule(cloud: Cloud, scratch: Path) -> str:
    """The rule's own target, called with an event as EventBridge writes it."""
    events = cloud.client("events")
    (target,) = events.list_targets_by_rule(Rule="bovespa-capture")["Targets"]
    assert target["Arn"].endswith(f":{cloud.outputs['start_capture_function']}")
    arn = events.describe_rule(Name="bovespa-capture")["Arn"]
    event = {"id": "53dc4d37", "detail-type": "Scheduled Event", "resources": [arn], "detail": {}}
    with running(cloud, "start_capture_function", "start-capture", scratch) as function:
        run: str = function.invoke(event)["job_run_id"]
    return run


def _capture(cloud: Cloud, glue: Glue) -> Ended:
    """Only the exchange is another than B3."""
    with showing(LATE) as exchange:
        return glue.run(cloud.outputs["capture_job"], "capture", more={"--source": exchange.url})


def _deliver(cloud: Cloud, scratch: Path) -> tuple[int, int]:
    with running(cloud, "trigger_function", "trigger", scratch) as function:
        return deliver(cloud, function)
