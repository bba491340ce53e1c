"""Refine as a Glue job, followed by an update of the quality site.

The site names missing sessions, which takes a calendar; glue-transform knows none.
"""

from collections.abc import Callable, Sequence

from bovespa_pipeline.quality_report import write_page
from glue_transform import Engine, job

__all__ = ["main"]


def main(argv: Sequence[str], engine: Callable[[str], Engine] | None = None) -> int:
    """Run `glue_transform.job.main`, then write the quality site, whether it published or not."""
    return job.main(argv, engine, write_page)
