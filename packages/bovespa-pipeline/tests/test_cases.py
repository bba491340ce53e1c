"""Downloads that people saved again, handed to `bovespa import`: the right session, or why not."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SamplePortfolio

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

CASES = Path(__file__).parents[4] / "shared" / "cases"
DAY = dt.date(2025, 1, 6)
TOLD = ("--index", "IBOV", "--date", "2025-01-06")
UNTITLED = (
    "all-quoted-comma.csv",
    "decimals-trimmed.csv",
    "minimal-comma.csv",
    "minimal-tab.tsv",
    "pandas-with-index.csv",
)
SQL = """select reference_date, position_count, total_theoretical_quantity, divisor, source
from portfolio"""


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of cases."""
    if not CASES.is_dir():
        pytest.skip("the folder of cases (../shared/cases) is not here")
    return CASES


@pytest.fixture
def download(portfolio: Make) -> SamplePortfolio:
    return portfolio(DAY, PETR4=4_000_123, VALE3=2_000_456, WEGE3=1_000_789)


def english(download: SamplePortfolio, *, title: bool) -> bytes:
    """The English download, quoted where a number holds the comma that parts the columns."""
    lines = [line.split(";") for line in download.to_csv().decode("latin-1").splitlines()]
    rows = [
        [*row[:3], *(text.translate(str.maketrans(".,", ",.")) for text in row[3:])]
        for row in lines[2:]
    ]
    rows[-2][0], rows[-1][0] = "Total Theorethical Quantity", "Reductor"
    stream = io.StringIO()
    names = ["Code", "Stock", "Type", "Theoretical Quantity", "Part. (%)"]
    titles = [["IBOV - Daily Portfolio 01/06/25"]] if title else []
    csv.writer(stream).writerows([*titles, names, *rows])
    return stream.getvalue().encode()


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("name", UNTITLED)
def test_a_file_saved_again_is_published(name: str, cases: Path, bovespa: Run) -> None:
    """87 positions of the session that a person gives; total and divisor stay unknown."""
    landed = bovespa("import", cases / "resaved" / name, *TOLD)
    assert (landed.returncode, landed.stderr) == (0, "")
    assert "IBOV 2025-01-06, 87 positions, landed" in landed.stdout
    assert bovespa("refine").returncode == 0
    assert bovespa("query", SQL, "--format", "csv").stdout.splitlines()[1:] == [
        "2025-01-06,87,,,import_incomplete"
    ]


@pytest.mark.usefixtures("quick_gate")
def test_a_spreadsheet_s_file_is_published_without_its_divisor(cases: Path, bovespa: Run) -> None:
    """Its title and total are whole; the divisor has lost digits, which is said."""
    landed = bovespa("import", cases / "resaved/spreadsheet-padded.csv")
    assert landed.returncode == 0
    assert "the divisor '16.279.911,48' has lost digits" in landed.stdout + landed.stderr
    assert bovespa("refine").returncode == 0
    assert bovespa("query", SQL, "--format", "csv").stdout.splitlines()[1:] == [
        "2025-01-06,87,98370249996,,import_incomplete"
    ]


@pytest.mark.usefixtures("quick_gate")
def test_the_english_download_is_of_january(cases: Path, bovespa: Run) -> None:
    """Its title's `01/06/25` stands over numbers with decimal points; so does its name's."""
    path = cases / "english/IBOVDia_01-06-25.csv"
    assert bovespa("import", path).returncode == 0
    assert bovespa("import", path, "--date-from-name").returncode == 0
    assert bovespa("refine").returncode == 0
    assert bovespa("query", SQL, "--format", "csv").stdout.splitlines()[1:] == [
        "2025-01-06,87,98370249996,16279911.48376400,import"
    ]


@pytest.mark.usefixtures("quick_gate")
def test_a_download_by_sector_with_ragged_rows_is_published(cases: Path, bovespa: Run) -> None:
    """86 positions, each with its sector."""
    assert bovespa("import", cases / "resaved/sector-mixed-trailing.csv").returncode == 0
    assert bovespa("refine").returncode == 0
    sql = "select count(*), count(sector) from position where reference_date = '2024-07-29'"
    assert bovespa("query", sql, "--format", "csv").stdout.splitlines()[1:] == ["86,86"]


@pytest.mark.parametrize(
    "name",
    [
        "IBOVDia_06-01-25 (1).csv",
        "IBOVDia_06-01-25.CSV",
        "IBOVDia_06-01-25.tsv",
        "IBOVDia_06-01-25.txt",
    ],
)
def test_a_name_that_a_browser_or_a_spreadsheet_gave_still_tells(
    name: str, here: Path, download: SamplePortfolio, bovespa: Run
) -> None:
    """Index and session of a file whose title was cut."""
    body = download.to_csv().split(b"\r\n", 1)[1].replace(b";", b"\t")
    (here / name).write_bytes(body)
    landed = bovespa("import", name, "--date-from-name")
    assert "IBOV 2025-01-06, 3 positions, landed" in landed.stdout


@pytest.mark.parametrize("title", [True, False])
def test_an_english_name_has_the_month_first(
    title: bool, here: Path, download: SamplePortfolio, bovespa: Run
) -> None:
    """The date follows the file's number format: 6 January, not 1 June."""
    (here / "IBOVDia_01-06-25.csv").write_bytes(english(download, title=title))
    landed = bovespa("import", "IBOVDia_01-06-25.csv", "--date-from-name")
    assert "IBOV 2025-01-06, 3 positions, landed" in landed.stdout


def test_a_date_in_two_languages_is_refused_until_a_person_settles_it(
    here: Path, download: SamplePortfolio, bovespa: Run
) -> None:
    """English words over Portuguese numbers: both readings are said, and what would help."""
    body = download.to_csv().replace(b"Carteira do Dia 06/01", b"Daily Portfolio 01/06")
    (here / "mixed.csv").write_bytes(body)
    refused = bovespa("import", "mixed.csv")
    assert refused.returncode == 1
    assert "2025-01-06 or 2025-06-01" in refused.stderr
    assert "give --date" in refused.stderr
    assert "IBOV 2025-01-06, 3 pos" in bovespa("import", "mixed.csv", "--date", "2025-01-06").stdout


def test_a_comma_file_whose_figures_changed_is_refused_for_its_sum(
    here: Path, download: SamplePortfolio, bovespa: Run
) -> None:
    """And not for its delimiter or its quotes."""
    lines = [line.split(";") for line in download.to_csv().decode("latin-1").splitlines()[:-2]]
    stream = io.StringIO()
    csv.writer(stream).writerows(lines)
    body = stream.getvalue().replace("33,334", "33,344").encode()
    (here / "changed.csv").write_bytes(body)
    refused = bovespa("import", "changed.csv", "--index", "IBOV")
    assert (refused.returncode, "add up to 100.010, not 100.000" in refused.stderr) == (1, True)
