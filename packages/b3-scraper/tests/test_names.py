"""Index and date in the names of downloaded files."""

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
        ("IBOVDia_06-01-25 (1) (2).csv", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_06-01-25 - Copia.csv", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_06-01-25 - Copy (2).CSV", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_06-01-25.tsv", DownloadName("IBOV", JANUARY)),
        ("IBOVDia_06-01-25 (1).TXT", DownloadName("IBOV", JANUARY)),
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


@pytest.mark.parametrize(
    ("name", "languages", "date"),
    [
        ("IBOVDia_01-06-25.csv", ["pt-br"], dt.date(2025, 6, 1)),
        ("IBOVDia_01-06-25.csv", ["en-us"], JANUARY),
        ("IBOVDia_01-06-25.csv", ["pt-br", "en-us"], None),
        ("IBOVDia_01-06-25.csv", [], None),
        ("IBOVDia_01-31-25.csv", ["en-us"], dt.date(2025, 1, 31)),
        ("IBOVDia_06-06-25.csv", ["pt-br", "en-us"], dt.date(2025, 6, 6)),
        ("GetPortfolioDay_IBOV.json", ["pt-br"], None),
    ],
)
def test_a_name_s_date_is_in_the_language_of_its_file(
    name: str, languages: list[str], date: dt.date | None
) -> None:
    """The English site puts the month first; between two languages the name dates nothing."""
    claimed = parse_download_name(name)
    assert claimed is not None
    assert claimed.date_in(languages) == date
