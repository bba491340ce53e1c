"""Fixtures: a bucket in memory, AWS by moto, the trigger with its own clock."""

import datetime as dt
import hashlib
import io
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import settings
from moto import mock_aws

from b3_contracts.events import Manifest
from b3_contracts.layout import RawEntry
from trigger_lambda.claims import Claim, Claims, claim_key
from trigger_lambda.idempotency import RunOnce
from trigger_lambda.log import Log
from trigger_lambda.trigger import Trigger

# The helpers beside this file: tests are imported without their folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

BUCKET = "lake"
REGION = "us-east-1"
CLAIM_AGE = dt.timedelta(seconds=900)
NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)


class Killed(BaseException):
    """The process is gone: nothing catches it, as nothing catches SIGKILL."""


def client_error(code: str, operation: str = "PutObject") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@dataclass
class MemoryBucket:
    """S3's conditional writes, without a server; test_claims.py compares it with moto's."""

    objects: dict[str, bytes] = field(default_factory=dict)
    before_call: Callable[[], None] = lambda: None

    def put_object(self, **asked: Any) -> dict[str, str]:
        self.before_call()
        self._check(asked)
        self.objects[asked["Key"]] = asked["Body"]
        return {"ETag": self._etag(asked["Key"])}

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.before_call()
        if asked["Key"] not in self.objects:
            raise client_error("NoSuchKey", "GetObject")
        body = self.objects[asked["Key"]]
        return {"Body": io.BytesIO(body), "ETag": self._etag(asked["Key"])}

    def get_paginator(self, operation_name: str, /) -> Any:
        raise NotImplementedError(operation_name)

    def _check(self, asked: dict[str, Any]) -> None:
        there = asked["Key"] in self.objects
        if asked.get("IfNoneMatch") == "*" and there:
            raise client_error("PreconditionFailed")
        if "IfMatch" in asked and not there:
            raise client_error("NoSuchKey")
        if "IfMatch" in asked and asked["IfMatch"] != self._etag(asked["Key"]):
            raise client_error("PreconditionFailed")

    def _etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key], usedforsecurity=False).hexdigest()}"'


@dataclass
class World:
    """A lake, a job whose starts can fail, and a clock that moves when it is told to."""

    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    now: dt.datetime = NOON
    runs: list[str] = field(default_factory=list)
    outcomes: deque[BaseException | None] = field(default_factory=deque)
    stream: io.StringIO = field(default_factory=io.StringIO)
    invocations: int = 0

    def land(self, number: int = 0) -> Manifest:
        """One more manifest in the lake; equal numbers are equal manifests."""
        entry = RawEntry("IBOV", NOON.date(), hashlib.sha256(bytes([number])).hexdigest())
        manifest = Manifest.of([entry], NOON)
        self.bucket.objects[manifest.key] = manifest.to_json()
        return manifest

    def deliver(self, *bodies: str) -> list[int]:
        """Positions of the failed messages."""
        records = [
            {"messageId": str(place), "body": body, "eventSource": "aws:sqs"}
            for place, body in enumerate(bodies)
        ]
        response = self.trigger().deliver({"Records": records})
        return [int(failed["itemIdentifier"]) for failed in response["batchItemFailures"]]

    def trigger(self) -> Trigger:
        run_once = self.run_once()
        return Trigger(BUCKET, self.bucket, run_once, Log(self.stream, self._clock, run_once.by))

    def run_once(self, by: str = "") -> RunOnce:
        """Of an invocation of its own: Lambda gives each another request id."""
        self.invocations += 1
        claims = Claims(self.bucket, BUCKET)
        by = by or f"request-{self.invocations}"
        return RunOnce(claims, self._start, CLAIM_AGE, self._clock, by)

    def wait(self, time: dt.timedelta = CLAIM_AGE + dt.timedelta(seconds=1)) -> None:
        self.now += time

    def claim(self, manifest: Manifest) -> Claim:
        return Claim.from_json(self.bucket.objects[claim_key(manifest.id)])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def _clock(self) -> dt.datetime:
        return self.now

    def _start(self, manifest_id: str) -> str:
        outcome = self.outcomes.popleft() if self.outcomes else None
        if outcome is not None:
            raise outcome
        self.runs.append(manifest_id)
        return f"jr_{len(self.runs)}"


def s3_message(*keys: str, bucket: str = BUCKET, event: str = "ObjectCreated:Put") -> str:
    """A notification as S3 writes it: version 2.1, keys URL-encoded."""
    records = [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": event,
            "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
        }
        for key in keys
    ]
    return json.dumps({"Records": records})


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    """For property tests, which need one for each example."""
    return World


@pytest.fixture(scope="session")
def message() -> Callable[..., str]:
    return s3_message


@pytest.fixture(scope="session")
def killed() -> Killed:
    return Killed()


@pytest.fixture(scope="session")
def error_of() -> Callable[..., ClientError]:
    return client_error


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One for all tests: reading the SDK's descriptions of the services takes a second."""
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def aws(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Clients of moto's AWS, in this process; the lake's bucket is there."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        session.client("s3").create_bucket(Bucket=BUCKET)
        yield session.client
