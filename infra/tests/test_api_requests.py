"""Validation of requests against botocore's service models: what AWS refuses and moto accepts."""

import io
from contextlib import suppress

import boto3
import pytest
from api_requests import ValidatedRequests
from applied import REGION
from botocore.config import Config
from botocore.loaders import Loader
from moto.core.request import Request, normalize_request
from service_models import SERVICES_OF_THIS_PROJECT, compiled

COMMENT = "TableInput.StorageDescriptor.Columns[0].Comment"
STATUS = "LifecycleConfiguration.Rules[0].Status"
JOB = {"Name": "refine", "Role": "arn:aws:iam::123456789012:role/refine", "Command": {}}
SCHEDULE = {
    "Name": "capture",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ScheduleExpression": "rate(1 day)",
    "Target": {
        "Arn": "arn:aws:lambda:us-east-1:123456789012:function:capture",
        "RoleArn": "arn:aws:iam::123456789012:role/schedule",
    },
}
RULE = {"ID": "expiry", "Filter": {"Prefix": "runs/"}}


class _Sent(Exception):
    """The request is complete and is not sent any further."""


def sent(service, operation, **parameters):
    """Serialize a request as boto3 does, without its own validation, and add it."""
    requests = ValidatedRequests()
    client = boto3.Session("testing", "testing", region_name=REGION).client(
        service, config=Config(parameter_validation=False)
    )

    def add(request, **_):
        requests.add(normalize_request(request))
        raise _Sent

    client.meta.events.register("before-send", add)
    with suppress(_Sent):
        getattr(client, operation)(**parameters)
    return requests


def column(comment):
    """A Glue table with one column."""
    columns = [{"Name": "ticker", "Type": "string", "Comment": comment}]
    storage = {"Columns": columns}
    return {"DatabaseName": "bovespa", "TableInput": {"Name": "p", "StorageDescriptor": storage}}


def lifecycle(rule):
    """Parameters of a bucket's lifecycle, which S3 takes as XML."""
    return {"Bucket": "example-lake", "LifecycleConfiguration": {"Rules": [rule]}}


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("glue", "create_table", column("c" * 255)),
        ("glue", "create_job", JOB),
        ("iam", "create_role", {"RoleName": "a.b", "AssumeRolePolicyDocument": "{}"}),
        ("lambda", "update_function_configuration", {"FunctionName": "f", "MemorySize": 128}),
        ("s3", "put_bucket_lifecycle_configuration", lifecycle({**RULE, "Status": "Enabled"})),
        ("s3", "put_object", {"Bucket": "lake", "Key": "raw/x", "Body": io.BytesIO(b"x")}),
        ("scheduler", "create_schedule", {**SCHEDULE, "State": "ENABLED"}),
        ("sqs", "send_message", {"QueueUrl": "https://sqs/1/q", "MessageBody": "{}"}),
    ],
)
def test_a_valid_request_violates_nothing(service, operation, parameters):
    """At the limits, in each of the protocols that this project's services speak."""
    requests = sent(service, operation, **parameters)
    assert (requests.operations.total(), requests.violations) == (1, set())


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "violation"),
    [
        (
            "glue",
            "create_table",
            column("c" * 256),
            f"glue CreateTable: {COMMENT}: 256 bytes, maximum 255",
        ),
        (
            "glue",
            "create_table",
            column("ã" * 128),
            f"glue CreateTable: {COMMENT}: 256 bytes, maximum 255",
        ),
        (
            "glue",
            "create_job",
            {"Name": "refine", "Command": {}},
            "glue CreateJob: Role: required",
        ),
        (
            "glue",
            "create_job",
            {**JOB, "ExecutionClass": "CHEAP"},
            "glue CreateJob: ExecutionClass: 'CHEAP' is none of FLEX, STANDARD",
        ),
        (
            "iam",
            "create_role",
            {"RoleName": "a/b", "AssumeRolePolicyDocument": "{}"},
            r"iam CreateRole: RoleName: 'a/b' does not match [\w+=,.@-]+",
        ),
        (
            "iam",
            "create_role",
            {"RoleName": "função", "AssumeRolePolicyDocument": "{}"},
            r"iam CreateRole: RoleName: 'função' does not match [\w+=,.@-]+",
        ),
        (
            "lambda",
            "update_function_configuration",
            {"FunctionName": "f", "MemorySize": 64},
            "lambda UpdateFunctionConfiguration: MemorySize: 64, minimum 128",
        ),
        (
            "s3",
            "put_bucket_lifecycle_configuration",
            lifecycle(RULE),
            "s3 PutBucketLifecycleConfiguration: LifecycleConfiguration.Rules[0].Status: required",
        ),
        (
            "scheduler",
            "create_schedule",
            {**SCHEDULE, "Target": {"Arn": SCHEDULE["Target"]["Arn"]}},
            "scheduler CreateSchedule: Target.RoleArn: required",
        ),
        ("sns", "create_topic", {}, "sns CreateTopic: Name: required"),
        (
            "sqs",
            "send_message",
            {"MessageBody": "{}"},
            "sqs SendMessage: QueueUrl: required",
        ),
    ],
)
def test_a_request_that_aws_refuses_is_a_violation(service, operation, parameters, violation):
    """Its text names service, operation, member and rule."""
    requests = sent(service, operation, **parameters)
    assert requests.violations == {violation}


def test_a_request_that_no_model_describes_is_a_violation():
    """It is not left out of the count in silence."""
    signature = "AWS4-HMAC-SHA256 Credential=testing/20250214/us-east-1/glue/aws4_request"
    headers = {
        "Authorization": signature,
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSGlue.CreateEverything",
    }
    request = Request.from_primitives("POST", "https://glue.example.org/", headers)
    requests = ValidatedRequests()
    requests.add(request)
    assert requests.violations == {"glue POST /: 404 Not Found"}


@pytest.mark.parametrize("service", SERVICES_OF_THIS_PROJECT)
def test_every_pattern_of_a_model_compiles(service):
    """They are Java's regular expressions, not Python's."""
    shapes = Loader().load_service_model(service, "service-2")["shapes"].values()
    assert all(compiled(shape["pattern"]) for shape in shapes if "pattern" in shape)


def test_what_terraform_sends_violates_no_model(applied):
    """Every argument that the apply sends, the provider's own defaults among them."""
    assert ("glue", "CreateJob") in applied.requests.operations
    assert sorted(applied.requests.violations) == []
