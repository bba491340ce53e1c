"""Capture as a scheduled job: `bovespa capture --lake URI`, ignoring the scheduler's arguments.

A job's runner adds arguments of its own (`--JOB_NAME`, `--additional-python-modules`, …);
only the lake and the source are the capture's.
"""

import argparse
from collections.abc import Sequence

from bovespa_pipeline.cli.capture import captured_into
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.cli.landing_output import tell_capture
from bovespa_pipeline.glue_jobs.failures import of_capture, of_error
from bovespa_pipeline.ingest.capturing import CaptureResult
from lake_io import open_lake

__all__ = ["capture", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Capture every index. Raises JobFailure if anything failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lake", required=True)
    parser.add_argument("--source")
    options, _ = parser.parse_known_args(arguments)
    capture(options.lake, options.source)


def capture(lake_uri: str, source: str | None = None, context: Context | None = None) -> None:
    """Capture every index into the lake. Raises JobFailure with the missing indices and reasons."""
    result = CaptureResult([], [])

    def tell(captured: CaptureResult) -> None:
        nonlocal result
        result = captured
        tell_capture(captured)

    try:
        captured_into(open_lake(lake_uri, lazily=True), (), source, context or Context(), tell)
    except Exception as error:
        if (failure := of_error(error)) is None:
            raise
        raise failure from error
    if failure := of_capture(result):
        raise failure
