"""Start the capture job on a schedule, for accounts without EventBridge Scheduler.

An EventBridge rule cannot start a Glue job by itself; this function does it. Events arrive at
least once: a second run of the capture waits for the first one, and writes nothing new.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from trigger_lambda import aws
from trigger_lambda.clock import utc_now
from trigger_lambda.log import Log
from trigger_lambda.settings import StartSettings

__all__ = ["handle"]


def handle(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Start one run and return its id. AWS errors are raised, and Lambda tries twice more."""
    settings = StartSettings.of(os.environ)
    log = Log(sys.stdout, utc_now, context.aws_request_id)
    job_run_id: str = aws.glue().start_job_run(JobName=settings.capture_job)["JobRunId"]
    log.info("started", job=settings.capture_job, job_run_id=job_run_id, event_id=event.get("id"))
    return {"job_run_id": job_run_id}
