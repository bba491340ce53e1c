"""Benchmark: parse and validate a payload of 87 positions.

Run by `hatch run bench`; figures only, nothing is asserted.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable

from b3_scraper import parse_portfolio
from b3_scraper.testing import sample_portfolio

ROUNDS = 200
TARGET_MS = 5


def main() -> None:
    sample = sample_portfolio("IBOV", dt.date(2025, 1, 6), position_count=87)
    answer = sample.to_json(segment="2", page_size=9999)
    download = sample.to_csv()
    for name, parse in (
        ("JSON", lambda: parse_portfolio(answer, index="IBOV")),
        ("CSV", lambda: parse_portfolio(download)),
    ):
        taken = _median_ms(parse)
        print(f"parse and validate 87 positions, {name}: {taken:.2f} ms (target {TARGET_MS} ms)")


def _median_ms(work: Callable[[], object]) -> float:
    work()
    return statistics.median(_ms(work) for _ in range(ROUNDS))


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
