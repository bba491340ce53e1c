"""One run for a manifest, however often it is asked for.

    no claim             → claim it, start the run, note the run in the claim
    started              → nothing to do
    starting, young      → Later: another invocation is at it
    starting, old        → that invocation died: take the claim over and start
    failed               → its start failed: take the claim over and start

A run whose start was answered by silence, or that died before the note, is started twice. That
costs a cent and changes nothing: the job refines whatever is pending, and then nothing is.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from trigger_lambda.claims import Claim, Claims, Held, State
from trigger_lambda.clock import Clock
from trigger_lambda.errors import Later

__all__ = ["Once"]


@dataclass(frozen=True)
class Once:
    """`start` gives the id of the run it started; `claim_age` is how long `starting` stands."""

    claims: Claims
    start: Callable[[str], str]
    claim_age: dt.timedelta
    now: Clock
    by: str

    def run(self, manifest_id: str) -> str | None:
        """The id of the run now started, or None where there was one before. Raises Later."""
        held = self._claim(manifest_id)
        return None if held is None else self._started(held)

    def _claim(self, manifest_id: str) -> Held | None:
        claim = Claim(manifest_id, State.STARTING, self.now(), attempt=1, by=self.by)
        return self.claims.create(claim) or self._take_over(claim)

    def _take_over(self, claim: Claim) -> Held | None:
        found = self.claims.read(claim.manifest_id)
        if found.claim.state is State.STARTED:
            return None
        if found.claim.state is State.STARTING:
            self._wait_for(found.claim)
        return self.claims.rewrite(found, replace(claim, attempt=found.claim.attempt + 1))

    def _wait_for(self, other: Claim) -> None:
        age = self.now() - other.at
        if age <= self.claim_age:
            raise Later(f"{other.by} claimed it {age.total_seconds():.0f} s ago and may be at it")

    def _started(self, held: Held) -> str:
        try:
            job_run_id = self.start(held.claim.manifest_id)
        except Exception as error:
            released = replace(held.claim, state=State.FAILED, at=self.now(), reason=repr(error))
            self.claims.rewrite(held, released)
            raise
        noted = replace(held.claim, state=State.STARTED, at=self.now(), job_run_id=job_run_id)
        self.claims.rewrite(held, noted)
        return job_run_id
