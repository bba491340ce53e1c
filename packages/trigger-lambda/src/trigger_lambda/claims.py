"""Who is starting, or has started, the run of a manifest: one object each, `runs/<id>.json`.

Every write is conditional (If-None-Match for the first, If-Match on what was read for the
next), so of several invocations one wins and the others know it. Nothing is deleted: a
released claim is rewritten as `failed`, which keeps the reason, spares the function the right
to delete, and lets `attempt` count on, so that no two states of a claim have the same bytes
and with them the same ETag.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from botocore.exceptions import ClientError

from trigger_lambda.aws import S3
from trigger_lambda.errors import Later, Refused

__all__ = ["RUNS_PREFIX", "Claim", "Claims", "Held", "State", "claim_key"]

RUNS_PREFIX: Final = "runs/"

# 409: another conditional write was under way; 404: If-Match on what is gone.
_LOST: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class State(StrEnum):
    STARTING = "starting"
    STARTED = "started"
    FAILED = "failed"


@dataclass(frozen=True)
class Claim:
    """What the object says; `at` is the time of this state, `by` the invocation that wrote it."""

    manifest_id: str
    state: State
    at: dt.datetime
    attempt: int
    by: str
    job_run_id: str | None = None
    reason: str | None = None

    def to_json(self) -> bytes:
        return json.dumps(asdict(self) | {"at": self.at.isoformat()}, indent=1).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Claim":
        """The claim that `body` is. Raises Refused where it is none."""
        try:
            fields: dict[str, Any] = json.loads(body)
            times = {"state": State(fields["state"]), "at": _time(fields["at"])}
            return cls(**(fields | times))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Refused(f"a claim cannot be read: {error!r}") from error


@dataclass(frozen=True)
class Held:
    """A claim as it was read or written, and the ETag that a rewrite has to match."""

    claim: Claim
    etag: str


@dataclass(frozen=True)
class Claims:
    """The claims of one lake."""

    s3: S3
    bucket: str

    def create(self, claim: Claim) -> Held | None:
        """The claim as written, or None where the manifest has one already."""
        return self._write(claim, IfNoneMatch="*")

    def rewrite(self, held: Held, claim: Claim) -> Held:
        """The claim as rewritten. Raises Later where it is no longer what was held."""
        written = self._write(claim, IfMatch=held.etag)
        if written is None:
            raise Later(f"{claim_key(claim.manifest_id)} was rewritten by another invocation")
        return written

    def read(self, manifest_id: str) -> Held:
        """The claim that stands. Raises ClientError where there is none."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=claim_key(manifest_id))
        return Held(Claim.from_json(answer["Body"].read()), answer["ETag"])

    def _write(self, claim: Claim, **condition: str) -> Held | None:
        try:
            answer = self.s3.put_object(
                Bucket=self.bucket,
                Key=claim_key(claim.manifest_id),
                Body=claim.to_json(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _LOST:
                raise
            return self._if_ours(claim)
        return Held(claim, answer["ETag"])

    def _if_ours(self, claim: Claim) -> Held | None:
        """The SDK repeats a write whose answer was lost, and is refused where the first stands."""
        found = self.read(claim.manifest_id)
        return found if found.claim == claim else None


def claim_key(manifest_id: str) -> str:
    return f"{RUNS_PREFIX}{manifest_id}.json"


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return time
