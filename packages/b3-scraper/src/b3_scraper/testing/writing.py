"""Numbers, dates and pages in B3's two ways to write them."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from b3_scraper.language import Language

__all__ = [
    "write_date",
    "write_divisor",
    "write_json",
    "write_page",
    "write_quantity",
    "write_weight",
]


def write_page(
    header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], number: int, size: int
) -> dict[str, Any]:
    """A page of any of B3's answers: the rows it holds, and what it says of the whole."""
    page = {
        "pageNumber": number,
        "pageSize": size,
        "totalRecords": len(rows),
        "totalPages": -(-len(rows) // size),
    }
    shown = list(rows[(number - 1) * size : number * size])
    return {"page": page, "header": header, "results": shown}


def write_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def write_date(date: dt.date, language: Language) -> str:
    return date.strftime("%d/%m/%y" if language.day_first else "%m/%d/%y")


def write_quantity(quantity: int, language: Language) -> str:
    return f"{quantity:,}".replace(",", language.thousands)


def write_weight(weight: Decimal, language: Language) -> str:
    return _marked(f"{weight:,.3f}", language)


def write_divisor(divisor: Decimal, language: Language) -> str:
    return _marked(f"{divisor:,.8f}", language)


def _marked(text: str, language: Language) -> str:
    swap = str.maketrans({",": language.thousands, ".": language.decimal_mark})
    return text.translate(swap)
