"""A test exchange on loopback that behaves and misbehaves as B3 does.

with Exchange([sample_portfolio("IBOV", date)], today=date) as exchange:
    portfolio = Client(exchange.url).fetch_portfolio("IBOV")
"""

from b3_scraper.testing.bulletins import SampleBulletin
from b3_scraper.testing.exchange import Exchange
from b3_scraper.testing.faults import Fault
from b3_scraper.testing.generate import sample_portfolio
from b3_scraper.testing.samples import SamplePortfolio, SampleRow

__all__ = [
    "Exchange",
    "Fault",
    "SampleBulletin",
    "SamplePortfolio",
    "SampleRow",
    "sample_portfolio",
]
