"""The portfolios of B3's indices, whole and exact.

What is public is listed here and imported when first used, so that `import b3_scraper`
costs next to nothing until something is asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from b3_scraper.version import __version__

if TYPE_CHECKING:
    from b3_scraper.client import B3_URL, Client, fetch_indices, fetch_portfolio
    from b3_scraper.content import MAX_BODY_BYTES
    from b3_scraper.errors import (
        B3Error,
        Blocked,
        InconsistentTotals,
        NoPortfolio,
        Refused,
        Undated,
        Unnamed,
        Unreachable,
    )
    from b3_scraper.indices import IndexList
    from b3_scraper.names import DownloadName, parse_download_name
    from b3_scraper.parse import PARSER_REVISION, parse_pages, parse_portfolio
    from b3_scraper.portfolio import Portfolio, split_payload

__all__ = [
    "B3_URL",
    "MAX_BODY_BYTES",
    "PARSER_REVISION",
    "B3Error",
    "Blocked",
    "Client",
    "DownloadName",
    "InconsistentTotals",
    "IndexList",
    "NoPortfolio",
    "Portfolio",
    "Refused",
    "Undated",
    "Unnamed",
    "Unreachable",
    "__version__",
    "fetch_indices",
    "fetch_portfolio",
    "parse_download_name",
    "parse_pages",
    "parse_portfolio",
    "split_payload",
]

_HOMES: Final = {
    "client": ("B3_URL", "Client", "fetch_indices", "fetch_portfolio"),
    "content": ("MAX_BODY_BYTES",),
    "errors": (
        "B3Error",
        "Blocked",
        "InconsistentTotals",
        "NoPortfolio",
        "Refused",
        "Undated",
        "Unnamed",
        "Unreachable",
    ),
    "indices": ("IndexList",),
    "names": ("DownloadName", "parse_download_name"),
    "parse": ("PARSER_REVISION", "parse_pages", "parse_portfolio"),
    "portfolio": ("Portfolio", "split_payload"),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
