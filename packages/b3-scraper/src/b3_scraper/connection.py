"""One polite HTTP connection: sequential requests, bounded bodies, failures by their cause."""

import datetime as dt
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from b3_scraper.content import MAX_BODY_BYTES, is_html, is_nothing
from b3_scraper.errors import Blocked, Refused, Unreachable
from b3_scraper.retry import Retry, TransientError, retry_after_seconds
from b3_scraper.transport import failure_of, proxy_of, site
from b3_scraper.version import __version__

__all__ = ["Connection", "NotFound", "WebPage"]

_USER_AGENT: Final = f"b3-scraper/{__version__}"
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


class NotFound(Unreachable):
    """404 or 410: nothing at this address."""


class WebPage(Blocked):
    """HTML in place of data, with a status of success; a CAPTCHA is not one of these."""


class Connection:
    """Transient failures are retried, nothing else; TLS is always verified."""

    def __init__(
        self,
        session: requests.Session,
        timeout: tuple[float, float],
        retry: Retry,
        now: Callable[[], dt.datetime],
        clock: Callable[[], float],
    ) -> None:
        self._session = session
        self._timeout = timeout
        self._retry = retry
        self._now = now
        self._clock = clock

    def get(
        self, url: str, *, accept: str = "application/json", limit: int = MAX_BODY_BYTES
    ) -> bytes:
        """The body at `url`. Raises Unreachable, or Refused for more than `limit` bytes."""
        return self._retry.call(lambda: self._get(url, accept, limit))

    def close(self) -> None:
        self._session.close()

    def _get(self, url: str, accept: str, limit: int) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                with self._request(url, accept) as response:
                    if response.status_code not in _REDIRECTS:
                        return self._body(response, limit)
                    url = _same_site(url, response.headers.get("Location", ""))
            except (OSError, ValueError) as error:  # requests' own errors are of the first kind
                raise failure_of(url, error, self._session) from error
        raise Unreachable(f"{site(url)} redirects in circles")

    def _request(self, url: str, accept: str) -> requests.Response:
        return self._session.get(
            url,
            headers={"User-Agent": _USER_AGENT, "Accept": accept},
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
            verify=self._session.verify or True,
        )

    def _body(self, response: requests.Response, limit: int) -> bytes:
        self._refuse_status(response)
        body = self._bounded(response, limit)
        if is_html(body):
            raise _html(body, response)
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
        if status in _GONE:
            raise NotFound(f"{answered}: the endpoint may have moved")
        raise Unreachable(answered)

    def _bounded(self, response: requests.Response, limit: int) -> bytes:
        """The body, as long as it comes in time and within bounds."""
        body = bytearray()
        until = self._clock() + _MAX_SECONDS_PER_BODY
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > limit:
                raise Refused(f"{site(response.url)} answered with more than {limit >> 20} MiB")
            if self._clock() > until:
                raise TransientError(f"{site(response.url)} answers too slowly")
        return bytes(body)


def _html(body: bytes, response: requests.Response) -> Blocked:
    is_captcha = b"captcha" in body.lower()
    what = "a CAPTCHA" if is_captcha else "a web page"
    return (Blocked if is_captcha else WebPage)(
        f"{site(response.url)} answered with {what} instead of data (status "
        f"{response.status_code}): it blocks this address for now; wait before asking again"
    )


def _who(url: str | None) -> str:
    """Name the source in a sentence: B3 by its name, another exchange by its address."""
    host = site(url)
    return "B3" if host.endswith(".b3.com.br") else host


def _same_site(url: str, location: str) -> str:
    """The target of a redirect that stays on the same server."""
    target = urljoin(url, location)
    parts, target_parts = urlsplit(url), urlsplit(target)
    server = f"{target_parts.scheme}://{target_parts.netloc}"
    if server != f"{parts.scheme}://{parts.netloc}":
        raise Unreachable(f"{parts.netloc} has moved to {server}; not followed")
    return target
