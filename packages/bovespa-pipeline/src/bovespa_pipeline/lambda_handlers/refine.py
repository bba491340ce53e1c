"""Refine as a Lambda function: DuckDB, in one process, on the lake `BOVESPA_LAKE`.

The event names the `manifest` that woke it, or nothing; `{"rebuild": true}` publishes everything
anew. As on Glue it refines all that is pending, and fails for new refusals only.
"""

import os
from collections.abc import Mapping

from bovespa_pipeline.glue_jobs.refine_job import main
from glue_transform import DuckDBEngine

__all__ = ["handle"]


def handle(event: Mapping[str, object], _context: object) -> None:
    """Refine pending sessions. Raises JobFailure: Lambda's record of it has the reason."""
    arguments = ["--lake", os.environ["BOVESPA_LAKE"], "--only-new"]
    if manifest := event.get("manifest"):
        arguments += ["--manifest", str(manifest)]
    if event.get("rebuild") is True:
        arguments += ["--rebuild"]
    main(arguments, lambda _: DuckDBEngine())
