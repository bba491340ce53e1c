"""One session of 34 indices, 2,700 positions: from the exchange over HTTP to published tables.

Run by `hatch run bench`; figures only, nothing is asserted.
"""

import datetime as dt
import tempfile
import time
from pathlib import Path

from b3_scraper import Client
from b3_scraper.testing import Exchange, sample_portfolio
from bovespa_pipeline.ingest.capturing import capture
from glue_transform import DuckDBEngine, refine
from lake_io import open_lake

INDICES = 34
SESSIONS = (dt.date(2025, 1, 6), dt.date(2025, 1, 7))
TARGET_SECONDS = 15
TARGET_FILES = 8


def main() -> None:
    codes = [f"IX{number:02}" for number in range(INDICES)]
    sample = [
        sample_portfolio(code, day, position_count=40 + 2 * (number + 7), seed=number)
        for number, code in enumerate(codes)
        for day in SESSIONS
    ]
    with tempfile.TemporaryDirectory() as folder, Exchange(sample, SESSIONS[0]) as exchange:
        for day in SESSIONS:
            exchange.today = day
            _one_session(Path(folder), exchange.url, codes, day)


def _one_session(folder: Path, url: str, codes: list[str], day: dt.date) -> None:
    before = _data_files(folder)
    at = dt.datetime.combine(day, dt.time(12), dt.UTC)
    start = time.perf_counter()
    lake = open_lake(str(folder))
    with Client(url) as client:
        captured = capture(lake.raw, client, codes, lambda: at)
    brought = time.perf_counter()
    refine(lake, DuckDBEngine(), at)
    end = time.perf_counter()
    positions = sum(landed.position_count for landed in captured.landed)
    warm = "" if day == SESSIONS[0] else ", everything imported"
    print(
        f"a session of {len(captured.landed)} indices, {positions} positions{warm}: "
        f"{end - start:.1f} s (target {TARGET_SECONDS} s), of it capture {brought - start:.1f} s; "
        f"{_data_files(folder) - before} data files (target {TARGET_FILES})"
    )


def _data_files(folder: Path) -> int:
    return sum(1 for _ in (folder / "warehouse").rglob("*.parquet"))


if __name__ == "__main__":
    main()
