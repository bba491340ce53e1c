"""Refine as a Glue job, followed by an update of the quality site.

The site names missing sessions, which takes a calendar; glue-transform knows none.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from bovespa_pipeline.dates import now
from bovespa_pipeline.quality_report import write_page
from glue_transform import Engine, job

__all__ = ["main"]


def main(
    argv: Sequence[str],
    engine: Callable[[str], Engine] | None = None,
    clock: Callable[[], dt.datetime] = now,
) -> int:
    """Run `glue_transform.job.main`, then write the quality site, whether it published or not."""
    return job.main(argv, engine, lambda lake: write_page(lake, clock()))
