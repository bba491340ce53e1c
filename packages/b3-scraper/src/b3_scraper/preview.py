"""Previews: the answers of GetQuartelyPreview (B3's spelling) about the next portfolio.

They have the shape of GetTheoricalPortfolio's and no date. Whether one still announces anything it
does not say: B3 goes on giving the last one after its portfolio has taken effect.
"""

import datetime as dt
from typing import Final

from b3_scraper.errors import ExtraMissing, Refused
from b3_scraper.json_answer import read_envelope
from b3_scraper.parse import parse_portfolio
from b3_scraper.portfolio import Portfolio

__all__ = ["PREVIEW_METHOD", "parse_preview"]

PREVIEW_METHOD: Final = "GetQuartelyPreview"


def parse_preview(body: bytes, *, index: str, captured_on: dt.date) -> Portfolio | None:
    """The portfolio in an answer, as of the first rebalance after the day it came on.

    Its weights are rounded: within 0.02 of 100. None for an answer without rows: there is no
    preview. Raises Refused for any other answer, InconsistentTotals (a Refused) where its figures
    contradict each other, and ExtraMissing without B3's calendar.
    """
    envelope = read_envelope(body)
    if not envelope.rows and not envelope.total_records:
        return None
    portfolio = parse_portfolio(body, index=index, reference_date=_next_rebalance(captured_on))
    if portfolio.kind != "quadrimester":
        raise Refused("this is the portfolio of a session, not a preview", pages=(body,))
    return portfolio.verify()


def _next_rebalance(day: dt.date) -> dt.date:
    try:
        from b3_contracts.trading_calendar import next_rebalance
    except ModuleNotFoundError as error:
        raise ExtraMissing(
            "dating a preview needs B3's calendar: pip install 'b3-scraper[bulletin]'"
        ) from error
    return next_rebalance(day)
