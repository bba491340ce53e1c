"""Capture as a Lambda function: the lake is `BOVESPA_LAKE`, an event may name another `b3_url`.

The key is not `source`: EventBridge and Scheduler put their own name into an event's `source`.
"""

import os
from collections.abc import Mapping

from bovespa_pipeline.glue_jobs.capture_job import capture

__all__ = ["handle"]


def handle(event: Mapping[str, str], _context: object) -> None:
    """Capture every index. Raises JobFailure: Lambda's record of it has the reason."""
    capture(os.environ["BOVESPA_LAKE"], event.get("b3_url"))
