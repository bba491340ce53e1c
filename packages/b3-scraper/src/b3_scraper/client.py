"""HTTP client for B3: one connection, sequential requests, complete answers only."""

import base64
import datetime as dt
import json
import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import requests

from b3_contracts.counts import counted
from b3_scraper.aliases import alias_hint
from b3_scraper.content import MAX_BODY_BYTES, is_html, is_nothing
from b3_scraper.errors import Blocked, NoPortfolio, Refused, Unreachable
from b3_scraper.indices import IndexList, read_indices
from b3_scraper.json_answer import Envelope, read_envelope
from b3_scraper.parse import check_index_code, parse_pages
from b3_scraper.portfolio import Portfolio
from b3_scraper.retry import Retry, TransientError, retry_after_seconds
from b3_scraper.transport import failure_of, proxy_of, site
from b3_scraper.version import __version__

__all__ = ["B3_URL", "Client", "fetch_indices", "fetch_portfolio"]

B3_URL: Final = "https://sistemaswebb3-listados.b3.com.br/indexProxy/indexCall/"

_HEADERS: Final = {"User-Agent": f"b3-scraper/{__version__}", "Accept": "application/json"}
_PAGE_SIZE: Final = 9999
_MAX_PAGES: Final = 100
_MAX_RESTARTS: Final = 3
_MAX_REDIRECTS: Final = 3
_MAX_SECONDS_PER_BODY: Final = 120.0
_CHUNK_BYTES: Final = 4 * 1024
_PASSING_STATUSES: Final = frozenset({408, 429})
_GOOD: Final = range(200, 300)
_REFUSALS: Final = frozenset({401, 403, 451})
_GONE: Final = frozenset({404, 410})
_PROXY_LOGIN: Final = 407
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SERVER_ERRORS: Final = range(500, 600)  # 520 and its like are the CDN's

Parameters = Mapping[str, object]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Client:
    """One polite connection to B3, or to another exchange at `base_url`.

    Time-outs, lost connections, 408, 429, 5xx and answers without content (an empty body or
    `null`) are tried again `retries` times, after growing waits that respect `Retry-After`
    up to a minute. Nothing else is.
    TLS is always verified. Not for use by several threads at once.
    """

    def __init__(  # noqa: PLR0913 (each has a default; clock and chance are passed in)
        self,
        base_url: str = B3_URL,
        *,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (5, 30),
        retries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], dt.datetime] = _now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        self._session = session or requests.Session()
        self._timeout = timeout
        self._retry = Retry(retries, sleep, jitter)
        self._now = now
        self._clock = clock

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
        self._session.close()

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
        return self._retry.call(lambda: self._get(url))

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

    def _get(self, url: str) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with self._request(url) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._body(response)
                    url = _same_site(url, response.headers.get("Location", ""))
            except (OSError, ValueError) as error:  # requests' own errors are of the first kind
                raise failure_of(url, error, self._session) from error
        raise Unreachable(f"{site(url)} redirects in circles")

    def _request(self, url: str) -> requests.Response:
        return self._session.get(
            url,
            headers=_HEADERS,
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            verify=self._session.verify or True,
        )

    def _body(self, response: requests.Response) -> bytes:
        self._refuse_status(response)
        body = self._bounded(response)
        if is_html(body):
            what = "a CAPTCHA" if b"captcha" in body.lower() else "a web page"
            raise Blocked(
                f"{site(response.url)} answered with {what} instead of data (status "
                f"{response.status_code}): it blocks this address for now; wait before asking again"
            )
        if is_nothing(body):
            what = "null" if b"null" in body else "an empty body"
            raise TransientError(
                f"{site(response.url)} answered with {what} (status {response.status_code})"
            )
        return body

    def _refuse_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in _GOOD:
            return
        answered = f"{site(response.url)} answered with status {status}"
        if status in _PASSING_STATUSES or status in _SERVER_ERRORS:
            wait = retry_after_seconds(response.headers.get("Retry-After"), self._now())
            raise TransientError(answered, wait)
        if status in _REFUSALS:
            raise Blocked(
                f"{_who(response.url)} refuses this address with status {status}; "
                "wait before asking again"
            )
        if status == _PROXY_LOGIN:
            proxy = proxy_of(response.url, self._session)
            raise Unreachable(f"the proxy {proxy} wants a login (status {status})")
        raise Unreachable(answered + (": the endpoint may have moved" if status in _GONE else ""))

    def _bounded(self, response: requests.Response) -> bytes:
        """The body, as long as it comes in time and within bounds."""
        body = bytearray()
        until = self._clock() + _MAX_SECONDS_PER_BODY
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise Refused(f"{site(response.url)} answered with more than 8 MiB")
            if self._clock() > until:
                raise TransientError(f"{site(response.url)} answers too slowly")
        return bytes(body)


def fetch_portfolio(index: str, *, source: str = B3_URL) -> Portfolio:
    """`Client.fetch_portfolio` with a client of its own."""
    with Client(source) as client:
        return client.fetch_portfolio(index)


def fetch_indices(*, source: str = B3_URL) -> IndexList:
    """`Client.fetch_indices` with a client of its own."""
    with Client(source) as client:
        return client.fetch_indices()


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


def _who(url: str | None) -> str:
    """Name the source in a sentence: B3 by its name, another exchange by its address."""
    return "B3" if site(url) == urlsplit(B3_URL).netloc else site(url)


def _same_site(url: str, location: str) -> str:
    """The target of a redirect that stays on the same server."""
    target = urljoin(url, location)
    parts, target_parts = urlsplit(url), urlsplit(target)
    server = f"{target_parts.scheme}://{target_parts.netloc}"
    if server != f"{parts.scheme}://{parts.netloc}":
        raise Unreachable(f"{parts.netloc} has moved to {server}; not followed")
    return target
