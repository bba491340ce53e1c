"""The whole chain, once: from what the exchange shows to the tables in the Glue Catalog.

1  the last of twelve sessions is captured by the job that the schedule starts; ten others are
   imported; two manifests, one run: the second message waits, and is delivered again
2  the run publishes what passes and fails for the index that does not: the alarm is told
3  GitHub's workflow captures a session in between, late; the run that its manifest or the
   waiting one starts corrects the changes of its successor; a message that comes twice
   starts nothing
4  the last message starts a run that has nothing to do
5  everything is published anew from raw, and the tables are tended
6  GitHub's workflow exports the tables
7  the watch finds that no session of today has come
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from applied import LAKE_BUCKET
from cloud import Cloud, foreign
from exchange_days import LAST, LATE, downloads, showing
from functions import deliver, running
from glue import Ended, Glue
from runtime_api import Function

from lake_io import open_lake, query

__all__ = ["LAKE", "Chain", "Played"]

LAKE = f"s3://{LAKE_BUCKET}"

# Maintenance comes every thirty publications and keeps what is younger than a month: not today.
_AS_IF_MUCH_LATER = """
import datetime, json
from lake_io.tables import maintenance
maintenance.MAINTENANCE_INTERVAL, maintenance.RETENTION = 1, datetime.timedelta(0)
print(json.dumps({"code": maintenance.__file__}))
"""
_PROFILE = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "endpoint_url": "AWS_ENDPOINT_URL",
    "region": "AWS_REGION",
}
_CORRECTED = "select * from position_change where reference_date = date '2025-02-03'"
# On a cluster, whose machines are not this one, tables pass to Spark through the lake.
_STAGED = f"""
import pyarrow as pa
from glue_transform.engines.staging import staging
with staging("{LAKE}") as folder:
    folder.write("position", pa.table({{"ticker": ["ABEV3"]}}))
    assert folder.read("position").num_rows == 1
"""


@dataclass
class Played:
    """The chain's outcome, for tests to inspect."""

    asked: list[str] = field(default_factory=list)
    batches: list[tuple[int, int]] = field(default_factory=list)
    runs: dict[str, Ended] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    logged: list[dict[str, object]] = field(default_factory=list)
    exported: set[str] = field(default_factory=set)
    """The names of the files of the export."""
    watched: dict[str, object] = field(default_factory=dict)
    objects: dict[str, set[str]] = field(default_factory=dict)
    """The keys outside `runs/` after each run of the refine job."""
    after_the_late: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    """The changes of the late session's successor, after each run of the refine job."""


class Chain:
    """The parts, and the order in which they come."""

    def __init__(self, cloud: Cloud, scratch: Path, say: Callable[[str, str], None]) -> None:
        self._cloud, self._scratch, self._say = cloud, scratch, say
        self._glue = Glue(cloud, scratch)
        self._refine = cloud.outputs["refine_job"]
        self.played = Played()

    def play(self) -> Played:
        assert self._cloud.alarms
        self._capture_by_the_schedule()
        self._import()
        with running(self._cloud, "trigger_function", "trigger", self._scratch) as function:
            self._deliver(function)
            self._run("a portfolio is refused")
            self._capture_by_the_workflow()
            self._send_the_first_message_again()
            self._deliver(function)
            self._run("a session came late")
            self._deliver(function)
            self._run("nothing is pending")
            self.played.logged = function.kill()
        self._rebuild()
        self._stage()
        self._export()
        self._watch()
        return self.played

    def _capture_by_the_schedule(self) -> None:
        """With the schedule's role and input; only the exchange is another than B3."""
        name = {"Name": "bovespa-capture", "GroupName": "bovespa"}
        schedule = self._cloud.client("scheduler").get_schedule(**name)
        job = json.loads(schedule["Target"]["Input"])["JobName"]
        glue = self._cloud.role("capture-schedule").client("glue")
        with showing(LAST) as exchange:
            glue.start_job_run(JobName=job, Arguments={"--source": exchange.url})
            ended = self.played.runs["capture"] = self._glue.run(job, "capture")
            self.played.asked = [
                f"{one.method} {one.parameters.get('index', '')} {one.parameters['pageNumber']}"
                for one in exchange.requests
            ]
        self._say("captured", f"by the job {job}: {ended.lines[0]}")

    def _capture_by_the_workflow(self) -> None:
        """`.github/workflows/capture.yml` runs this command."""
        with showing(LATE) as exchange:
            said = self._bovespa("github-capture", "capture", "--source", exchange.url)
        self._say("captured", f"{LATE}, late, by the workflow: {said}")

    def _import(self) -> None:
        """A person's files, with the rights that a workflow has."""
        files = downloads(self._scratch / "downloads")
        self._bovespa("github-capture", "import", *map(str, files))
        self._say("captured", f"{len(files)} downloads of other sessions, by an import")

    def _bovespa(self, role: str, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bovespa_pipeline", command, "--lake", LAKE, *arguments],
            env={**foreign(), **self._cloud.role(role).environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()[0]

    def _deliver(self, function: Function) -> None:
        keys = self._announced()
        self._say("event", f"{keys} messages of S3 wait in the queue")
        batch = deliver(self._cloud, function)
        started = len(self._glue.started(self._refine))
        self.played.batches.append(batch)
        self.played.starts.append(started)
        self._say("Lambda", f"{batch[0]} messages, {started} run started, {batch[1]} given back")

    def _announced(self) -> int:
        asked = {"QueueUrl": self._cloud.outputs["queue_url"]}
        names = ["ApproximateNumberOfMessages"]
        answer = self._cloud.client("sqs").get_queue_attributes(**asked, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def _send_the_first_message_again(self) -> None:
        """S3's events are at least once: the very same event of the manifest that was started."""
        (run,) = (self.played.runs["a portfolio is refused"],)
        record = {"bucket": {"name": LAKE_BUCKET}, "object": {"key": run.arguments["--manifest"]}}
        body = {"Records": [{"eventName": "ObjectCreated:Put", "s3": record}]}
        queue = self._cloud.outputs["queue_url"]
        self._cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))

    def _run(self, why: str, prelude: str = "") -> None:
        ended = self.played.runs[why] = self._glue.run(self._refine, "refine", prelude)
        told = self.played.alarms[why] = self._heard()
        self._look(why)
        done = ended.said[0]
        state = "FAILED" if ended.code else "SUCCEEDED"
        self._say("Glue run", f"{why}: {state}, " + (f"told: {told[0]}" if told else "no alarm"))
        for finding in done["refused"]:
            self._say("gate", f"refused {finding}")
        self._say("published", f"{done['published']} portfolios of {done['indices']}")

    def _look(self, why: str) -> None:
        """Tables as a reader of the Glue Catalog sees them, and the objects of the bucket."""
        with self._cloud.here():
            snapshot = open_lake(LAKE).refined_tables.snapshot()
            self.played.after_the_late[why] = query(snapshot, _CORRECTED).to_pylist()
        pages = self._cloud.client("s3").get_paginator("list_objects_v2")
        keys = {o["Key"] for page in pages.paginate(Bucket=LAKE_BUCKET) for o in page["Contents"]}
        self.played.objects[why] = {key for key in keys if not key.startswith("runs/")}

    def _heard(self) -> list[str]:
        """Messages of the alarm topic since the last call."""
        asked = {"QueueUrl": self._cloud.alarms, "MaxNumberOfMessages": 10}
        found = self._cloud.client("sqs").receive_message(**asked).get("Messages", [])
        for message in found:
            receipt = {"ReceiptHandle": message["ReceiptHandle"]}
            self._cloud.client("sqs").delete_message(QueueUrl=self._cloud.alarms, **receipt)
        return [json.loads(message["Body"])["Message"] for message in found]

    def _rebuild(self) -> None:
        """Start a rebuild as a person does: `aws glue start-job-run --arguments --rebuild=true`."""
        arguments = {"--rebuild": "true"}
        self._cloud.client("glue").start_job_run(JobName=self._refine, Arguments=arguments)
        self._run("everything is published anew", _AS_IF_MUCH_LATER)

    def _stage(self) -> None:
        """With the account in a file, where boto3 finds it and pyarrow's own chain does not."""
        profile = self._scratch / "profile"
        found = self._cloud.role("refine").environment
        lines = [f"{name} = {found[variable]}" for name, variable in _PROFILE.items()]
        profile.write_text("\n".join(["[default]", *lines]))
        environment = {**foreign(), "AWS_CONFIG_FILE": str(profile)}
        command = [sys.executable, "-c", _STAGED]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _export(self) -> None:
        """`.github/workflows/export.yml` runs this command."""
        target = self._scratch / "export"
        said = self._bovespa("github-export", "export", str(target))
        self.played.exported = {path.name for path in target.rglob("*") if path.is_file()}
        self._say("export", said.partition(": ")[2])

    def _watch(self) -> None:
        with running(self._cloud, "watch_function", "watch", self._scratch) as function:
            self.played.watched = function.invoke({})
        self.played.alarms["watch"] = self._heard()
        self._say("watch", f"told: {self.played.alarms['watch'][0].splitlines()[0]}")
