"""Fixtures: real captures, a sample portfolio, an exchange, a client."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio, sample_portfolio

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
SESSION = dt.date(2025, 1, 6)

Capture = Callable[[str], bytes]


@pytest.fixture(scope="session")
def capture() -> Capture:
    """The bytes of a real capture, by its path in the folder of captures."""
    if not CAPTURES.is_dir():
        pytest.skip("the folder of real captures (../shared/captures) is not here")
    return lambda name: (CAPTURES / name).read_bytes()


@pytest.fixture(scope="session")
def sample() -> SamplePortfolio:
    return sample_portfolio("IBOV", SESSION, position_count=12)


@pytest.fixture
def exchange(sample: SamplePortfolio) -> Iterator[Exchange]:
    """One that has IBOV (12 positions) and IGCX (240), and gives 100 rows a page."""
    large = sample_portfolio("IGCX", SESSION, position_count=240)
    with Exchange([sample, large], today=SESSION, page_size_limit=100) as server:
        yield server


@pytest.fixture
def waits() -> list[float]:
    """The seconds the client would have slept."""
    return []


@pytest.fixture
def client(exchange: Exchange, waits: list[float]) -> Iterator[Client]:
    """A client of the exchange that neither sleeps nor leaves anything to chance."""
    with Client(
        exchange.url,
        timeout=(5, 5),
        sleep=waits.append,
        jitter=lambda: 1.0,
        now=lambda: dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC),
    ) as asking:
        yield asking
