"""Start one refine run for each new manifest that S3 announces through SQS.

Each message succeeds or fails on its own: SQS redelivers failed ones and finally moves them to
the dead-letter queue, which has an alarm. No error is swallowed.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from b3_contracts.events import Manifest
from trigger_lambda import aws
from trigger_lambda.aws import S3
from trigger_lambda.claims import Claims
from trigger_lambda.clock import utc_now
from trigger_lambda.errors import Refused
from trigger_lambda.idempotency import RunOnce
from trigger_lambda.log import Log
from trigger_lambda.messages import ObjectEvent, object_events
from trigger_lambda.settings import TriggerSettings
from trigger_lambda.targets import starter

__all__ = ["Response", "Trigger", "handle"]

Response = dict[str, list[dict[str, str]]]


def handle(event: Mapping[str, Any], context: Any) -> Response:
    """Handle an SQS batch; return the failed messages (ReportBatchItemFailures)."""
    settings = TriggerSettings.of(os.environ)
    log = Log(sys.stdout, utc_now, context.aws_request_id)
    claims = Claims(aws.s3(), settings.bucket)
    start = starter(settings.refine_target)
    run_once = RunOnce(claims, start, settings.claim_age, utc_now, by=context.aws_request_id)
    return Trigger(settings.bucket, aws.s3(), run_once, log).deliver(event)


@dataclass(frozen=True)
class Trigger:
    """The handler, with its clients passed in."""

    bucket: str
    s3: S3
    run_once: RunOnce
    log: Log

    def deliver(self, event: Mapping[str, Any]) -> Response:
        """Handle each message; return the failed ones in the format of ReportBatchItemFailures."""
        failed = [
            record["messageId"] for record in event["Records"] if not self._handle_message(record)
        ]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def _handle_message(self, record: Mapping[str, Any]) -> bool:
        return self._succeeds(partial(self._handle_events, record), message_id=record["messageId"])

    def _handle_events(self, record: Mapping[str, Any]) -> bool:
        """Try every event, so that an invalid one does not block the others."""
        outcomes = [
            self._succeeds(
                partial(self._handle_event, event), message_id=record["messageId"], key=event.key
            )
            for event in object_events(record["body"])
        ]
        return all(outcomes)

    def _handle_event(self, event: ObjectEvent) -> bool:
        if event.bucket != self.bucket:
            raise Refused(f"the event is of bucket {event.bucket!r}, not {self.bucket!r}")
        if event.manifest_id is None:
            self.log.warning("skipped: no new manifest", key=event.key, event=event.event)
            return True
        self._check_manifest(event)
        job_run_id = self.run_once.run(event.manifest_id)
        message = "started" if job_run_id else "started before"
        self.log.info(message, key=event.key, job_run_id=job_run_id)
        return True

    def _check_manifest(self, event: ObjectEvent) -> None:
        """Raises ContractError or Refused if the object is not the manifest that its key names."""
        response = self.s3.get_object(Bucket=event.bucket, Key=event.key)
        manifest = Manifest.from_json(response["Body"].read())
        if manifest.key != event.key:
            raise Refused(f"{event.key} contains the manifest {manifest.id}")

    def _succeeds(self, work: Callable[[], bool], **fields: str) -> bool:
        try:
            return work()
        except Exception as error:  # noqa: BLE001  any failure must be reported to SQS
            self.log.error("failed", error, **fields)
            return False
