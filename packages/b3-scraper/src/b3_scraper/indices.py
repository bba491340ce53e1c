"""The list of indices, from the answer in which B3 lists them stock by stock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.errors import Refused
from b3_scraper.json_answer import Envelope, check_whole, read_envelope
from b3_scraper.portfolio import join_pages

__all__ = ["IndexList", "read_indices"]

_CODE: Final = re.compile(INDEX_CODE_PATTERN)


@dataclass(frozen=True)
class IndexList:
    """The codes of B3's indices, sorted, and the bytes they were read from."""

    codes: tuple[str, ...]
    pages: tuple[bytes, ...] = field(repr=False)

    @property
    def payload(self) -> bytes:
        """The bytes received; of several pages, their hashes (see `split_payload`)."""
        return join_pages(self.pages)


def read_indices(pages: Sequence[bytes]) -> IndexList:
    """The indices in all pages of a GetStockIndex answer."""
    try:
        envelopes = [read_envelope(page) for page in pages]
        check_whole(envelopes)
        return IndexList(_codes(envelopes), tuple(pages))
    except Refused as refusal:
        refusal.pages = tuple(pages)
        raise


def _codes(envelopes: Sequence[Envelope]) -> tuple[str, ...]:
    lists = {str(row.get("indexes") or "") for page in envelopes for row in page.rows}
    codes = {code for text in lists for code in text.split(",") if code}
    wrong = sorted(code for code in codes if not _CODE.fullmatch(code))
    if wrong or not codes:
        raise Refused(f"the list of indices has no codes, or strange ones: {wrong[:5]}")
    return tuple(sorted(codes))
