"""Parse a payload into a portfolio: format by content, identity by payload, rows by contract."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, TypeVar

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.aliases import alias_hint
from b3_scraper.content import MAX_BODY_BYTES, as_utf8, kind_of, unwrap
from b3_scraper.csv_download import read_csv
from b3_scraper.errors import Refused, Undated, Unnamed
from b3_scraper.json_answer import read_json
from b3_scraper.portfolio import Portfolio
from b3_scraper.positions import build_positions, unknown_markers
from b3_scraper.quadrimester import session_in_force
from b3_scraper.raw_texts import RawTexts

__all__ = ["PARSER_REVISION", "check_index_code", "parse_pages", "parse_portfolio"]

PARSER_REVISION: Final = 1
"""Raised whenever the same bytes would be read into other positions."""

Told = TypeVar("Told")


def parse_portfolio(
    body: bytes, *, index: str | None = None, reference_date: dt.date | None = None
) -> Portfolio:
    """The portfolio in one of B3's payloads: CSV, by-sector CSV, JSON or base64 text.

    The theoretical portfolio of a quadrimester is one of its first session; its JSON has no date,
    and `reference_date` is then any day on which it was in force.

    `index` and `reference_date` fill in what the payload does not say, and are refused
    where they contradict it. Weights, quantities and tickers that contradict each other
    are not refused here: see `Portfolio.verify`.

    Raises Refused (Undated, Unnamed among them), with the bytes in its `pages`.
    """
    return parse_pages((body,), index=index, reference_date=reference_date)


def parse_pages(
    pages: Sequence[bytes], *, index: str | None = None, reference_date: dt.date | None = None
) -> Portfolio:
    """The portfolio in all pages of one JSON answer, in their order."""
    received = tuple(pages)
    try:
        return _parse(received, index, reference_date)
    except Refused as refusal:
        if all(len(page) <= MAX_BODY_BYTES for page in received):
            refusal.pages = received
        raise


def check_index_code(code: str) -> str:
    """The code itself; Refused if no index of B3 can have it."""
    if not re.fullmatch(INDEX_CODE_PATTERN, code):
        hint = alias_hint(code) or ": they are as IBOV, in capitals"
        raise Refused(f"{code[:40]!r} is not an index code{hint}")
    return code


def _parse(pages: tuple[bytes, ...], index: str | None, date: dt.date | None) -> Portfolio:
    if index is not None:
        check_index_code(index)
    answer = _read(pages)
    reference_date = _session(answer, date)
    index_code = _agreed("index", answer.index_code, index)
    if index_code is None:
        raise Unnamed("nothing in it says which index it is of; give the index's code")
    positions = build_positions(answer, index_code, reference_date)
    return Portfolio(
        index_code=index_code,
        reference_date=reference_date,
        positions=positions,
        total_theoretical_quantity=answer.total_quantity,
        divisor=answer.divisor,
        pages=pages,
        complete=answer.is_complete,
        warnings=answer.warnings + unknown_markers(positions),
        kind=answer.kind,
    )


def _session(answer: RawTexts, date: dt.date | None) -> dt.date:
    """The payload's date, or the caller's; a title that can mean two dates needs the caller's."""
    if answer.possible_dates and date not in answer.possible_dates:
        both = " or ".join(map(str, answer.possible_dates))
        reason = f", not {date}" if date else " (its words and its numbers are of two languages)"
        raise Undated(f"the title's date is {both}{reason}", dates=answer.possible_dates)
    if answer.kind == "quadrimester" and answer.reference_date is None and date is not None:
        return session_in_force(date)
    session = _agreed("reference date", answer.reference_date, date)
    if session is None:
        raise Undated(
            "no line of it says which session it is of; give its reference date if you know it",
            languages=answer.date_languages,
            is_quadrimester=answer.kind == "quadrimester",
        )
    return session


def _read(pages: tuple[bytes, ...]) -> RawTexts:
    if not pages:
        raise Refused("there is no page to read")
    bodies = list(map(_body, pages))
    kinds = {kind_of(body) for body in bodies}
    if kinds == {"json"}:
        return read_json(bodies)
    if len(bodies) > 1:
        raise Refused("only B3's JSON answers have several pages; give one download at a time")
    return read_csv(bodies[0])


def _body(page: bytes) -> bytes:
    """Return a page's text. Raises Refused for one that is neither CSV nor JSON."""
    text = as_utf8(page)
    kind_of(text)
    return unwrap(text)


def _agreed(what: str, content: Told | None, argument: Told | None) -> Told | None:
    """The payload's own word, or the caller's where it has none; refused if they differ."""
    if content is not None and argument is not None and content != argument:
        raise Refused(f"the payload's {what} is {content}, not {argument}")
    return argument if content is None else content
