"""Public names, version and import cost of the package."""

import subprocess
import sys

import pytest

import b3_scraper


def test_what_is_public_is_listed_sorted_and_there() -> None:
    """Every listed name can be had, and the list is the one users read."""
    assert b3_scraper.__all__ == [
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
    assert all(getattr(b3_scraper, name) is not None for name in b3_scraper.__all__)
    assert set(b3_scraper.__all__) <= set(dir(b3_scraper))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A typing mistake is told as Python tells it."""
    with pytest.raises(AttributeError, match="has no attribute 'fetch'"):
        _ = b3_scraper.fetch


def test_importing_brings_no_heavy_package() -> None:
    """`import b3_scraper` loads neither pandas nor pyspark, nor what they would cost."""
    code = (
        "import sys, b3_scraper; print(sorted({'pandas', 'pyspark', 'pandera'} & {*sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
