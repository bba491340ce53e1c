"""HTTP client for B3: its endpoints and bulletins, complete answers only."""

import base64
import datetime as dt
import json
import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import requests

from b3_contracts.counts import counted
from b3_scraper.aliases import alias_hint
from b3_scraper.bulletin.pdf_text import MAX_BULLETIN_BYTES
from b3_scraper.connection import Connection, NotFound, WebPage
from b3_scraper.errors import NoPortfolio, Refused
from b3_scraper.indices import IndexList, read_indices
from b3_scraper.json_answer import Envelope, read_envelope
from b3_scraper.parse import check_index_code, parse_pages
from b3_scraper.portfolio import Portfolio
from b3_scraper.retry import Retry
from b3_scraper.transport import site

if TYPE_CHECKING:
    from b3_scraper.bulletin.parsing import Bulletin

__all__ = [
    "B3_URL",
    "BULLETIN_URL",
    "Client",
    "fetch_bulletin",
    "fetch_indices",
    "fetch_portfolio",
]

B3_URL: Final = "https://sistemaswebb3-listados.b3.com.br/indexProxy/indexCall/"

BULLETIN_URL: Final = "https://arquivos.b3.com.br/bdi/download/bdi/"
"""Daily bulletins since September 2022, a folder per session."""

_PAGE_SIZE: Final = 9999
_MAX_PAGES: Final = 100
_MAX_RESTARTS: Final = 3

Parameters = Mapping[str, object]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Client:
    """One polite connection to B3, or to another exchange at `base_url` and `bulletin_url`.

    Time-outs, lost connections, 408, 429, 5xx and answers without content (an empty body or
    `null`) are tried again `retries` times, after growing waits that respect `Retry-After`
    up to a minute. Nothing else is.
    TLS is always verified. Not for use by several threads at once.
    """

    def __init__(  # noqa: PLR0913 (each has a default; clock and chance are passed in)
        self,
        base_url: str = B3_URL,
        *,
        bulletin_url: str = BULLETIN_URL,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (5, 30),
        retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], dt.datetime] = _now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        self._bulletin_url = bulletin_url.rstrip("/") + "/"
        retry = Retry(retries, sleep, jitter)
        self._connection = Connection(session or requests.Session(), timeout, retry, now, clock)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def fetch_portfolio(self, index: str, *, verify: bool = True) -> Portfolio:
        """The index's portfolio of the current or the next session, all pages of it.

        Raises Unreachable, NoPortfolio or Refused; with `verify`, InconsistentTotals too.
        """
        check_index_code(index)
        pages = self._pages("GetPortfolioDay", _question(index))
        first = read_envelope(pages[0])
        if not first.total_records and not first.rows:
            raise NoPortfolio(f"B3 has no portfolio of an index {index}{alias_hint(index)}")
        portfolio = parse_pages(pages, index=index)
        return portfolio.verify() if verify else portfolio

    def fetch_indices(self) -> IndexList:
        """The codes of all indices B3 lists stocks for, from GetStockIndex."""
        return read_indices(self._pages("GetStockIndex", {}))

    def fetch_answer(self, method: str, parameters: Parameters) -> bytes:
        """The bytes of any answer, unread. Raises Unreachable, or Refused over 8 MiB."""
        compact = json.dumps(dict(parameters), separators=(",", ":"), ensure_ascii=False)
        token = base64.b64encode(compact.encode()).decode("ascii")
        url = f"{self._base_url}{quote(method, safe='')}/{quote(token, safe='=')}"
        return self._connection.get(url)

    def fetch_bulletin(self, date: dt.date) -> bytes:
        """Chapter 2 of the daily bulletin of a session: the bytes of a PDF, unread.

        Raises NoPortfolio where there is none of that date, Unreachable, or Refused over 64 MiB.
        Address: requested by five public collectors, September 2022 to November 2026.
        """
        url = f"{self._bulletin_url}{date:%Y-%m-%d}/BDI_02_{date:%Y%m%d}.pdf"
        try:
            return self._connection.get(url, accept="application/pdf", limit=MAX_BULLETIN_BYTES)
        except (NotFound, WebPage) as error:
            raise NoPortfolio(f"{site(url)} has no bulletin of {date}") from error

    def _pages(self, method: str, question: Parameters) -> tuple[bytes, ...]:
        """All pages of one answer; from the first again where the session rolled over."""
        pages: tuple[bytes, ...] = ()
        for _ in range(_MAX_RESTARTS):
            pages, whole = self._pages_once(method, question)
            if whole:
                return pages
        raise Refused(
            f"B3's header changed between the pages of one answer, {_MAX_RESTARTS} times",
            pages=pages,
        )

    def _pages_once(self, method: str, question: Parameters) -> tuple[tuple[bytes, ...], bool]:
        pages = [self._page(method, question, 1)]
        first = _envelope(pages)
        if first.total_pages > _MAX_PAGES:
            raise Refused(
                f"the answer has {counted(first.total_pages, 'page', 'pages')}", pages=pages
            )
        for number in range(2, first.total_pages + 1):
            pages.append(self._page(method, question, number))
            if not _envelope(pages).same_answer(first):
                return tuple(pages), False
        return tuple(pages), True

    def _page(self, method: str, question: Parameters, number: int) -> bytes:
        page = {"pageNumber": number, "pageSize": _PAGE_SIZE}
        return self.fetch_answer(method, {**page, **question})


def fetch_portfolio(index: str, *, source: str = B3_URL) -> Portfolio:
    """`Client.fetch_portfolio` with a client of its own."""
    with Client(source) as client:
        return client.fetch_portfolio(index)


def fetch_indices(*, source: str = B3_URL) -> IndexList:
    """`Client.fetch_indices` with a client of its own."""
    with Client(source) as client:
        return client.fetch_indices()


def fetch_bulletin(date: dt.date, *, source: str = BULLETIN_URL) -> "Bulletin":
    """The portfolios in the bulletin of a session: `Client.fetch_bulletin`, then `parse_bulletin`.

    Raises NoPortfolio where B3 has none of that date, Unreachable, or Refused.
    """
    from b3_scraper.bulletin.parsing import parse_bulletin

    with Client(bulletin_url=source) as client:
        return parse_bulletin(client.fetch_bulletin(date))


def _question(index: str) -> Parameters:
    """Build the request: in Portuguese, with sector names (segment 2)."""
    return {"language": "pt-br", "index": index, "segment": "2"}


def _envelope(pages: list[bytes]) -> Envelope:
    """The last page's envelope; a refusal carries all pages so far."""
    try:
        return read_envelope(pages[-1])
    except Refused as refusal:
        refusal.pages = tuple(pages)
        raise
