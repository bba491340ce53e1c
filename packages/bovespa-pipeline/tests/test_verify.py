"""`bovespa verify` names every broken file and what mends it; --repair mends what can be."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper.testing import SamplePortfolio
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Tables = Callable[[Path], Mapping[str, list[dict[str, Any]]]]

pytestmark = pytest.mark.usefixtures("quick_gate")

FRIDAY, MONDAY = dt.date(2025, 1, 3), dt.date(2025, 1, 6)


@pytest.fixture
def full(portfolio: Make, bovespa: Run, here: Path) -> Path:
    """Two published sessions, a rejected payload, a withdrawn one and a quality report."""
    (here / "friday.csv").write_bytes(portfolio(FRIDAY, PETR4=4_000_000).to_csv())
    (here / "monday.csv").write_bytes(portfolio(MONDAY, PETR4=4_000_000, VALE3=1).to_csv())
    (here / "wrong.csv").write_bytes(portfolio(MONDAY, PETR4=4_000_001, VALE3=1).to_csv())
    (here / "page.csv").write_text("<html>")
    bovespa("import", "friday.csv", "monday.csv", "wrong.csv", "page.csv")
    wrong = open_lake(str(here / "lake")).raw.store_payload((here / "wrong.csv").read_bytes())
    bovespa("withdraw", "IBOV", "2025-01-06", "--payload", wrong[:16], "--reason", "wrong")
    assert bovespa("refine").returncode == 0
    return here / "lake"


def one(lake: Path, pattern: str) -> Path:
    return min(lake.glob(pattern))


def test_a_whole_lake_has_nothing_broken(full: Path, bovespa: Run) -> None:
    result = bovespa("verify")
    assert (result.returncode, result.stderr) == (0, "")
    assert "objects of raw and all tables: 0 broken" in result.stdout
    assert full.is_dir()


@pytest.mark.parametrize(
    ("pattern", "mended_by"),
    [
        ("raw/payload/*", "import the same file again, or copy it from a back-up"),
        ("raw/position/**/*.parquet", "bovespa verify --repair"),
        ("raw/manifest/*", "bovespa verify --repair"),
        ("raw/receipt/**/*.json", "bovespa verify --repair"),
        ("raw/rejected/*", "bovespa verify --repair"),
        ("raw/withdrawn/**/*.json", "bovespa withdraw IBOV 2025-01-06 --payload"),
        ("warehouse/**/data/**/*.parquet", "bovespa refine --rebuild"),
        ("warehouse/**/*.avro", "bovespa refine --rebuild"),
        ("warehouse/bovespa/portfolio/metadata/00001-*.json", "bovespa refine --rebuild"),
        ("quality/index.html", "bovespa refine"),
    ],
)
def test_a_broken_file_is_named_with_what_mends_it(
    full: Path, bovespa: Run, pattern: str, mended_by: str
) -> None:
    """In one sentence; the code is that of a lake that cannot be read."""
    path = one(full, pattern)
    path.write_bytes(path.read_bytes()[:-20])
    result = bovespa("verify")
    assert result.returncode == 3
    assert path.name in result.stderr
    assert mended_by in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_repair_makes_anew_what_the_rest_says(full: Path, bovespa: Run, tables: Tables) -> None:
    """Rows, notes, pages; the tables are for a rebuild, and a lost payload for a person."""
    before = tables(full)
    for pattern in ("raw/position/**/*.parquet", "raw/manifest/*", "raw/rejected/*"):
        one(full, pattern).write_bytes(b"broken")
    result = bovespa("verify", "--repair")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("repaired: ") == 3
    assert bovespa("refine", "--rebuild").returncode == 0
    assert tables(full) == before


def test_a_broken_withdrawal_still_withdraws_and_is_written_again(
    full: Path, bovespa: Run, tables: Tables
) -> None:
    before = tables(full)
    path = one(full, "raw/withdrawn/**/*.json")
    path.write_bytes(b"")
    bovespa("refine")
    assert tables(full) == before
    line = bovespa("verify").stderr.strip()
    command = line.partition("; run `bovespa ")[2].rstrip("`").split()
    assert bovespa(*command).returncode == 0
    assert bovespa("verify").returncode == 0


def test_rows_that_are_gone_are_missed(full: Path, bovespa: Run, tables: Tables) -> None:
    """Their manifest names them."""
    before = tables(full)
    shutil.rmtree(full / "raw" / "position")
    result = bovespa("verify")
    assert "the typed rows of IBOV 2025-01-03" in result.stderr
    assert "; run `bovespa reparse`" in result.stderr
    assert bovespa("verify", "--repair").returncode == 0
    assert bovespa("refine", "--rebuild").returncode == 0
    assert tables(full) == before
