"""Every command's end: 0 done, 1 refused, 2 wrong usage, 3 out of reach, and never a traceback."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline.command import bovespa as group

Run = Callable[..., CompletedProcess[str]]

WRONG = {
    "no such command": (["dance"], "No such command"),
    "no files": (["import"], "Missing argument"),
    "two ways to date": (
        ["import", "x.csv", "--date", "2025-01-06", "--date-from-name"],
        "exclude",
    ),
    "a date that is none": (["import", "x.csv", "--date", "2025-02-30"], "YYYY-MM-DD"),
    "a date of another form": (["refine", "--from", "06/01/2025"], "YYYY-MM-DD"),
    "a span backwards": (["refine", "--from", "2025-02-01", "--to", "2025-01-01"], "is after"),
    "changes backwards": (
        ["changes", "IBOV", "--from", "2025-02-01", "--to", "2025-01-01"],
        "after",
    ),
    "no index code": (["members", "ibov;drop"], "no index code"),
    "an index with a path": (["refine", "--index", "../../etc"], "no index code"),
    "no address": (["capture", "IBOV", "--source", "nonsense"], "no address"),
    "an unknown engine": (["refine", "--engine", "abacus"], "duckdb"),
    "an unknown format": (["members", "IBOV", "--format", "xml"], "parquet"),
    "no reason to withdraw": (["withdraw", "IBOV", "2025-01-06"], "--reason"),
    "a lake that is not there": (["members", "IBOV"], "there is no lake at"),
}
IN_A_LAKE = {
    "an unknown index": (["members", "IBOV"], "the lake holds no IBOV"),
    "no changes of an unknown index": (["changes", "IBOV"], "the lake holds no IBOV"),
    "no gaps of an unknown index": (["gaps", "IBOV"], "the lake holds no IBOV"),
    "broken SQL": (["query", "selec 1"], "Parser Error"),
    "no SQL": (["query", ""], "only one SELECT"),
    "two statements": (["query", "select 1; drop table portfolio"], "only one SELECT"),
    "SQL that writes": (["query", "delete from portfolio"], "only one SELECT"),
    "SQL that exports": (["query", "copy portfolio to 'stolen.csv'"], "only one SELECT"),
    "SQL that reads files": (["query", "select * from read_csv('/etc/passwd')"], "disabled"),
    "an unknown table": (["query", "select * from secrets"], "secrets"),
    "two columns of one name": (["query", "select 1 as a, 2 as a", "--format", "json"], "as"),
    "a run that was not": (["query", "select 1", "--known-at", "yesterday"], "is no time"),
    "no report yet": (["report"], "run `bovespa refine`"),
    "nothing to withdraw": (["withdraw", "IBOV", "2025-01-06", "--reason", "wrong"], "IBOV"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG)
def test_wrong_usage_ends_with_2_and_makes_no_lake(
    arguments: list[str], told: str, lake: Path, bovespa: Run
) -> None:
    """And says on standard error what was wrong."""
    result = bovespa(*arguments)
    assert (result.returncode, result.stdout, told in result.stderr) == (2, "", True), result
    assert not lake.exists()


@pytest.mark.parametrize(("arguments", "told"), IN_A_LAKE.values(), ids=IN_A_LAKE)
def test_a_question_the_lake_cannot_answer_ends_with_2(
    arguments: list[str], told: str, bovespa: Run, lake: Path
) -> None:
    """In one line that says what there is, or what is allowed."""
    assert bovespa("refine").stdout == "nothing to publish\n"
    result = bovespa(*arguments)
    assert (result.returncode, result.stdout, told in result.stderr) == (2, "", True), result
    assert not (lake.parent / "stolen.csv").exists()


NO_LAKE = {
    "a file": lambda path: path.write_text("no lake"),
    "a broken catalogue": lambda path: (path.mkdir(), (path / "catalogue.db").write_text("junk")),
    "a file inside": lambda path: (path.mkdir(), (path / "raw").write_text("no folder")),
}


@pytest.mark.parametrize("make", NO_LAKE.values(), ids=NO_LAKE)
def test_a_lake_that_cannot_be_used_ends_with_3(
    make: Callable[[Path], object], here: Path, lake: Path, bovespa: Run
) -> None:
    """In a sentence that names the place."""
    make(lake)
    (here / "any.csv").write_bytes(b"any")
    result = bovespa("import", "any.csv")
    assert (result.returncode, str(lake) in result.stderr) == (3, True), result


@pytest.mark.usefixtures("quick_gate")
def test_a_lake_that_was_moved_says_what_to_do(
    here: Path, lake: Path, bovespa: Run, portfolio: Callable[..., SamplePortfolio]
) -> None:
    """Move it back, or rebuild; a rebuild then works."""
    (here / "any.csv").write_bytes(portfolio(dt.date(2025, 1, 6), PETR4=4_000_000).to_csv())
    bovespa("import", "any.csv")
    bovespa("refine")
    lake.rename(here / "elsewhere")
    moved = bovespa("members", "IBOV", "--lake", here / "elsewhere")
    assert (moved.returncode, "bovespa refine --rebuild" in moved.stderr) == (3, True), moved
    rebuilt = bovespa("refine", "--rebuild", "--lake", here / "elsewhere")
    assert (rebuilt.returncode, rebuilt.stdout) == (0, "published 1 portfolio of 1 index\n")


def test_a_place_that_is_neither_folder_nor_bucket_is_out_of_reach(bovespa: Run) -> None:
    """Said, and no folder of that name made."""
    result = bovespa("refine", "--lake", "ftp://host/lake")
    assert (result.returncode, Path("ftp:").exists()) == (3, False)


@pytest.mark.parametrize("name", [None, *sorted(group.commands)])
def test_every_command_has_help(name: str | None, bovespa: Run) -> None:
    """A sentence on what it does, under its own name."""
    result = bovespa(*filter(None, [name]), "--help")
    usage = " ".join(filter(None, ["Usage: bovespa", name]))
    assert (result.returncode, result.stdout.startswith(usage)) == (0, True)


def test_a_reader_that_goes_away_is_no_failure(
    here: Path, lake: Path, process_environment: Mapping[str, str]
) -> None:
    """`bovespa … | head` ends in silence."""
    command = [sys.executable, "-m", "bovespa_pipeline", "query", "select range from range(200000)"]
    lake.mkdir()
    with subprocess.Popen(
        [*command, "--format", "csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_environment,
        cwd=here,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"range\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
