"""Claims on manifests: one object per manifest, `runs/<id>.json`, with the state of its run.

Every write is conditional (If-None-Match for the first, If-Match on the version read for later
ones), so exactly one of several concurrent invocations wins. Nothing is deleted: a released
claim is rewritten as `failed`. This keeps the reason, needs no delete permission, and
increments `attempt`, so no two states of a claim share bytes and with them an ETag.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from botocore.exceptions import ClientError

from trigger_lambda.aws import S3
from trigger_lambda.errors import Refused, RetryLater

__all__ = ["RUNS_PREFIX", "Claim", "Claims", "State", "VersionedClaim", "claim_key"]

RUNS_PREFIX: Final = "runs/"

# 409: another conditional write was in progress; 404: If-Match on a missing object.
_CONFLICTS: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class State(StrEnum):
    STARTING = "starting"
    STARTED = "started"
    FAILED = "failed"


@dataclass(frozen=True)
class Claim:
    """State of one manifest's run; `at` is the time of the state, `by` the writing invocation."""

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
        """Parse a claim. Raises Refused if the body is not one."""
        try:
            fields: dict[str, Any] = json.loads(body)
            times = {"state": State(fields["state"]), "at": _time(fields["at"])}
            return cls(**(fields | times))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Refused(f"a claim cannot be read: {error!r}") from error


@dataclass(frozen=True)
class VersionedClaim:
    """A claim as read or written, with the ETag that a rewrite must match."""

    claim: Claim
    etag: str


@dataclass(frozen=True)
class Claims:
    """The claims of one lake."""

    s3: S3
    bucket: str

    def create(self, claim: Claim) -> VersionedClaim | None:
        """Return the new claim, or None if the manifest already has one."""
        return self._write(claim, IfNoneMatch="*")

    def rewrite(self, current: VersionedClaim, claim: Claim) -> VersionedClaim:
        """Replace the current claim. Raises RetryLater if another invocation changed it."""
        new = self._write(claim, IfMatch=current.etag)
        if new is None:
            raise RetryLater(f"{claim_key(claim.manifest_id)} was rewritten by another invocation")
        return new

    def read(self, manifest_id: str) -> VersionedClaim:
        """Return the current claim. Raises ClientError if there is none."""
        response = self.s3.get_object(Bucket=self.bucket, Key=claim_key(manifest_id))
        return VersionedClaim(Claim.from_json(response["Body"].read()), response["ETag"])

    def _write(self, claim: Claim, **condition: str) -> VersionedClaim | None:
        try:
            response = self.s3.put_object(
                Bucket=self.bucket,
                Key=claim_key(claim.manifest_id),
                Body=claim.to_json(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _CONFLICTS:
                raise
            return self._if_ours(claim)
        return VersionedClaim(claim, response["ETag"])

    def _if_ours(self, claim: Claim) -> VersionedClaim | None:
        """Return the claim if it is our own write, which the SDK repeated after a lost response."""
        current = self.read(claim.manifest_id)
        return current if current.claim == claim else None


def claim_key(manifest_id: str) -> str:
    return f"{RUNS_PREFIX}{manifest_id}.json"


def _time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return time
