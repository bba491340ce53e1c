"""Days of the sample exchange: twelve sessions of IBOV, one of IBRA in two pages, one with a fault.

The figures of IBOV and IBRA are B3's own, from the pipeline's bundled sample, whose README says
where they are from (and that the divisor of the first session is a stand-in).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from b3_scraper.testing import Exchange, Fault, SamplePortfolio, sample_portfolio
from bovespa_pipeline.sample import sample_portfolios

__all__ = ["BROKEN", "LARGE", "LATE", "SESSIONS", "downloads", "large", "showing"]

FIRST, LAST = dt.date(2024, 12, 30), dt.date(2025, 2, 14)
LATE = dt.date(2025, 1, 6)  # the rebalance: without it the next session would seem to be
LARGE, BROKEN = "IBRA", "SMLL"
_PAGE = 120  # rows: what B3's own site asks for at once

_IBOV = {
    portfolio.reference_date: portfolio
    for portfolio in sample_portfolios()
    if portfolio.index_code == "IBOV" and FIRST <= portfolio.reference_date <= LAST
}
SESSIONS = tuple(_IBOV)


def large() -> SamplePortfolio:
    """The only session of the large index."""
    (found,) = (one for one in sample_portfolios() if one.index_code == LARGE)
    return found


def downloads(folder: Path) -> list[Path]:
    """Ten sessions as B3's own downloads: all but the late one and the last."""
    folder.mkdir()
    days = [day for day in SESSIONS if day not in {LATE, LAST}]
    return [_written(folder / f"IBOVDia_{day:%d-%m-%y}.csv", _IBOV[day]) for day in days]


@contextmanager
def showing(day: dt.date) -> Iterator[Exchange]:
    """The exchange on one day; on the last one it shows all three indices."""
    portfolios = [_IBOV[day]]
    if day == LAST:
        portfolios += [large(), sample_portfolio(BROKEN, day)]
    with Exchange(portfolios, today=day, page_size_limit=_PAGE) as exchange:
        exchange.misbehave(Fault.WRONG_TOTAL, index=BROKEN, times=None)
        yield exchange


def _written(path: Path, portfolio: SamplePortfolio) -> Path:
    path.write_bytes(portfolio.to_csv())
    return path
