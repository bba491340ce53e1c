"""The portfolios of B3's indices, whole and exact.

Public names are listed here and imported when first used, so that `import b3_scraper` costs
next to nothing by itself.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from b3_scraper.version import __version__

if TYPE_CHECKING:
    from b3_scraper.archive.parsing import Archive, parse_archive
    from b3_scraper.archive.reading import MAX_ARCHIVE_BYTES, is_archive
    from b3_scraper.bulletin.parsing import (
        BULLETIN_INDICES,
        Bulletin,
        is_bulletin,
        parse_bulletin,
    )
    from b3_scraper.bulletin.pdf_text import MAX_BULLETIN_BYTES, is_pdf
    from b3_scraper.client import (
        B3_URL,
        BULLETIN_URL,
        Client,
        fetch_bulletin,
        fetch_indices,
        fetch_portfolio,
    )
    from b3_scraper.content import MAX_BODY_BYTES
    from b3_scraper.errors import (
        B3Error,
        Blocked,
        ExtraMissing,
        InconsistentTotals,
        NoPortfolio,
        NoSection,
        Refused,
        Undated,
        UnknownColumns,
        Unnamed,
        Unreachable,
    )
    from b3_scraper.indices import IndexList
    from b3_scraper.names import DownloadName, parse_download_name
    from b3_scraper.parse import PARSER_REVISION, parse_pages, parse_portfolio
    from b3_scraper.portfolio import Portfolio, PortfolioRefusal, split_payload
    from b3_scraper.preview import PREVIEW_METHOD, parse_preview

__all__ = [
    "B3_URL",
    "BULLETIN_INDICES",
    "BULLETIN_URL",
    "MAX_ARCHIVE_BYTES",
    "MAX_BODY_BYTES",
    "MAX_BULLETIN_BYTES",
    "PARSER_REVISION",
    "PREVIEW_METHOD",
    "Archive",
    "B3Error",
    "Blocked",
    "Bulletin",
    "Client",
    "DownloadName",
    "ExtraMissing",
    "InconsistentTotals",
    "IndexList",
    "NoPortfolio",
    "NoSection",
    "Portfolio",
    "PortfolioRefusal",
    "Refused",
    "Undated",
    "UnknownColumns",
    "Unnamed",
    "Unreachable",
    "__version__",
    "fetch_bulletin",
    "fetch_indices",
    "fetch_portfolio",
    "is_archive",
    "is_bulletin",
    "is_pdf",
    "parse_archive",
    "parse_bulletin",
    "parse_download_name",
    "parse_pages",
    "parse_portfolio",
    "parse_preview",
    "split_payload",
]

_MODULES: Final = (
    *("errors", "names", "content", "indices", "portfolio", "parse", "preview", "client"),
    *("bulletin.pdf_text", "bulletin.parsing", "archive.reading", "archive.parsing"),
)
"""Modules of the public names, those that import little first."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    modules = (importlib.import_module(f"{__name__}.{module}") for module in _MODULES)
    value = next(getattr(module, name) for module in modules if name in module.__all__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
