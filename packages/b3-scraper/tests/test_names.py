"""What names of files claim."""

import datetime as dt

import pytest

from b3_scraper import DownloadName, parse_download_name

JANUARY = dt.date(2025, 1, 6)


@pytest.mark.parametrize(
    ("name", "claimed"),
    [
        ("IBOVDia_06-01-25.csv", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_06-01-25 (1).csv", DownloadName("IBOV", JANUARY)),
        ("/home/me/IBOVDia_06-01-25(12).csv", DownloadName("IBOV", JANUARY)),
        ("C:\\me\\IBOVDia_06-01-25.csv", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_31-02-25.csv", DownloadName("IBOV", None)),
        ("GetPortfolioDay_IBOV_2025-04-07_en-us.json", DownloadName("IBOV", None)),
        ("GetPortfolioDay_B3SA.json", DownloadName("B3SA", None)),
        ("IBRA.csv", None),
        ("IBOVQuad_1-2025.csv", None),
        ("IBOVDia_06-01-25.csv.exe", None),
        ("ibovDia_06-01-25.csv", None),
        ("GetPortfolioDay_ibov.json", None),
        ("", None),
    ],
)
def test_only_names_shaped_as_b3_s_claim_anything(name: str, claimed: DownloadName | None) -> None:
    """Code and date of a download; the code alone of an answer; nothing of the rest."""
    assert parse_download_name(name) == claimed
