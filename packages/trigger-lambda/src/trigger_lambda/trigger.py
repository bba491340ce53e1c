"""A manifest lands in the lake, S3 tells the queue, and one Glue run is started for it.

Each message succeeds or fails alone: SQS delivers the failed ones again and, when that does not
help, moves them to the dead-letter queue, where an alarm finds them. Nothing is swallowed.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from b3_contracts.events import Manifest
from b3_contracts.layout import manifest_key
from trigger_lambda import aws
from trigger_lambda.aws import S3, Glue
from trigger_lambda.claims import Claims
from trigger_lambda.clock import utc_now
from trigger_lambda.errors import Refused
from trigger_lambda.log import Log
from trigger_lambda.messages import Notice, notices
from trigger_lambda.once import Once
from trigger_lambda.settings import TriggerSettings

__all__ = ["Response", "Trigger", "handle"]

Response = dict[str, list[dict[str, str]]]


def handle(event: Mapping[str, Any], context: Any) -> Response:
    """Lambda's entry: a batch of SQS in, the messages that failed out."""
    settings = TriggerSettings.of(os.environ)
    log = Log(sys.stdout, utc_now, context.aws_request_id)
    claims = Claims(aws.s3(), settings.bucket)
    start = partial(start_run, aws.glue(), settings.refine_job)
    once = Once(claims, start, settings.claim_age, utc_now, by=context.aws_request_id)
    return Trigger(settings.bucket, aws.s3(), once, log).deliver(event)


def start_run(glue: Glue, job: str, manifest_id: str) -> str:
    arguments = {"--manifest": manifest_key(manifest_id)}
    answer = glue.start_job_run(JobName=job, Arguments=arguments)
    job_run_id: str = answer["JobRunId"]
    return job_run_id


@dataclass(frozen=True)
class Trigger:
    """The handler with its edges given."""

    bucket: str
    s3: S3
    once: Once
    log: Log

    def deliver(self, event: Mapping[str, Any]) -> Response:
        """Handle each message; name those that failed, as ReportBatchItemFailures wants it."""
        failed = [
            record["messageId"] for record in event["Records"] if not self._message_done(record)
        ]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def _message_done(self, record: Mapping[str, Any]) -> bool:
        return self._succeeds(partial(self._read, record), message_id=record["messageId"])

    def _read(self, record: Mapping[str, Any]) -> bool:
        """All records are tried, so that one bad record does not hold up its neighbours."""
        done = [
            self._succeeds(
                partial(self._take, notice), message_id=record["messageId"], key=notice.key
            )
            for notice in notices(record["body"])
        ]
        return all(done)

    def _take(self, notice: Notice) -> bool:
        if notice.bucket != self.bucket:
            raise Refused(f"the event is of bucket {notice.bucket!r}, not {self.bucket!r}")
        if notice.manifest_id is None:
            self.log.warning("skipped: no new manifest", key=notice.key, event=notice.event)
            return True
        self._check(notice)
        job_run_id = self.once.run(notice.manifest_id)
        told = "started" if job_run_id else "started before"
        self.log.info(told, key=notice.key, job_run_id=job_run_id)
        return True

    def _check(self, notice: Notice) -> None:
        """Raises ContractError or Refused where the object is not the manifest its key says."""
        answer = self.s3.get_object(Bucket=notice.bucket, Key=notice.key)
        manifest = Manifest.from_json(answer["Body"].read())
        if manifest.key != notice.key:
            raise Refused(f"{notice.key} holds the manifest {manifest.id}")

    def _succeeds(self, work: Callable[[], bool], **fields: str) -> bool:
        try:
            return work()
        except Exception as error:  # noqa: BLE001  whatever it is, SQS must hear of this message
            self.log.error("failed", error, **fields)
            return False
