"""Serve the sample exchange on loopback until it is interrupted.

    python -m bovespa_pipeline.sample [--day 2025-02-14]

Prints the commands that use it in place of B3.
"""

import argparse
import datetime as dt
import sys
import threading
from collections.abc import Sequence

from b3_scraper.testing import Exchange
from bovespa_pipeline.sample import sample_bulletins, sample_portfolios, sample_previews

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, *, until: threading.Event | None = None) -> None:
    """Serve until Ctrl-C, or until the event is set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--day", type=dt.date.fromisoformat, help="today's date there; default: its last of IBOV"
    )
    sample = sample_portfolios()
    last = max(each.reference_date for each in sample if each.index_code == "IBOV")
    day = parser.parse_args(arguments).day or last
    with Exchange(
        sample, day, bulletins=sample_bulletins(), previews=sample_previews()
    ) as exchange:
        sys.stdout.write(f"bovespa run IBOV --source {exchange.url}\n")
        span = "--from 2024-09 --to 2025-01"
        sys.stdout.write(f"bovespa backfill --source {exchange.bulletin_url} {span}\n")
        sys.stdout.flush()
        try:
            (until or threading.Event()).wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
