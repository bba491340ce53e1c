"""Retry policy: transient failures only, with growing waits."""

import datetime as dt
import email.utils
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from b3_contracts.counts import counted
from b3_scraper.errors import Unreachable

__all__ = ["MAX_RETRY_AFTER_SECONDS", "Retry", "TransientError", "retry_after_seconds"]

MAX_RETRY_AFTER_SECONDS: Final = 60.0
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 30.0

RawTexts = TypeVar("RawTexts")


class TransientError(Unreachable):
    """A failure that may pass by itself, and how long the server asks to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Retry:
    """Up to `retries` further tries, each wait twice the last, half of it by chance.

    The chance keeps many clients that failed together from coming back together.
    """

    retries: int
    sleep: Callable[[float], None]
    jitter: Callable[[], float]

    def call(self, ask: Callable[[], RawTexts]) -> RawTexts:
        for attempt in range(self.retries):
            try:
                return ask()
            except TransientError as failure:
                self.sleep(self._wait(attempt, failure))
        try:
            return ask()
        except TransientError as failure:
            raise Unreachable(
                f"{failure} (asked {counted(self.retries + 1, 'time', 'times')})"
            ) from failure

    def _wait(self, attempt: int, failure: TransientError) -> float:
        longest = min(_FIRST_WAIT_SECONDS * float(2**attempt), _LONGEST_WAIT_SECONDS)
        own = longest * (1 + self.jitter()) / 2
        retry_after = failure.retry_after or 0.0
        if retry_after > MAX_RETRY_AFTER_SECONDS:
            wait = counted(round(retry_after), "second", "seconds")
            raise Unreachable(f"{failure}; come back in {wait}") from failure
        return max(own, retry_after)


def retry_after_seconds(header: str | None, now: dt.datetime) -> float | None:
    """Seconds from a `Retry-After` header, which is a number or an HTTP date."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or dt.UTC) - now).total_seconds())
