"""Capture as a scheduled job: `bovespa capture --lake URI`, ignoring the scheduler's arguments.

A job's runner adds arguments of its own (`--JOB_NAME`, `--additional-python-modules`, …);
only the lake and the source are the capture's.
"""

import argparse
import sys
from collections.abc import Sequence

from bovespa_pipeline.cli import run_command

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Capture every index. Raises SystemExit with a code if anything failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lake", required=True)
    parser.add_argument("--source")
    options, _ = parser.parse_known_args(arguments)
    source = ["--source", options.source] if options.source else []
    code = run_command(["capture", "--lake", options.lake, *source])
    if code:
        sys.exit(code)
