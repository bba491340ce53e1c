"""A manifest starts a Glue job or a Lambda function, as the target's ARN says."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from trigger_lambda import aws as clients
from trigger_lambda.errors import Misconfigured
from trigger_lambda.targets import starter

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:bovespa-refine"
MANIFEST = "a" * 64


def test_a_function_is_invoked_asynchronously_with_the_manifest(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK checks the request against Lambda's own model; the request's id is the run's."""
    client = session.client("lambda")
    asked = {
        "FunctionName": FUNCTION,
        "InvocationType": "Event",
        "Payload": json.dumps({"manifest": f"raw/manifest/{MANIFEST}.json"}).encode(),
    }
    answer = {"StatusCode": 202, "ResponseMetadata": {"RequestId": "8476a536"}}
    monkeypatch.setattr(clients, "lambda_", lambda: client)
    with Stubber(client) as stubber:
        stubber.add_response("invoke", answer, asked)
        assert starter(FUNCTION)(MANIFEST) == "8476a536"


def test_a_job_is_started_with_the_manifest(aws: Callable[[str], Any]) -> None:
    """Its name is the end of its ARN."""
    job = {"Name": "glueetl", "ScriptLocation": "s3://a/refine_job.py"}
    aws("glue").create_job(Name="bovespa-refine", Role="glue", Command=job)
    clients.glue.cache_clear()
    starter("arn:aws-us-gov:glue:us-gov-west-1:123456789012:job/bovespa-refine")(MANIFEST)
    (run,) = aws("glue").get_job_runs(JobName="bovespa-refine")["JobRuns"]
    assert run["Arguments"] == {"--manifest": f"raw/manifest/{MANIFEST}.json"}


@pytest.mark.parametrize(
    "arn",
    [
        "bovespa-refine",
        "arn:aws:glue:us-east-1:123456789012:workflow/bovespa",
        "arn:aws:lambda:us-east-1:123456789012:layer:bovespa:1",
        "arn:aws:states:us-east-1:123456789012:stateMachine:bovespa",
    ],
)
def test_any_other_target_is_refused(arn: str) -> None:
    """Before anything is claimed, with the variable's name."""
    with pytest.raises(Misconfigured, match=r"BOVESPA_REFINE_TARGET is .*: no Glue job and no"):
        starter(arn)
