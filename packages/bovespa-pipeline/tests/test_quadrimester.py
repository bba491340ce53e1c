"""Theoretical portfolios of a quadrimester: the download and the JSON, beside other sources."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SampleBulletin, SamplePortfolio, sample_portfolio
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]

pytestmark = pytest.mark.usefixtures("quick_gate")

DAY = dt.date(2025, 1, 6)
IBOV = sample_portfolio("IBOV", DAY, position_count=12)


def published(lake: Path) -> list[tuple[dt.date, str, str]]:
    rows = open_lake(str(lake)).refined_tables.snapshot().read("portfolio").to_pylist()
    return [(row["reference_date"], row["source"], str(row["divisor"])) for row in rows]


@pytest.fixture
def quad(here: Path) -> str:
    """The download: no date in its title, weights that are off by a thousandth."""
    (first, *others) = IBOV.rows
    moved = replace(first, weight_pct=first.weight_pct - Decimal("0.001"))
    sample = SamplePortfolio("IBOV", DAY, (moved, *others), IBOV.divisor)
    title = b"IBOV - Carteira Jan. a Abr. 2025"
    body = sample.to_csv().replace(b"IBOV - Carteira do Dia 06/01/25", title)
    (here / "IBOVQuad_1-2025.csv").write_bytes(body)
    return "IBOVQuad_1-2025.csv"


@pytest.fixture
def theoretical(here: Path) -> str:
    """The JSON, which has no date at all."""
    (here / "answer.json").write_text(json.dumps(IBOV.to_theoretical_document(1, 9999)), "utf-8")
    return "answer.json"


def test_the_download_is_the_session_of_the_rebalance(bovespa: Run, quad: str, lake: Path) -> None:
    """With its divisor; the source says what it is."""
    assert bovespa("import", quad).stdout == f"{quad}: IBOV 2025-01-06, 12 positions, landed\n"
    assert bovespa("refine").returncode == 0
    assert published(lake) == [(DAY, "quadrimester", str(IBOV.divisor))]
    told = bovespa("members", "IBOV", "--on", "2025-03-03").stderr
    assert told.endswith(
        "from B3's portfolio of the quadrimester: changes inside it are not known\n"
    )


@pytest.mark.parametrize(
    "option", [("--quadrimester", "2025-1"), ("--date", "2025-01-06"), ("--date", "2025-04-07")]
)
def test_the_json_needs_its_quadrimester_or_a_day_of_it(
    bovespa: Run, theoretical: str, lake: Path, option: tuple[str, str]
) -> None:
    """The day it was asked for on lies in the quadrimester."""
    assert bovespa("import", "--index", "IBOV", *option, theoretical).returncode == 0
    bovespa("refine")
    assert published(lake) == [(DAY, "quadrimester", str(IBOV.divisor))]


def test_without_one_it_is_refused_with_the_option_to_give(bovespa: Run, theoretical: str) -> None:
    """A preview looks the same."""
    result = bovespa("import", "--index", "IBOV", theoretical)
    assert result.returncode == 1
    assert "give --quadrimester YYYY-N" in result.stderr


def test_a_preview_by_its_name_is_refused(bovespa: Run, here: Path, theoretical: str) -> None:
    """Its content does not say that it is one."""
    (here / theoretical).rename(here / "GetQuartelyPreview_IBOV.json")
    options = ("--index", "IBOV", "--quadrimester", "2025-1")
    result = bovespa("import", *options, "GetQuartelyPreview_IBOV.json")
    assert result.returncode == 1
    assert "the preview of a portfolio" in result.stderr


@pytest.mark.parametrize("value", ["2025-4", "2025", "1-2025", "2025-01"])
def test_a_wrong_quadrimester_is_a_usage_error(bovespa: Run, theoretical: str, value: str) -> None:
    """B3 numbers them from 1 to 3."""
    result = bovespa("import", "--quadrimester", value, theoretical)
    assert result.returncode == 2
    assert "is no quadrimester such as 2025-1" in result.stderr


def test_a_bulletin_of_the_same_session_agrees_and_gives_way(
    bovespa: Run, here: Path, quad: str, lake: Path
) -> None:
    """Both are of one rank; weights are rounded otherwise, and the divisor is the download's."""
    (here / "b.pdf").write_bytes(SampleBulletin(dt.date(2025, 1, 22), (IBOV,)).to_pdf())
    assert bovespa("import", "b.pdf", quad).stderr == ""
    result = bovespa("refine")
    assert (result.returncode, result.stderr) == (0, "")
    assert published(lake) == [(DAY, "quadrimester", str(IBOV.divisor))]


def test_a_bulletin_with_other_quantities_withholds_the_session(
    bovespa: Run, here: Path, quad: str
) -> None:
    """Nobody can say which is right."""
    other = sample_portfolio("IBOV", DAY, position_count=12, seed=1)
    (here / "b.pdf").write_bytes(SampleBulletin(dt.date(2025, 1, 22), (other,)).to_pdf())
    bovespa("import", "b.pdf", quad)
    result = bovespa("refine")
    assert result.returncode == 1
    assert "withheld: IBOV 2025-01-06" in result.stderr
