"""A lake that was moved, copied or mounted elsewhere: every command answers as before."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from pyiceberg.catalog.sql import SqlCatalog

from b3_scraper.testing import Exchange, SamplePortfolio
from lake_io.storage.local.lock import LakeLock

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

MONDAY, TUESDAY = dt.date(2025, 2, 17), dt.date(2025, 2, 18)
COUNT = "select count(*) as n from position"
QUESTIONS = (
    ("members", "IBOV", "--on", "2025-01-06", "--format", "json"),
    ("changes", "IBOV", "--format", "csv"),
    ("query", "select * from position order by all", "--format", "csv"),
    ("query", "select * from quality_result order by all", "--format", "csv"),
    ("history", "--format", "csv"),
    ("gaps", "--format", "csv"),
    ("verify",),
)

pytestmark = pytest.mark.usefixtures("quick_gate", "quick_past")


@pytest.fixture
def first(sample_lake: Path, here: Path) -> Path:
    """A copy of the demo's lake, which the copying alone has moved."""
    shutil.copytree(sample_lake, here / "first")
    return here / "first"


def answers(bovespa: Run, lake: Path) -> list[tuple[int, str, str]]:
    run_id = bovespa("history", "--format", "csv", "--lake", lake).stdout.split()[1].split(",")[0]
    known_at = [
        ("members", "IBOV", "--known-at", time, "--format", "csv")
        for time in (run_id, "2025-01-10T00:00")
    ]
    results = [bovespa(*question, "--lake", lake) for question in (*QUESTIONS, *known_at)]
    return [(each.returncode, each.stdout, each.stderr) for each in results]


def move(lake: Path) -> Path:
    return lake.rename(lake.with_name("a place with spaces, and ü"))


def test_every_question_has_the_same_answer(sample_lake: Path, first: Path, bovespa: Run) -> None:
    """In the copy, and after a move of the copy; nothing is damaged."""
    before = answers(bovespa, sample_lake)
    assert {code for code, *_ in before} == {0}
    assert answers(bovespa, first) == before
    assert answers(bovespa, move(first)) == before


def test_new_sessions_are_published_there(first: Path, bovespa: Run, portfolio: Make) -> None:
    """And the history of runs goes on."""
    lake, sessions = move(first), [portfolio(MONDAY, PETR4=4_000), portfolio(TUESDAY, VALE3=1)]
    runs = bovespa("history", "--format", "csv", "--lake", lake).stdout
    for session in sessions:
        with Exchange(sessions, today=session.reference_date) as exchange:
            done = bovespa("run", "IBOV", "--source", exchange.url, "--lake", lake)
        assert done.returncode == 0, done
    newest = bovespa("members", "IBOV", "--format", "csv", "--lake", lake).stdout
    assert ",VALE3," in newest
    assert bovespa("history", "--format", "csv", "--lake", lake).stdout.startswith(runs)
    assert bovespa("verify", "--lake", lake).returncode == 0


@pytest.mark.parametrize("damage", ["none", "a table"])
def test_a_rebuild_keeps_the_history_of_runs(
    sample_lake: Path, first: Path, bovespa: Run, damage: str
) -> None:
    """Its tables, where they are whole; else its runs, and what was known then."""
    question = ("members", "IBOV", "--format", "csv", "--lake")
    before = bovespa("history", "--format", "csv", "--lake", sample_lake).stdout
    run_id = before.split()[1].split(",")[0]
    lake = move(first)
    if damage != "none":
        next(lake.rglob("warehouse/**/position/**/*.parquet")).write_bytes(b"damaged")
    assert bovespa("refine", "--rebuild", "--lake", lake).returncode == 0
    after = bovespa("history", "--format", "csv", "--lake", lake).stdout
    assert after.startswith(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    known = bovespa(*question, lake, "--known-at", run_id)
    assert known.stdout == bovespa(*question, sample_lake).stdout


def test_after_relocate_other_programs_read_it(first: Path, bovespa: Run) -> None:
    """By the catalogue, with PyIceberg's own files."""
    lake = move(first)
    done = bovespa("relocate", "--lake", lake)
    assert (done.returncode, done.stdout) == (0, "rewrote the paths of 8 tables\n")
    catalog = SqlCatalog("bovespa", uri=f"sqlite:///{lake / 'catalogue.db'}")
    rows = catalog.load_table("bovespa.position").scan().to_arrow()
    counted = bovespa("query", COUNT, "--format", "csv", "--lake", lake)
    assert counted.stdout.split() == ["n", str(rows.num_rows)]
    again = bovespa("relocate", "--lake", lake)
    assert again.stdout == "the paths are those of this folder already\n"


def test_a_lake_that_is_being_refined_is_not_relocated(first: Path, bovespa: Run) -> None:
    with LakeLock(first)():
        done = bovespa("relocate", "--wait", "0", "--lake", first)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the lake is locked by process" in done.stderr


def test_a_folder_without_tables_is_not_relocated(here: Path, bovespa: Run) -> None:
    (here / "lake" / "raw").mkdir(parents=True)
    done = bovespa("relocate")
    assert (done.returncode, done.stderr) == (2, f"bovespa: there are no tables in {here}/lake\n")


def test_relocate_names_a_lost_catalogue_as_other_commands_do(first: Path, bovespa: Run) -> None:
    (first / "catalogue.db").unlink()
    done = bovespa("relocate", "--lake", first)
    assert (done.returncode, done.stderr) == (
        3,
        (
            f"bovespa: {first}/catalogue.db is damaged: file not found beside its tables; "
            "run `bovespa refine --rebuild`\n"
        ),
    )
    assert bovespa("members", "IBOV", "--lake", first).stderr == done.stderr


@pytest.mark.parametrize("question", [("query", COUNT), ("holders", "PETR4")])
def test_a_lost_data_file_is_named_with_what_to_do(
    first: Path, bovespa: Run, question: tuple[str, str]
) -> None:
    """By an engine that opens the files itself, too."""
    for path in (first / "warehouse").rglob("*.parquet"):
        path.unlink()
    done = bovespa(*question, "--lake", first)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("bovespa: warehouse/bovespa/position/data/")
    assert done.stderr.endswith(
        ".parquet is damaged: file not found; run `bovespa refine --rebuild`\n"
    )
