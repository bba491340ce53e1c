"""The quality site: one page over all runs, above the Data Docs of each run.

It is a pure function of the lake and the expected session: the same two give the same bytes, and a
page that would not change is not written.
"""

import datetime as dt

from bovespa_pipeline.quality_report.page import render
from bovespa_pipeline.quality_report.site import read_site
from lake_io import Lake

__all__ = ["read_page", "write_page"]


def write_page(lake: Lake, now: dt.datetime) -> bool:
    """Write the page as of a time; False if the lake has no data yet."""
    page = read_page(lake, now)
    if page is not None:
        lake.quality.write_front_page(page)
    return page is not None


def read_page(lake: Lake, now: dt.datetime) -> bytes | None:
    """The page as of a time; None if the lake has no data yet."""
    site = read_site(lake, now)
    return None if site.is_empty else render(site)
