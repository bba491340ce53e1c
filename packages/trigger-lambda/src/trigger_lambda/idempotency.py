"""Start one run per manifest, however often its event is delivered.

    no claim             → claim, start the run, record its id in the claim
    started              → nothing to do
    starting, recent     → RetryLater: another invocation is working on it
    starting, old        → that invocation died: take over the claim and start
    failed               → its start failed: take over the claim and start

A run is started twice if the response to its start is lost, or if the invocation dies before it
records the id. A second run costs a cent and changes nothing: the job refines all pending
sessions, and by then none is pending.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from trigger_lambda.claims import Claim, Claims, State, VersionedClaim
from trigger_lambda.clock import Clock
from trigger_lambda.errors import RetryLater

__all__ = ["RunOnce"]


@dataclass(frozen=True)
class RunOnce:
    """Idempotent start of runs.

    `start` returns the id of the run it started. A claim in state `starting` is respected for
    `claim_age`. `by` identifies the invocation in its claims.
    """

    claims: Claims
    start: Callable[[str], str]
    claim_age: dt.timedelta
    now: Clock
    by: str

    def run(self, manifest_id: str) -> str | None:
        """Return the id of the run started now, or None if there was one before.

        Raises RetryLater while another invocation holds a recent claim.
        """
        claim = self._claim(manifest_id)
        return None if claim is None else self._start(claim)

    def _claim(self, manifest_id: str) -> VersionedClaim | None:
        claim = Claim(manifest_id, State.STARTING, self.now(), attempt=1, by=self.by)
        return self.claims.create(claim) or self._take_over(claim)

    def _take_over(self, claim: Claim) -> VersionedClaim | None:
        current = self.claims.read(claim.manifest_id)
        if current.claim.state is State.STARTED:
            return None
        if current.claim.state is State.STARTING:
            self._assert_abandoned(current.claim)
        return self.claims.rewrite(current, replace(claim, attempt=current.claim.attempt + 1))

    def _assert_abandoned(self, other: Claim) -> None:
        age = self.now() - other.at
        if age <= self.claim_age:
            seconds = f"{age.total_seconds():.0f}"
            raise RetryLater(f"claimed {seconds} s ago by {other.by}, which may still be running")

    def _start(self, current: VersionedClaim) -> str:
        try:
            job_run_id = self.start(current.claim.manifest_id)
        except Exception as error:
            failure = replace(current.claim, state=State.FAILED, at=self.now(), reason=repr(error))
            self.claims.rewrite(current, failure)
            raise
        success = replace(current.claim, state=State.STARTED, at=self.now(), job_run_id=job_run_id)
        self.claims.rewrite(current, success)
        return job_run_id
