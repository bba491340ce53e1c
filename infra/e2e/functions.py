"""The applied functions, run by Lambda's own runtime client from the ZIP that was uploaded.

What Lambda's event source mapping does between queue and function is done here: moto delivers
S3's events to the queue, and calls a function only where there is Docker.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cloud import Cloud
from runtime_api import Function

__all__ = ["deliver", "running"]

ZIP = "trigger-lambda.zip"


@contextmanager
def running(cloud: Cloud, function: str, role: str, folder: Path) -> Iterator[Function]:
    """The function as applied: its code, its handler, its variables, its role."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=cloud.outputs[function])
    started = Function(
        _unpacked(cloud, found["CodeSha256"], folder / function),
        found["Handler"],
        {**found["Environment"]["Variables"], **cloud.role(role).environment},
    )
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()


def deliver(cloud: Cloud, function: Function) -> tuple[int, int]:
    """One batch, as the event source mapping delivers it; how many messages, and how many failed.

    What failed is given back at once, as if its visibility time-out were over.
    """
    sqs, queue = cloud.role("trigger").client("sqs"), cloud.outputs["queue_url"]
    answer = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    batch = answer.get("Messages", [])
    region = cloud.applied.kind.region
    response = function.invoke({"Records": [_record(queue, region, one) for one in batch]})
    failed = {one["itemIdentifier"] for one in response["batchItemFailures"]}
    for message in batch:
        receipt = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
        if message["MessageId"] in failed:
            cloud.client("sqs").change_message_visibility(**receipt, VisibilityTimeout=0)
        else:
            sqs.delete_message(**receipt)
    return len(batch), len(failed)


def _record(queue: str, region: str, message: Mapping[str, object]) -> dict[str, object]:
    """docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    account, name = queue.split("/")[-2:]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{region}:{account}:{name}",
        "awsRegion": region,
    }


def _unpacked(cloud: Cloud, sha256: str, folder: Path) -> Path:
    """The ZIP of the artifacts bucket, which has to be what the function was made of."""
    artifacts = f"{cloud.applied.kind.lake_bucket}-artifacts"
    found = cloud.client("s3").get_object(Bucket=artifacts, Key=ZIP)
    body = found["Body"].read()
    assert base64.b64encode(hashlib.sha256(body).digest()).decode() == sha256
    with zipfile.ZipFile(io.BytesIO(body)) as package:
        package.extractall(folder)
    return folder
