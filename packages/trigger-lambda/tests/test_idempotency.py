"""One run for each manifest: whatever is delivered, fails, dies or happens at the same time."""

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trigger_lambda.claims import State
from trigger_lambda.errors import RetryLater

MANIFESTS = 3
OUTCOMES = ("started", "refused", "killed")


def test_the_first_to_ask_starts_the_run(world: Any) -> None:
    """And the claim says which run it is, since when, and who started it."""
    manifest = world.land()
    assert world.run_once("one").run(manifest.id) == "jr_1"
    claim = world.claim(manifest)
    assert (claim.state, claim.job_run_id, claim.by) == (State.STARTED, "jr_1", "one")
    assert claim.at == world.now


def test_who_asks_after_that_starts_nothing(world: Any) -> None:
    """However much later."""
    manifest = world.land()
    world.run_once().run(manifest.id)
    world.wait(dt.timedelta(days=400))
    assert world.run_once().run(manifest.id) is None
    assert world.runs == [manifest.id]


def test_a_failed_start_is_raised_and_its_claim_released(world: Any) -> None:
    """The next to ask starts the run without waiting; the reason stays readable until then."""
    manifest = world.land()
    world.outcomes.append(RuntimeError("too many runs"))
    with pytest.raises(RuntimeError, match="too many runs"):
        world.run_once().run(manifest.id)
    assert world.claim(manifest).state is State.FAILED
    assert world.claim(manifest).reason == "RuntimeError('too many runs')"
    assert world.run_once().run(manifest.id) == "jr_1"
    assert world.claim(manifest).attempt == 2


def test_killed_between_claim_and_start_is_waited_for_and_then_taken_over(
    world: Any, killed: BaseException
) -> None:
    """Until the claim is older than its age nobody can know that its owner is gone."""
    manifest = world.land()
    world.outcomes.append(killed)
    with pytest.raises(type(killed)):
        world.run_once("dead").run(manifest.id)
    world.wait(dt.timedelta(seconds=900))
    with pytest.raises(RetryLater, match="claimed 900 s ago by dead"):
        world.run_once().run(manifest.id)
    world.wait(dt.timedelta(seconds=1))
    assert world.run_once("heir").run(manifest.id) == "jr_1"
    assert world.claim(manifest).by == "heir"


def test_killed_between_start_and_note_is_the_one_way_to_a_second_run(
    world: Any, killed: BaseException
) -> None:
    """The job refines what is pending, so the second run finds nothing; none is ever missing."""
    manifest = world.land()
    calls = iter(range(99))

    def die_at_the_note() -> None:
        if next(calls) == 1:
            raise killed

    world.bucket.before_call = die_at_the_note
    with pytest.raises(type(killed)):
        world.run_once().run(manifest.id)
    world.wait()
    assert world.run_once().run(manifest.id) == "jr_2"
    assert world.run_once().run(manifest.id) is None


@pytest.mark.parametrize("found", ["nothing", "failed", "abandoned"])
@pytest.mark.parametrize("moment", range(4))
def test_another_invocation_at_any_moment_does_not_make_a_second_run(
    world: Any, killed: BaseException, found: str, moment: int
) -> None:
    """A whole second invocation is run between any two calls that the first makes to S3."""
    manifest = world.land()
    _leave(world, manifest.id, found, killed)
    calls = iter(range(99))

    def interrupt() -> None:
        if next(calls) == moment:
            world.bucket.before_call = lambda: None
            _ask(world, manifest.id)

    world.bucket.before_call = interrupt
    _ask(world, manifest.id)
    _ask(world, manifest.id)
    assert world.runs == [manifest.id]
    assert world.claim(manifest).state is State.STARTED


def _leave(world: Any, manifest_id: str, found: str, killed: BaseException) -> None:
    if found != "nothing":
        world.outcomes.append(killed if found == "abandoned" else RuntimeError())
        with pytest.raises((RuntimeError, type(killed))):
            world.run_once().run(manifest_id)
    world.wait()


def _ask(world: Any, manifest_id: str) -> None:
    with contextlib.suppress(RetryLater):
        world.run_once().run(manifest_id)


@given(
    batches=st.lists(
        st.tuples(
            st.lists(st.integers(0, MANIFESTS - 1), min_size=1, max_size=4),
            st.lists(st.sampled_from(OUTCOMES), max_size=4),
            st.integers(0, 1800),
        ),
        max_size=8,
    )
)
def test_any_deliveries_end_in_one_run_for_each_manifest(
    new_world: Callable[[], Any],
    message: Callable[..., str],
    killed: BaseException,
    batches: list[tuple[list[int], list[str], int]],
) -> None:
    """Duplicates, any order, refused starts, deaths: SQS delivers again what failed."""
    world = new_world()
    manifests = [world.land(number) for number in range(MANIFESTS)]
    outcome = {"started": None, "refused": RuntimeError(), "killed": killed}
    queue: list[str] = []
    for numbers, outcomes, seconds in batches:
        world.outcomes.extend(outcome[name] for name in outcomes)
        queue += [message(manifests[number].key) for number in numbers]
        queue = _undelivered(world, queue, type(killed))
        world.wait(dt.timedelta(seconds=seconds))
    world.outcomes.clear()
    while queue:
        world.wait()
        queue = _undelivered(world, queue, type(killed))
    sent = {manifests[number].id for numbers, _, _ in batches for number in numbers}
    assert sorted(world.runs) == sorted(sent)


def _undelivered(world: Any, queue: list[str], killed: type[BaseException]) -> list[str]:
    try:
        failed = world.deliver(*queue)
    except killed:
        return queue
    return [queue[place] for place in reversed(failed)]
