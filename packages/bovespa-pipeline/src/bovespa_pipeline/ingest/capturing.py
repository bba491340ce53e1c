"""One capture: fetch each index from the exchange and land every answer at once."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from b3_scraper import PREVIEW_METHOD, Client, NoPortfolio, Refused, Unreachable
from bovespa_pipeline.ingest.landing import Landed, Landing, Refusal
from bovespa_pipeline.ingest.preview_typing import PreviewTyping
from bovespa_pipeline.ingest.receiving import finish_interrupted
from lake_io import RawZone, Receipt

__all__ = ["CaptureResult", "capture", "index_codes", "keep_undated"]

PATIENCE: Final = 3
"""Indices that may fail in a row before the source counts as unreachable for the rest."""
UNDATED: Final = ("GetTheoricalPortfolio", PREVIEW_METHOD)
"""Answers that B3 gives today and nobody can ask for later: kept each day. They come after the
portfolios, and a capture without them is still a capture."""
_QUESTION: Final[Mapping[str, object]] = {"language": "pt-br", "pageNumber": 1, "pageSize": 9999}


@dataclass
class CaptureResult:
    """The outcome of one capture, index by index."""

    landed: list[Landed]
    refusals: list[Refusal]
    codes: list[str] = field(default_factory=list)
    """The indices whose portfolios came."""
    unreachable: list[Refusal] = field(default_factory=list)
    not_kept: list[Refusal] = field(default_factory=list)
    unread: list[Refusal] = field(default_factory=list)
    """The previews that were kept and could not be read."""


def capture(  # noqa: PLR0913 - every edge of a capture is handed in
    raw: RawZone,
    client: Client,
    codes: Iterable[str],
    now: Callable[[], dt.datetime],
    progress: Callable[[str], None] = lambda _: None,
    *,
    captured: CaptureResult | None = None,
) -> CaptureResult:
    """Fetch and land the portfolio of each index; a failure of one does not stop the others.

    `captured` is filled as the answers come, so that a caller has what landed before a failure.
    The manifest is written at the end, also where the source went away in between.
    """
    captured = captured or CaptureResult([], [])
    landing = Landing(raw, now, captured.landed, captured.refusals)
    failures = 0
    try:
        for code in codes:
            if failures == PATIENCE:
                captured.unreachable.append(Refusal(code, "not asked: the source is away"))
                continue
            progress(code)
            failures = 0 if _capture_one(landing, client, code, captured) else failures + 1
        finish_interrupted(landing)
    finally:
        landing.write_manifest()
    keep_undated(raw, client, captured.codes, now, captured)
    return captured


def keep_undated(
    raw: RawZone,
    client: Client,
    codes: Sequence[str],
    now: Callable[[], dt.datetime],
    captured: CaptureResult | None = None,
) -> CaptureResult:
    """Store each method's answer for each index, and type those that are previews.

    Stops at the first unreachable one of a method.
    """
    captured = captured or CaptureResult([], [])
    typing = PreviewTyping(raw)
    for method in UNDATED:
        for code in codes:
            try:
                body = client.fetch_answer(method, {**_QUESTION, "index": code})
            except (Unreachable, Refused) as error:
                captured.not_kept.append(Refusal(f"{method} from {code} on", str(error)))
                break
            raw.store_reference(now().date(), f"{method}-{code}", body)
            if method == PREVIEW_METHOD:
                _type(typing, code, now().date(), body, captured)
    return captured


def _type(
    typing: PreviewTyping, code: str, day: dt.date, body: bytes, captured: CaptureResult
) -> None:
    try:
        typing.type(code, day, body)
    except Refused as error:
        captured.unread.append(Refusal(f"preview of {code}", str(error)))


def index_codes(raw: RawZone, client: Client, now: Callable[[], dt.datetime]) -> tuple[str, ...]:
    """Return today's index codes as listed by B3; the list itself is stored.

    Raises Unreachable or Refused.
    """
    indices = client.fetch_indices()
    raw.store_reference(now().date(), "GetStockIndex", indices.payload)
    return indices.codes


def _capture_one(landing: Landing, client: Client, code: str, captured: CaptureResult) -> bool:
    try:
        # The gate evaluates sums and duplicates: what B3 said is landed first.
        portfolio = client.fetch_portfolio(code, verify=False)
    except Unreachable as error:
        captured.unreachable.append(Refusal(code, str(error)))
        return False
    except Refused as error:
        landing.reject(_receipt(code, landing), str(error), error.pages)
        return True
    except NoPortfolio as error:
        landing.reject(_receipt(code, landing), str(error))
        return True
    landing.land(_receipt(code, landing), portfolio)
    captured.codes.append(code)
    return True


def _receipt(code: str, landing: Landing) -> Receipt:
    return Receipt(code, "capture", landing.now(), index_code=code)
