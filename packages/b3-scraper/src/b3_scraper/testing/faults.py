"""Named faults that a source can serve, as met by collectors of B3."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

__all__ = ["BODIES", "HTML_PAGE", "STATUSES", "Fault", "FaultQueue", "spoil"]

HTML_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    b"<body><form id='captcha'>Are you a person?</form></body></html>"
)


class Fault(Enum):
    """A failure that the exchange serves instead of an answer."""

    TOO_MANY_REQUESTS = "status 429"
    SERVER_ERROR = "status 500"
    CDN_ERROR = "status 520"
    FORBIDDEN = "status 403"
    MOVED = "status 404"
    EMPTY = "an empty body, with status 200"
    NULL = "the body null, with status 200"
    CUT = "the connection ends in the middle of the body"
    SLOW = "no answer until the exchange is released or closed"
    HTML = "a page for people, with status 200"
    SHORT_PAGE = "a page lacks its last row"
    CHANGED_HEADER = "a page after the first has another session's header"
    DUPLICATE_TICKER = "the last row has the first row's ticker"
    WRONG_TOTAL = "the last digit of the header's total quantity is another"
    UNKNOWN_CLASS = "a row has a share class that nobody knows"


STATUSES: Final = {
    Fault.TOO_MANY_REQUESTS: 429,
    Fault.SERVER_ERROR: 500,
    Fault.CDN_ERROR: 520,
    Fault.FORBIDDEN: 403,
    Fault.MOVED: 404,
}
BODIES: Final = {Fault.HTML: HTML_PAGE, Fault.EMPTY: b"", Fault.NULL: b"null"}

Document = dict[str, Any]


@dataclass
class _Queued:
    fault: Fault
    index: str | None
    retry_after: str | None
    left: int | None


class FaultQueue:
    """Faults waiting for the requests they are meant for; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queued: list[_Queued] = []

    def add(
        self, fault: Fault, index: str | None, times: int | None, retry_after: str | None
    ) -> None:
        with self._lock:
            self._queued.append(_Queued(fault, index, retry_after, times))

    def clear(self) -> None:
        with self._lock:
            self._queued.clear()

    def take(self, method: str, parameters: Mapping[str, Any]) -> tuple[Fault | None, str | None]:
        """The first fault meant for this request, and the `Retry-After` it comes with."""
        with self._lock:
            for queued in self._queued:
                if _meant(queued, method, parameters):
                    self._count(queued)
                    return queued.fault, queued.retry_after
        return None, None

    def _count(self, queued: _Queued) -> None:
        if queued.left is not None:
            queued.left -= 1
            if not queued.left:
                self._queued.remove(queued)


def spoil(fault: Fault | None, document: Document) -> Document:
    """The answer with the fault in it, if it is one of an answer's content."""
    change = _CHANGES.get(fault) if fault else None
    if change:
        change(document)
    return document


def _meant(queued: _Queued, method: str, parameters: Mapping[str, Any]) -> bool:
    if queued.index not in (None, parameters.get("index")):
        return False
    if queued.fault not in _CHANGES:
        return True
    later_page = parameters.get("pageNumber", 1) > 1
    return method == "GetPortfolioDay" and (later_page or queued.fault is not Fault.CHANGED_HEADER)


def _short(document: Document) -> None:
    document["results"].pop()


def _changed_header(document: Document) -> None:
    document["header"]["reductor"] = document["header"]["reductor"][::-1]
    document["header"]["date"] = "02/01/30"


def _duplicate(document: Document) -> None:
    document["results"][-1]["cod"] = document["results"][0]["cod"]


def _wrong_total(document: Document) -> None:
    total = document["header"]["theoricalQty"]
    document["header"]["theoricalQty"] = total[:-1] + str((int(total[-1]) + 1) % 10)


def _unknown_class(document: Document) -> None:
    document["results"][0]["type"] = "XYZ     NM"


_CHANGES: Final[Mapping[Fault, Callable[[Document], None]]] = {
    Fault.SHORT_PAGE: _short,
    Fault.CHANGED_HEADER: _changed_header,
    Fault.DUPLICATE_TICKER: _duplicate,
    Fault.WRONG_TOTAL: _wrong_total,
    Fault.UNKNOWN_CLASS: _unknown_class,
}
