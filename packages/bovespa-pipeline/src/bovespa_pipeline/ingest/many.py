"""Payloads that hold the portfolios of many indices or sessions: bulletins and archives."""

import datetime as dt
from dataclasses import replace
from typing import Final

from b3_scraper import (
    Archive,
    Bulletin,
    Portfolio,
    Refused,
    is_archive,
    is_bulletin,
    parse_archive,
    parse_bulletin,
)
from b3_scraper.archive.path_names import session_in_name
from lake_io import Receipt

__all__ = ["ARCHIVE", "BULLETIN", "MANY", "Many", "parse_many", "portfolio_of", "with_kind"]

BULLETIN: Final = "bulletin"
ARCHIVE: Final = "archive"
MANY: Final = frozenset({BULLETIN, ARCHIVE})
"""The sources of receipts whose payloads hold many portfolios."""

Many = Bulletin | Archive


def with_kind(receipt: Receipt, body: bytes) -> Receipt:
    """The receipt of an import with the source that the content shows."""
    if receipt.columns is None and is_bulletin(body):
        return replace(receipt, source=BULLETIN)
    is_table = receipt.columns is not None or is_archive(body)
    return replace(receipt, source=ARCHIVE) if is_table else receipt


def parse_many(body: bytes, receipt: Receipt) -> Many:
    """The portfolios in a payload, those that the receipt's hints ask for. Raises Refused."""
    if receipt.source == BULLETIN:
        return _asked_for(parse_bulletin(body), receipt)
    from_name = session_in_name(receipt.name) if receipt.date_from_name else None
    return parse_archive(
        body,
        columns=receipt.columns,
        index=receipt.index_code,
        reference_date=receipt.reference_date or from_name,
        name=receipt.name,
    )


def _asked_for(bulletin: Bulletin, receipt: Receipt) -> Bulletin:
    date, index = receipt.reference_date, receipt.index_code
    if date not in (None, bulletin.effective_date):
        raise Refused(f"the bulletin's portfolios are of {bulletin.effective_date}, not {date}")
    if index is None:
        return bulletin
    portfolios = tuple(each for each in bulletin.portfolios if each.index_code == index)
    refusals = tuple(each for each in bulletin.refusals if each.index_code in (index, None))
    if not portfolios:
        reasons = "".join(f": {each.reason}" for each in refusals if each.index_code == index)
        raise Refused(f"the bulletin has no whole portfolio of {index}{reasons}")
    return replace(bulletin, portfolios=portfolios, refusals=refusals)


def portfolio_of(many: Many, index_code: str, reference_date: dt.date) -> Portfolio:
    """The portfolio of an index and a session. Raises Refused where there is no whole one."""
    for portfolio in many.portfolios:
        if (portfolio.index_code, portfolio.reference_date) == (index_code, reference_date):
            return portfolio
    raise Refused(f"the file has no whole portfolio of {index_code} {reference_date}")
