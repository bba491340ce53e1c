"""Each role may do what its part of the chain did, and nothing else but what is reasoned here."""

import pytest
from calls import Call
from policies import granted, refused, unused

ROLES = (
    "capture",
    "capture-schedule",
    "github-capture",
    "github-export",
    "refine",
    "trigger",
    "watch",
)

# Rights that the chain did not need, and why a role has them all the same.
GLUE_LOGS = "Glue writes a run's log under the job's role; moto runs no jobs"
LAMBDA_LOGS = "Lambda writes a function's log under its role; moto runs no functions"
ON_A_CLUSTER = "S3A, Spark's S3 client on Glue, asks it before it uses staging/; it is not here"
FAILED_UPLOAD = "a file uploaded in parts is given up only where a part fails"
POLLER = "the event source mapping asks it when it is made; here the queue is polled by a test"
REASONED = {
    "capture": {
        "logs:CreateLogGroup": GLUE_LOGS,
        "logs:CreateLogStream": GLUE_LOGS,
        "logs:PutLogEvents": GLUE_LOGS,
    },
    "refine": {
        "logs:CreateLogGroup": GLUE_LOGS,
        "logs:CreateLogStream": GLUE_LOGS,
        "logs:PutLogEvents": GLUE_LOGS,
        "s3:AbortMultipartUpload": FAILED_UPLOAD,
        "s3:GetBucketLocation": ON_A_CLUSTER,
        "s3:ListBucketMultipartUploads": ON_A_CLUSTER,
    },
    "trigger": {
        "logs:CreateLogStream": LAMBDA_LOGS,
        "logs:PutLogEvents": LAMBDA_LOGS,
        "sqs:GetQueueAttributes": POLLER,
    },
    "watch": {"logs:CreateLogStream": LAMBDA_LOGS, "logs:PutLogEvents": LAMBDA_LOGS},
}

# Arrow asks after a bucket that nobody has, to see by the answer's headers what it speaks with.
# It takes a refusal as well as any other answer.
ARROWS_PROBE = Call("s3:ListBucket", ("arn:aws:s3:::$extremelyunlikelytoexist$",))


def called(ended, name):
    """Requests made by the role."""
    return ended.calls.by_key.get(ended.cloud.role(name).access_key, set()) - {ARROWS_PROBE}


def rights(ended, name):
    """Permissions of the role."""
    return granted(ended.cloud.statements(ended.cloud.role(name)))


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_do_all_that_its_code_asks(ended, name):
    """moto lets everything pass that no bucket denies: here each call is weighed."""
    assert called(ended, name)
    assert refused(rights(ended, name), called(ended, name)) == []


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_do_no_more(ended, name):
    """A right that nothing needs is taken away, or has its reason above."""
    left = unused(rights(ended, name), called(ended, name))
    assert [right for right in left if right.action not in REASONED.get(name, {})] == []


@pytest.mark.parametrize("name", ROLES)
def test_a_role_that_asks_for_an_object_that_is_not_there_may_list_the_bucket(ended, name):
    """S3 answers 403 to others. A read has no prefix, so that a condition on it may not hold."""
    buckets = ended.absences.get(ended.cloud.role(name).access_key, set())
    listings = [Call("s3:ListBucket", (f"arn:aws:s3:::{bucket}",)) for bucket in buckets]
    assert refused(rights(ended, name), listings) == []


def test_the_captures_and_the_refine_job_ask_for_objects_that_are_not_there(ended):
    """So the test above has something to find."""
    roles = {role.name for role in ended.cloud.roles if role.access_key in ended.absences}
    assert {"bovespa-capture", "bovespa-github-capture", "bovespa-refine"} <= roles


@pytest.mark.parametrize("name", ROLES)
def test_every_reason_is_of_a_right_that_was_not_needed(ended, name):
    """One that has become needless, or a right that is gone, does not stay in the list."""
    left = unused(rights(ended, name), called(ended, name))
    assert set(REASONED.get(name, {})) <= {right.action for right in left}


def test_no_process_asked_under_credentials_of_no_role(ended):
    """Those are for who looks on: the lake's tables and objects are theirs to read."""
    known = {role.access_key for role in ended.cloud.roles} | {"testing"}
    assert set(ended.calls.by_key) <= known
