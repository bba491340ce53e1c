"""Type the answers about the next portfolio: what came new since the last rebalance.

B3 gives the same answer for months. It is typed once in each quadrimester, so that what came before
the first preview of the next portfolio is known, and no more.
"""

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.layout import PreviewKey
from b3_contracts.specification import RAW_PREVIEW
from b3_contracts.trading_calendar import last_rebalance
from b3_scraper import PARSER_REVISION, PREVIEW_METHOD, Portfolio, Refused, parse_preview
from bovespa_pipeline.ingest.landing import Refusal
from lake_io import LakeDamaged, NotInLake, RawZone

__all__ = ["PreviewTyping", "retype_previews"]


class PreviewTyping:
    """One pass over answers, in the order in which they came."""

    def __init__(self, raw: RawZone) -> None:
        self._raw = raw
        self._readable: dict[PreviewKey, bool] = {}
        self._typed: dict[tuple[str, str], list[PreviewKey]] = {}
        for key in raw.previews.keys():  # noqa: SIM118 - no mapping
            self._typed.setdefault((key.index_code, key.payload_sha256), []).append(key)

    def type(self, index_code: str, captured_on: dt.date, body: bytes) -> bool:
        """Write the typed rows of an answer, unless they are there; True if they are new.

        Raises Refused for an answer that is no portfolio.
        """
        portfolio = parse_preview(body, index=index_code, captured_on=captured_on)
        if portfolio is None:
            return False
        key = PreviewKey(index_code, captured_on, portfolio.payload_sha256, PARSER_REVISION)
        if self.is_typed(key):
            return False
        self._typed.setdefault((index_code, key.payload_sha256), []).append(key)
        self._readable[key] = True
        return self._raw.previews.land(_rows(portfolio, key))

    def is_typed(self, key: PreviewKey) -> bool:
        """True if the answer came before since the last rebalance, and its rows are whole."""
        since = last_rebalance(key.captured_on)
        return any(
            since <= earlier.captured_on <= key.captured_on
            and earlier.parser_revision == key.parser_revision
            and self._is_readable(earlier)
            for earlier in self._typed.get((key.index_code, key.payload_sha256), ())
        )

    def _is_readable(self, key: PreviewKey) -> bool:
        if key not in self._readable:
            self._readable[key] = self._raw.previews.is_readable(key)
        return self._readable[key]


def retype_previews(raw: RawZone) -> Iterator[Refusal | PreviewKey]:
    """Type every answer that raw keeps: the reason why one could not be, or what is new."""
    typing = PreviewTyping(raw)
    prefix = f"{PREVIEW_METHOD}-"
    for reference in raw.references(prefix):
        index_code, day = reference.name.removeprefix(prefix), reference.captured_on
        key = PreviewKey(index_code, day, reference.payload_sha256, PARSER_REVISION)
        try:
            if not typing.is_typed(key) and typing.type(index_code, day, raw.reference(reference)):
                yield key
        except (Refused, NotInLake, LakeDamaged) as error:
            yield Refusal(f"preview of {index_code}, {day}", str(error))


def _rows(portfolio: Portfolio, key: PreviewKey) -> pa.Table:
    rows = portfolio.positions.drop_columns(["reference_date", "sector"])
    header = {
        "captured_on": key.captured_on,
        "total_theoretical_quantity": portfolio.total_theoretical_quantity,
        "divisor": portfolio.divisor,
        "payload_sha256": key.payload_sha256,
        "parser_revision": key.parser_revision,
    }
    for name, value in header.items():
        kind = arrow.schema(RAW_PREVIEW).field(name).type
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, kind))
    return arrow.conform(rows, RAW_PREVIEW)
