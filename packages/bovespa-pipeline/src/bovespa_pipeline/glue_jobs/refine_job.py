"""Refine as a Glue job, followed by an update of the quality site.

The site names missing sessions, which takes a calendar; glue-transform knows none.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from bovespa_pipeline.dates import now
from bovespa_pipeline.glue_jobs.failures import of_refine
from bovespa_pipeline.quality_report import write_page
from glue_transform import Engine, job

__all__ = ["main"]


def main(
    argv: Sequence[str],
    engine: Callable[[str], Engine] | None = None,
    clock: Callable[[], dt.datetime] = now,
) -> None:
    """Run `glue_transform.job`, then write the quality site, whether it published or not.

    Raises JobFailure with the reason if portfolios were refused or the run could not end.
    """
    outcome = job.run(argv, engine, lambda lake: write_page(lake, clock()))
    if failure := of_refine(outcome):
        raise failure
