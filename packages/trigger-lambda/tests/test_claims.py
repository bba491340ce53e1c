"""Claims on S3: of several writers one wins. The same suite runs on memory and on moto."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from trigger_lambda.claims import Claim, Claims, State, VersionedClaim, claim_key
from trigger_lambda.errors import Refused, RetryLater

ID = "0123456789abcdef" * 4


@pytest.fixture(params=["memory", "moto"])
def claims(request: pytest.FixtureRequest) -> Claims:
    if request.param == "memory":
        return Claims(request.getfixturevalue("world").bucket, "lake")
    return Claims(request.getfixturevalue("aws")("s3"), "lake")


@pytest.fixture
def claim(world: Any) -> Claim:
    return Claim(ID, State.STARTING, world.now, attempt=1, by="one")


def created(claims: Claims, claim: Claim) -> VersionedClaim:
    current = claims.create(claim)
    assert current is not None
    return current


def test_a_claim_is_read_as_it_was_written(claims: Claims, claim: Claim) -> None:
    """Time, state and all, with the ETag that the next rewrite needs."""
    current = created(claims, claim)
    assert claims.read(ID) == current
    assert current.claim == claim


def test_the_second_to_create_gets_nothing(claims: Claims, claim: Claim) -> None:
    """And changes nothing."""
    current = created(claims, claim)
    assert claims.create(replace(claim, by="two")) is None
    assert claims.read(ID) == current


def test_a_claim_is_rewritten_by_who_holds_it(claims: Claims, claim: Claim) -> None:
    """The version written last can be rewritten in turn."""
    started = replace(claim, state=State.STARTED, job_run_id="jr_1")
    rewritten = claims.rewrite(created(claims, claim), started)
    assert claims.read(ID) == rewritten
    assert claims.rewrite(rewritten, claim).claim == claim


def test_of_two_who_read_the_same_claim_one_rewrites_it(claims: Claims, claim: Claim) -> None:
    """The other is told to come later."""
    first = second = created(claims, claim)
    claims.rewrite(first, replace(claim, attempt=2, by="one"))
    with pytest.raises(RetryLater, match=f"runs/{ID}.json was rewritten by another"):
        claims.rewrite(second, replace(claim, attempt=2, by="two"))
    assert claims.read(ID).claim.by == "one"


def test_a_write_whose_answer_was_lost_is_ours(claims: Claims, claim: Claim) -> None:
    """The SDK repeats it, the condition then fails, and what stands is what we wrote."""
    current = created(claims, claim)
    assert claims.create(claim) == current
    taken = replace(claim, attempt=2)
    assert claims.rewrite(current, taken) == claims.rewrite(current, taken)


def test_where_no_claim_is_the_read_says_so(claims: Claims) -> None:
    """S3's own error is passed on."""
    with pytest.raises(ClientError, match="NoSuchKey"):
        claims.read(ID)


def test_an_error_that_is_no_lost_race_is_passed_on(claims: Claims, claim: Claim) -> None:
    """A missing bucket or right is not mistaken for another's claim."""

    def denied(**_asked: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")

    broken = replace(claims, s3=type("S3", (), {"put_object": staticmethod(denied)})())
    with pytest.raises(ClientError, match="AccessDenied"):
        broken.create(claim)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"state": "done"}',
        b'{"state": "started", "at": "2025-01-06T12:00:00"}',
        b'{"state": "started", "at": "2025-01-06T12:00:00+00:00"}',
        b'{"state": "started", "at": "2025-01-06T12:00:00+00:00", "surprise": 1}',
    ],
)
def test_an_object_that_is_no_claim_is_refused(world: Any, body: bytes) -> None:
    """Somebody wrote it by hand; a person should look."""
    world.bucket.objects[claim_key(ID)] = body
    with pytest.raises(Refused, match="a claim cannot be read"):
        Claims(world.bucket, "lake").read(ID)


def test_a_claim_says_in_its_object_what_a_person_wants_to_know(
    claim: Claim, aws: Callable[[str], Any]
) -> None:
    """JSON, under runs/, with the state, the time, the run and the reason."""
    created(Claims(aws("s3"), "lake"), claim)
    found = aws("s3").get_object(Bucket="lake", Key=f"runs/{ID}.json")
    assert found["ContentType"] == "application/json"
    assert found["Body"].read() == claim.to_json()
    assert b'"state": "starting"' in claim.to_json()
    assert b'"at": "2025-01-06T12:00:00+00:00"' in claim.to_json()
