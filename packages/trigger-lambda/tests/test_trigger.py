"""A batch in, the failed messages out: each message succeeds or fails alone, and says so."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from trigger_lambda import aws as clients
from trigger_lambda import trigger

Message = Callable[..., str]

JOB = "arn:aws:glue:us-east-1:123456789012:job/refine"


def test_a_new_manifest_starts_one_run(world: Any, message: Message) -> None:
    """The log line names the object and the run."""
    manifest = world.land()
    assert world.deliver(message(manifest.key)) == []
    assert world.runs == [manifest.id]
    assert world.lines() == [
        {
            "timestamp": "2025-01-06T12:00:00.000+00:00",
            "level": "INFO",
            "message": "started",
            "request_id": "request-1",
            "key": manifest.key,
            "job_run_id": "jr_1",
        }
    ]


def test_duplicates_in_a_record_a_message_a_batch_and_later_start_nothing(
    world: Any, message: Message
) -> None:
    """All are done, and only the first started anything."""
    manifest = world.land()
    twice = message(manifest.key, manifest.key)
    assert world.deliver(twice, twice) == []
    assert world.deliver(twice) == []
    assert world.runs == [manifest.id]
    assert [line["message"] for line in world.lines()] == ["started", *["started before"] * 5]


def test_several_records_are_several_runs(world: Any, message: Message) -> None:
    """One for each manifest, whatever message it stands in."""
    one, two, three = (world.land(number) for number in range(3))
    assert world.deliver(message(one.key, two.key), message(three.key)) == []
    assert world.runs == [one.id, two.id, three.id]


def test_one_bad_message_fails_alone(world: Any, message: Message) -> None:
    """SQS hears of it by its id; its neighbours are done."""
    manifest = world.land()
    assert world.deliver("{", message(manifest.key), "[]") == [0, 2]
    assert world.runs == [manifest.id]


def test_one_bad_record_fails_its_message_and_holds_up_no_other(
    world: Any, message: Message
) -> None:
    """Delivered again, the records that were done start nothing."""
    manifest, absent = world.land(), "raw/manifest/" + "0" * 64 + ".json"
    for _ in range(2):
        assert world.deliver(message(absent, manifest.key)) == [0]
    assert world.runs == [manifest.id]


def test_a_test_event_and_other_objects_are_passed_over(world: Any, message: Message) -> None:
    """A skipped message is logged, and neither read nor delivered again."""
    test_event = json.dumps({"Event": "s3:TestEvent"})
    assert world.deliver(test_event, message("raw/payload/x.gz"), message("a b+c")) == []
    assert [(line["level"], line["key"]) for line in world.lines()] == [
        ("WARN", "raw/payload/x.gz"),
        ("WARN", "a b+c"),
    ]
    assert not world.bucket.objects


def test_an_event_of_another_bucket_is_refused(world: Any, message: Message) -> None:
    """A notification that points here by mistake ends in the dead-letter queue."""
    manifest = world.land()
    assert world.deliver(message(manifest.key, bucket="other")) == [0]
    assert world.lines()[0]["reason"] == "the event is of bucket 'other', not 'lake'"
    assert not world.runs


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"manifest_version": 2}'])
def test_an_object_that_is_no_manifest_is_refused(
    world: Any, message: Message, body: bytes
) -> None:
    """Its key is that of a manifest and its content is not: no claim, no run."""
    manifest = world.land()
    world.bucket.objects[manifest.key] = body
    assert world.deliver(message(manifest.key)) == [0]
    assert world.lines()[0]["error"] == "ContractError"
    assert list(world.bucket.objects) == [manifest.key]


def test_a_manifest_under_the_key_of_another_is_refused(world: Any, message: Message) -> None:
    """The key is the hash of the content, or it is not believed."""
    one, two = world.land(1), world.land(2)
    world.bucket.objects[one.key] = two.to_json()
    assert world.deliver(message(one.key)) == [0]
    assert world.lines()[0]["reason"] == f"{one.key} contains the manifest {two.id}"


@pytest.mark.parametrize(
    "code", ["ConcurrentRunsExceededException", "ThrottlingException", "EntityNotFoundException"]
)
def test_a_start_that_glue_refuses_is_told_and_tried_again(
    world: Any, message: Message, error_of: Callable[..., Exception], code: str
) -> None:
    """The message fails, the claim is released, and the next delivery starts the run."""
    manifest = world.land()
    world.outcomes.append(error_of(code, "StartJobRun"))
    assert world.deliver(message(manifest.key)) == [0]
    failed = world.lines()[0]
    assert (failed["level"], failed["error"], failed["key"]) == (
        "ERROR",
        "ClientError",
        manifest.key,
    )
    assert code in failed["reason"]
    assert "Traceback" in failed["trace"][0]
    assert world.deliver(message(manifest.key)) == []
    assert world.runs == [manifest.id]


def test_a_claim_that_cannot_be_released_tells_both_reasons(
    world: Any, message: Message, error_of: Callable[..., Exception]
) -> None:
    """The log line has Glue's refusal and S3's; the claim is taken over when it is old."""
    manifest = world.land()
    world.outcomes.append(error_of("ThrottlingException", "StartJobRun"))
    calls = iter(range(99))

    def fail_the_release() -> None:
        if next(calls) == 2:
            raise error_of("SlowDown")

    world.bucket.before_call = fail_the_release
    assert world.deliver(message(manifest.key)) == [0]
    trace = "".join(world.lines()[0]["trace"])
    assert "ThrottlingException" in trace
    assert "SlowDown" in trace
    world.wait()
    assert world.deliver(message(manifest.key)) == []
    assert world.runs == [manifest.id]


def test_a_batch_that_is_none_of_sqs_is_raised(world: Any) -> None:
    """There is no message to report, so the invocation itself fails."""
    with pytest.raises(KeyError):
        world.trigger().deliver({"detail-type": "Object Created"})


def test_the_handler_starts_glue_with_the_manifest(
    aws: Callable[[str], Any], world: Any, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`handle` puts the environment, the clients and the core together."""
    manifest = world.land()
    aws("s3").put_object(Bucket="lake", Key=manifest.key, Body=manifest.to_json())
    job = {"Name": "glueetl", "ScriptLocation": "s3://a/refine_job.py"}
    aws("glue").create_job(Name="refine", Role="glue", Command=job)
    monkeypatch.setenv("BOVESPA_BUCKET", "lake")
    monkeypatch.setenv("BOVESPA_REFINE_TARGET", JOB)
    monkeypatch.setenv("BOVESPA_CLAIM_SECONDS", "900")
    for client in (clients.s3, clients.glue):
        client.cache_clear()
    context = type("Context", (), {"aws_request_id": "one"})
    records = [{"messageId": "m", "body": message(manifest.key)}]
    assert trigger.handle({"Records": records}, context) == {"batchItemFailures": []}
    runs = aws("glue").get_job_runs(JobName="refine")["JobRuns"]
    assert [run["Arguments"] for run in runs] == [{"--manifest": manifest.key}]
