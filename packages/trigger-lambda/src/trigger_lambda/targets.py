"""The target that a manifest starts: a Glue job or a Lambda function, told apart by its ARN.

Either start returns at once. Glue queues a run behind the one before it; Lambda queues an
asynchronous invocation until its concurrency allows it: at once, or behind the one before where
one execution is reserved.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Final

from b3_contracts.layout import manifest_key
from trigger_lambda import aws
from trigger_lambda.aws import Glue, Lambda
from trigger_lambda.errors import Misconfigured

__all__ = ["invoke", "start_run", "starter"]

_FIELDS: Final = 6  # arn:partition:service:region:account:resource


def starter(arn: str) -> Callable[[str], str]:
    """Return what starts the target for a manifest's id. Raises Misconfigured for another ARN."""
    match arn.split(":", _FIELDS - 1):
        case ["arn", _, "glue", _, _, resource] if resource.startswith("job/"):
            return partial(start_run, aws.glue(), resource.removeprefix("job/"))
        case ["arn", _, "lambda", _, _, resource] if resource.startswith("function:"):
            return partial(invoke, aws.lambda_(), arn)
        case _:
            raise Misconfigured(f"BOVESPA_REFINE_TARGET is {arn!r}: no Glue job and no function")


def start_run(glue: Glue, job: str, manifest_id: str) -> str:
    """Start a run of the job; return its id."""
    arguments = {"--manifest": manifest_key(manifest_id)}
    run_id: str = glue.start_job_run(JobName=job, Arguments=arguments)["JobRunId"]
    return run_id


def invoke(functions: Lambda, arn: str, manifest_id: str) -> str:
    """Queue an invocation of the function; return its request id."""
    payload = json.dumps({"manifest": manifest_key(manifest_id)}).encode()
    response = functions.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)
    request_id: str = response["ResponseMetadata"]["RequestId"]
    return request_id
