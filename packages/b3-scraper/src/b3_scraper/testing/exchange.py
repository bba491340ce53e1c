"""An HTTP server on loopback that answers as B3 does.

Its current date is set by the test. An index's portfolio is that of the first session it holds
from today on, as B3 serves the next session before a weekend or a holiday.
"""

import base64
import binascii
import datetime as dt
import json
import re
import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from b3_scraper.testing.faults import BODIES, STATUSES, Fault, FaultQueue, spoil
from b3_scraper.testing.samples import DEFAULT_PAGE_SIZE, SamplePortfolio
from b3_scraper.testing.writing import write_json, write_page

__all__ = ["Exchange", "Request"]

_PATH: Final = "/indexProxy/indexCall/"
_BULLETIN_PATH: Final = "/bdi/download/bdi/"
_BULLETIN: Final = re.compile(
    rf"{_BULLETIN_PATH}(?P<date>\d{{4}}-\d\d-\d\d)/BDI_02_(?P<digits>\d{{8}})\.pdf"
)
_PAGED: Final = {"GetPortfolioDay", "GetTheoricalPortfolio", "GetQuartelyPreview"}
_POLL_SECONDS: Final = 0.01

Parameters = Mapping[str, Any]


class Request(NamedTuple):
    """One question as the exchange understood it."""

    method: str
    parameters: Parameters


class Exchange:
    """A small B3. Use it as a context manager; `url` is a base address for `Client`.

    `page_size_limit` makes it page like a server that gives no more rows at once. `bulletins` are
    the bodies served at `bulletin_url` for dates; any other date has none. `previews` are the
    previews by the day they are published on: as B3 does, it serves the last one until the next,
    also after its portfolio has taken effect. `requests` lists what was asked, in order.
    """

    def __init__(
        self,
        portfolios: Iterable[SamplePortfolio],
        today: dt.date,
        *,
        page_size_limit: int | None = None,
        bulletins: Mapping[dt.date, bytes] | None = None,
        previews: Mapping[dt.date, Iterable[SamplePortfolio]] | None = None,
    ) -> None:
        self.today = today
        self.requests: list[Request] = []
        self.faults = FaultQueue()
        self.released = threading.Event()
        self.bulletins = dict(bulletins or {})
        self.previews = {day: list(those) for day, those in sorted((previews or {}).items())}
        self._limit = page_size_limit
        self._portfolios: dict[str, list[SamplePortfolio]] = {}
        for portfolio in sorted(portfolios, key=lambda sample: sample.reference_date):
            self._portfolios.setdefault(portfolio.index_code, []).append(portfolio)
        self._server = _Server(self)

    def __enter__(self) -> "Exchange":
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{_PATH}"

    @property
    def bulletin_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{_BULLETIN_PATH}"

    def close(self) -> None:
        self.release()
        self._server.stop()

    def release(self) -> None:
        """Let slow answers go."""
        self.released.set()

    def misbehave(
        self,
        fault: Fault,
        *,
        index: str | None = None,
        times: int | None = 1,
        retry_after: str | int | None = None,
    ) -> None:
        """Queue a fault for the next requests: of one index or of any, so many times.

        `times=None` means for ever (until `behave`). Faults of an answer's content wait
        for a GetPortfolioDay.
        """
        header = None if retry_after is None else str(retry_after)
        self.faults.add(fault, index, times, header)

    def behave(self) -> None:
        """Forget all queued faults."""
        self.faults.clear()

    def portfolio(self, index: str) -> SamplePortfolio | None:
        """The portfolio that the exchange serves today for an index."""
        portfolios = self._portfolios.get(index, [])
        coming = [sample for sample in portfolios if sample.reference_date >= self.today]
        return coming[0] if coming else (portfolios[-1] if portfolios else None)

    def preview(self, index: str) -> SamplePortfolio | None:
        """The preview of an index that was published last; None before the first."""
        published = [
            sample
            for day, those in sorted(self.previews.items())
            for sample in those
            if day <= self.today and sample.index_code == index
        ]
        return published[-1] if published else None

    def answer(self, method: str, parameters: Parameters, fault: Fault | None) -> bytes | None:
        """The body of an answer; None for a method there is not."""
        if method in _PAGED:
            return write_json(spoil(fault, self._paged(method, parameters)))
        if method == "GetStockIndex":
            return write_json(self._stocks(*self._page(parameters)))
        if method == "GetDownloadPortfolioDay":
            return self._download(parameters)
        if method == "bulletin":
            return self.bulletins.get(dt.date.fromisoformat(parameters["date"]))
        return None

    def _paged(self, method: str, parameters: Parameters) -> dict[str, Any]:
        index = str(parameters.get("index"))
        is_preview = method == "GetQuartelyPreview"
        sample = self.preview(index) if is_preview else self.portfolio(index)
        number, size = self._page(parameters)
        if sample is None:
            return write_page({}, [], number, size)
        if method != "GetPortfolioDay":
            return sample.to_theoretical_document(number, size)
        language = parameters.get("language", "pt-br")
        return sample.to_document(language, parameters.get("segment", "1"), number, size)

    def _page(self, parameters: Parameters) -> tuple[int, int]:
        size = int(parameters.get("pageSize", DEFAULT_PAGE_SIZE))
        return int(parameters.get("pageNumber", 1)), min(size, self._limit or size)

    def _stocks(self, number: int, size: int) -> dict[str, Any]:
        stocks: dict[str, dict[str, Any]] = {}
        for index in sorted(self._portfolios):
            for row in (self.portfolio(index) or self._portfolios[index][0]).rows:
                names = {"company": row.company, "spotlight": row.type, "code": row.ticker}
                stock = stocks.setdefault(row.ticker, {**names, "indexes": index})
                if index not in stock["indexes"].split(","):
                    stock["indexes"] += f",{index}"
        header = {"update": self.today.isoformat(), **_quadrimester(self.today)}
        return write_page(header, [stocks[ticker] for ticker in sorted(stocks)], number, size)

    def _download(self, parameters: Parameters) -> bytes:
        sample = self.portfolio(str(parameters.get("index")))
        sector = parameters.get("segment") == "2"
        body = sample.to_csv(sector=sector) if sample else b""
        return b'"' + base64.b64encode(body) + b'"'


def _quadrimester(today: dt.date) -> dict[str, int]:
    start = (today.month - 1) // 4 * 4 + 1
    return {"startMonth": start, "endMonth": start + 3, "year": today.year}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exchange = exchange
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about: say nothing."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body, or each answer waits for an ACK
    server: _Server

    def do_GET(self) -> None:
        exchange = self.server.exchange
        try:
            method, parameters = _question(self.path)
        except (ValueError, binascii.Error):
            self._send(HTTPStatus.BAD_REQUEST, b"")
            return
        exchange.requests.append(Request(method, parameters))
        fault, retry_after = exchange.faults.take(method, parameters)
        if fault is Fault.SLOW:
            exchange.released.wait()
        if fault in STATUSES:
            self._send(STATUSES[fault], b"", retry_after)
            return
        body = BODIES[fault] if fault in BODIES else exchange.answer(method, parameters, fault)
        if body is None:
            self._send(HTTPStatus.NOT_FOUND, b"")
        else:
            self._send(HTTPStatus.OK, body, cut=fault is Fault.CUT)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
        """Log nothing: `Exchange.requests` records requests."""

    def _send(
        self, status: int, body: bytes, retry_after: str | None = None, *, cut: bool = False
    ) -> None:
        self.send_response(status, "")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = cut


def _question(path: str) -> tuple[str, Parameters]:
    """Method and parameters of a path; ValueError for any other."""
    bulletin = _BULLETIN.fullmatch(path)
    if bulletin and bulletin["date"].replace("-", "") == bulletin["digits"]:
        return "bulletin", {"date": bulletin["date"]}
    if not path.startswith(_PATH):
        raise ValueError(path)
    method, _, token = unquote(path.removeprefix(_PATH)).partition("/")
    parameters = json.loads(base64.b64decode(token, validate=True))
    if not isinstance(parameters, dict):
        raise ValueError(path)
    return method, parameters
