"""The packed handler under Lambda's own runtime client, fed by S3 and SQS, starting Glue's runs.

Everything is real but AWS: the ZIP is unpacked as into /var/task, `awslambdaric` asks a Runtime
API on loopback for its events, and S3, SQS and Glue are moto's server.
"""

import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer
from runtime_api import PATIENCE, Function, Server

from b3_contracts.events import Manifest
from trigger_lambda.claims import Claim, State, claim_key

SCRIPT = Path(__file__).parents[3] / "infra" / "artifacts.py"
HANDLER = "trigger_lambda.trigger.handle"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


class SilentGlue(BaseHTTPRequestHandler):
    """Tells that a call came, and never answers it."""

    server: Server

    def do_POST(self) -> None:
        self.server.arrived.put(self.headers["X-Amz-Target"])
        threading.Event().wait()


class Cloud:
    """A lake whose new manifests go to a queue, and a Glue job, on moto's server."""

    def __init__(self, endpoint: str) -> None:
        client = partial(boto3.client, endpoint_url=endpoint)
        self.endpoint = endpoint
        self.s3, self.sqs, self.glue = client("s3"), client("sqs"), client("glue")
        command = {"Name": "glueetl", "ScriptLocation": "s3://artifacts/refine_job.py"}
        self.glue.create_job(Name="refine", Role="glue", Command=command)
        self.queue = self.sqs.create_queue(QueueName="manifests")["QueueUrl"]
        self.s3.create_bucket(Bucket="lake")
        self._notify()

    def _notify(self) -> None:
        asked = {"QueueUrl": self.queue, "AttributeNames": ["QueueArn"]}
        arn = self.sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"]
        rules = [{"Name": "prefix", "Value": "raw/manifest/"}, {"Name": "suffix", "Value": ".json"}]
        to_queue = {
            "QueueArn": arn,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": rules}},
        }
        self.s3.put_bucket_notification_configuration(
            Bucket="lake", NotificationConfiguration={"QueueConfigurations": [to_queue]}
        )

    def land(self, manifest: Manifest) -> None:
        self.s3.put_object(Bucket="lake", Key=manifest.key, Body=manifest.to_json())

    def batch(self) -> dict[str, Any]:
        """All messages of the queue, in the shape in which Lambda's poller hands them over."""
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return {
            "Records": [
                {"messageId": found["MessageId"], "body": found["Body"], "eventSource": "aws:sqs"}
                for found in received["Messages"]
            ]
        }

    def runs(self) -> list[dict[str, str]]:
        return [run["Arguments"] for run in self.glue.get_job_runs(JobName="refine")["JobRuns"]]

    def claim(self, manifest: Manifest) -> Claim:
        found = self.s3.get_object(Bucket="lake", Key=claim_key(manifest.id))
        return Claim.from_json(found["Body"].read())

    def age(self, manifest: Manifest, time: timedelta) -> None:
        """Backdate the claim, so that no test waits."""
        claim = self.claim(manifest)
        older = replace(claim, at=claim.at - time).to_json()
        self.s3.put_object(Bucket="lake", Key=claim_key(manifest.id), Body=older)


@contextmanager
def unfinished_runs() -> Iterator[None]:
    """moto's runs have ended as soon as anybody looks, unless it is told otherwise."""
    state_manager.set_transition("glue::job_run", {"progression": "manual", "times": 1})
    try:
        yield
    finally:
        state_manager.unset_transition("glue::job_run")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    requests.post(f"{endpoint}/moto-api/reset", timeout=PATIENCE).raise_for_status()
    try:
        yield Cloud(endpoint)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ZIP, unpacked."""
    if not SCRIPT.is_file():
        pytest.skip("infra/artifacts.py is not here: this is not the whole repository")
    folder = tmp_path_factory.mktemp("task")
    pack = [sys.executable, str(SCRIPT), "--only", "zip", "--build-folder", str(folder / "build")]
    subprocess.run(pack, check=True, capture_output=True)
    with zipfile.ZipFile(folder / "build" / "trigger-lambda.zip") as archive:
        archive.extractall(folder / "var")
    return folder / "var"


@pytest.fixture
def start(task: Path, cloud: Cloud) -> Iterator[Callable[..., Function]]:
    """Start the function; every one started is gone when the test ends."""
    functions: list[Function] = []
    environment = CREDENTIALS | {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "BOVESPA_BUCKET": "lake",
        "BOVESPA_REFINE_TARGET": "arn:aws:glue:us-east-1:123456789012:job/refine",
        "BOVESPA_CLAIM_SECONDS": "900",
    }

    def started(**more: str) -> Function:
        functions.append(Function(task, HANDLER, environment | more))
        return functions[-1]

    yield started
    for function in functions:
        if function.process.poll() is None:
            function.kill()


def test_a_new_manifest_starts_one_run_under_the_real_runtime(
    cloud: Cloud, start: Callable[..., Function], world: Any
) -> None:
    """From S3's own event, its test event beside it, to Glue; a redelivery starts nothing."""
    manifest = world.land()
    cloud.land(manifest)
    batch = cloud.batch()
    function = start()
    assert function.invoke(batch) == {"batchItemFailures": []}
    assert function.invoke(batch) == {"batchItemFailures": []}
    assert cloud.runs() == [{"--manifest": manifest.key}]
    assert cloud.claim(manifest).state is State.STARTED
    assert [(line["message"], line["key"]) for line in function.kill()] == [
        ("started", manifest.key),
        ("started before", manifest.key),
    ]


def test_a_run_that_glue_cannot_take_now_is_reported_and_started_later(
    cloud: Cloud, start: Callable[..., Function], world: Any
) -> None:
    """ConcurrentRunsExceeded goes back to SQS under the message's id."""
    first, second = world.land(1), world.land(2)
    function = start()
    cloud.land(first)
    cloud.land(second)
    batch = cloud.batch()
    with unfinished_runs():
        (failed,) = function.invoke(batch)["batchItemFailures"]
    assert [record["messageId"] for record in batch["Records"] if second.id in record["body"]] == [
        failed["itemIdentifier"]
    ]
    assert cloud.claim(second).state is State.FAILED
    assert function.invoke(batch) == {"batchItemFailures": []}
    assert sorted(run["--manifest"] for run in cloud.runs()) == sorted([first.key, second.key])


def test_killed_between_claim_and_start_it_is_taken_over_when_the_claim_is_old(
    cloud: Cloud, start: Callable[..., Function], world: Any
) -> None:
    """SIGKILL while StartJobRun is asked; the next delivery waits, the one after that starts."""
    manifest = world.land()
    cloud.land(manifest)
    batch = cloud.batch()
    with Server(SilentGlue) as glue:
        dead = start(AWS_ENDPOINT_URL_GLUE=f"http://{glue.address}")
        dead.send(batch)
        assert glue.arrived.get(timeout=PATIENCE) == "AWSGlue.StartJobRun"
        dead.kill()
    assert cloud.claim(manifest).state is State.STARTING
    function = start()
    assert len(function.invoke(batch)["batchItemFailures"]) == 1
    cloud.age(manifest, timedelta(seconds=900))
    assert function.invoke(batch) == {"batchItemFailures": []}
    assert cloud.runs() == [{"--manifest": manifest.key}]
