"""Bulletins: one parsed, and all quadrimesters since September 2022 refined at once.

Run by `hatch run bench bulletins`; figures only, nothing is asserted. The bulletin has the 31
indices and 2,253 rows of that of 29 September 2026.
"""

import datetime as dt
import resource
import tempfile
import time
from io import BytesIO
from pathlib import Path

import pypdf

from b3_scraper import BULLETIN_INDICES, Client, parse_bulletin
from b3_scraper.testing import Exchange, SampleBulletin, sample_portfolio
from bovespa_pipeline.ingest.backfilling import Backfill, backfill, quadrimesters
from bovespa_pipeline.ingest.landing import Landing
from glue_transform import DuckDBEngine, refine
from lake_io import open_lake

NOW = dt.datetime(2026, 11, 26, 21, tzinfo=dt.UTC)
ROWS = 2_253
TARGETS = {"parse": 3, "refine": 10, "memory": 1.0}
_GB = 2**20
"""Of the kilobytes that Linux counts in."""


def main() -> None:
    wanted = quadrimesters(dt.date(2022, 9, 30), NOW.date())
    bulletins = {each.effective_date: _bulletin(each.effective_date) for each in wanted}
    _parse(bulletins[wanted[-1].effective_date])
    with (
        tempfile.TemporaryDirectory() as folder,
        Exchange([], NOW.date(), bulletins=bulletins) as exchange,
        Client(bulletin_url=exchange.bulletin_url) as client,
    ):
        _history(Path(folder), client)


def _bulletin(day: dt.date) -> bytes:
    codes = sorted(BULLETIN_INDICES)
    share, rest = divmod(ROWS, len(codes))
    return SampleBulletin(
        day,
        tuple(
            sample_portfolio(code, day, position_count=share + (place < rest), seed=day.month)
            for place, code in enumerate(codes)
        ),
    ).to_pdf()


def _parse(pdf: bytes) -> None:
    start = time.perf_counter()
    for page in pypdf.PdfReader(BytesIO(pdf)).pages:
        page.extract_text()
    extracted = time.perf_counter()
    bulletin = parse_bulletin(pdf)
    parsed = time.perf_counter()
    rows = sum(portfolio.position_count for portfolio in bulletin.portfolios)
    print(
        f"a bulletin of {len(bulletin.portfolios)} indices, {rows:,} rows: "
        f"{parsed - extracted:.2f} s (target {TARGETS['parse']} s), "
        f"of it pypdf's own {extracted - start:.2f} s"
    )


def _history(folder: Path, client: Client) -> None:
    lake = open_lake(str(folder))
    outcome = Backfill(Landing(lake.raw, lambda: NOW))
    wanted = quadrimesters(dt.date(2022, 9, 30), NOW.date())
    start = time.perf_counter()
    with lake.raw.batch():
        backfill(outcome, client, wanted, ())
    landed = time.perf_counter()
    report = refine(lake, DuckDBEngine(), NOW)
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GB
    print(
        f"{len(wanted)} quadrimesters, {len(report.published)} portfolios: landed in "
        f"{landed - start:.1f} s, refined in {end - landed:.1f} s (target {TARGETS['refine']} s), "
        f"{peak:.2f} GB at its peak (target {TARGETS['memory']} GB)"
    )


if __name__ == "__main__":
    main()
