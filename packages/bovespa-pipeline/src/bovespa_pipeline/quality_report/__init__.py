"""The quality site: one page over all runs, above the Data Docs of each run.

It is a pure function of the lake: the same lake gives the same bytes, and a page that would
not change is not written.
"""

from bovespa_pipeline.quality_report.page import render
from bovespa_pipeline.quality_report.site import read_site
from lake_io import Lake

__all__ = ["write_page"]


def write_page(lake: Lake) -> bool:
    """Write the page; False if the lake has no data yet."""
    site = read_site(lake)
    if site.is_empty:
        return False
    lake.quality.write_front_page(render(site))
    return True
