"""Every command's end: 0 done, 1 refused, 2 wrong usage, 3 out of reach, and never a traceback."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bovespa_pipeline.cli import bovespa as group

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
    "a plot of no known kind": (
        ["plot", "IBOV", "--output", "x.gif"],
        "ends in none of .png, .svg, .pdf",
    ),
    "a plot in a file without a name": (["plot", "IBOV", "--output", "bmp"], "ends in none of"),
    "a preview of no known kind": (["preview", "IBOV", "--output", "x.bmp"], "ends in none of"),
    "an export to a file of data": (["export", "x.parquet"], "an export is a folder"),
    "an export to an archive": (["export", "x.tar.gz"], "name it x, for instance"),
    "an export to a name that is not UTF-8": (["export", "x\udcff"], "its name is not UTF-8"),
    "a plot too small to read": (["plot", "IBOV", "--size", "90x90"], "at least 800x500"),
    "weights backwards": (
        ["weights", "IBOV", "--from", "2025-02-01", "--to", "2025-01-01"],
        "after",
    ),
    "a lake that is not there": (["members", "IBOV"], "there is no lake at"),
}
IN_A_LAKE = {
    "an unknown index": (["members", "IBOV"], "the lake holds no IBOV"),
    "no changes of an unknown index": (["changes", "IBOV"], "the lake holds no IBOV"),
    "no weights of an unknown index": (["weights", "IBOV"], "it holds nothing yet"),
    "no plot of an unknown index": (["plot", "IBOV"], "it holds nothing yet"),
    "no index of an unknown security": (["security", "PETR4"], "it holds nothing yet: run"),
    "no holder of a security": (["holders", "PETR4"], "it holds nothing yet: run"),
    "no gaps of an unknown index": (["gaps", "IBOV"], "the lake holds no IBOV"),
    "broken SQL": (["query", "selec 1"], "Parser Error"),
    "no SQL": (["query", ""], "the SQL is empty: one SELECT is expected"),
    "two statements": (["query", "select 1; drop table portfolio"], "only one SELECT"),
    "SQL that writes": (["query", "delete from portfolio"], "only one SELECT"),
    "SQL that exports": (["query", "copy portfolio to 'stolen.csv'"], "only one SELECT"),
    "SQL that reads files": (["query", "select * from read_csv('/etc/passwd')"], "disabled"),
    "an unknown table": (["query", "select * from secrets"], "There are position, "),
    "two columns of one name": (["query", "select 1 as a, 2 as a", "--format", "json"], "as"),
    "a run that was not": (["query", "select 1", "--known-at", "yesterday"], "is no time"),
    "no report yet": (["report"], "run `bovespa refine`"),
    "nothing to copy": (["raw", "copy", "lake", "other"], "there is no raw zone at lake"),
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


UNANSWERED = {
    "an index it does not hold": (["members", "IBXX"], "it holds IBOV, IBRA"),
    "a day before the first session": (
        ["members", "IBOV", "--on", "2020-01-01"],
        (
            "IBOV is in the lake from 2024-12-11 on, not on 2020-01-01: "
            "run `bovespa members IBOV --on 2024-12-11`"
        ),
    ),
    "a day that has not come": (
        ["members", "IBOV", "--on", "2031-01-01"],
        "2031-01-01 has not come yet; the newest session of IBOV is 2025-02-14",
    ),
    "a span without a session": (
        ["changes", "IBOV", "--from", "2025-01-11", "--to", "2025-01-12"],
        "the nearest: 2025-01-06 and 2025-02-03",
    ),
    "a span without an end": (
        ["changes", "IBOV", "--from", "2025-06-01"],
        "no session of IBOV from 2025-06-01 on is in the lake; the nearest: 2025-02-14",
    ),
    "a span without a beginning": (
        ["weights", "IBOV", "--to", "1999-01-01"],
        "no session of IBOV up to 1999-01-01 is in the lake; the nearest: 2024-12-11",
    ),
    "the first years of all": (
        ["plot", "IBOV", "--from", "0001-01-01", "--to", "0001-12-31"],
        "the nearest: 2024-12-11",
    ),
    "a ticker that was never in": (["plot", "IBOV", "--tickers", "ABCD3"], "held no ABCD3"),
    "a column of a like name": (["query", "select tickr from position"], '"ticker"'),
}


@pytest.mark.parametrize(("arguments", "told"), UNANSWERED.values(), ids=UNANSWERED)
def test_a_refusal_says_what_would_work(
    arguments: list[str], told: str, bovespa: Run, sample_lake: Path
) -> None:
    """The indices, the session or the column there is, in one line."""
    result = bovespa(*arguments, "--lake", sample_lake)
    assert (result.returncode, result.stdout, told in result.stderr) == (2, "", True), result
    assert result.stderr.count("\n") == 1


def test_a_day_that_is_no_session_is_answered_and_the_session_is_told(
    bovespa: Run, sample_lake: Path
) -> None:
    """The 5th of January was a Sunday: the answer is the portfolio of 30 December."""
    result = bovespa("members", "IBOV", "--on", "2025-01-05", "--lake", sample_lake)
    told = (
        "on 2024-12-30, the latest captured session not after 2025-01-05; captured live from B3\n"
    )
    assert (result.returncode, result.stderr.endswith(told)) == (0, True)


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
    (lake / "raw").mkdir(parents=True)
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


NAMES = {
    "below a file": ("file/x", "Not a directory"),
    "too long": ("a" * 300, "File name too long"),
}
TARGETS = {
    "import": lambda name: ("import", "file", "--lake", name),
    "copy": lambda name: ("raw", "copy", "sample", name),
    "export": lambda name: ("export", name, "--lake", "sample"),
    "plot": lambda name: ("plot", "IBOV", "--lake", "sample", "--output", f"{name}.svg"),
    "query": lambda name: ("query", "--lake", "sample", "--file", name),
}


@pytest.mark.parametrize(("name", "reason"), NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("arguments", TARGETS.values(), ids=TARGETS)
def test_a_name_that_the_disk_refuses_is_one_sentence_with_the_reason(
    arguments: Callable[[str], tuple[str, ...]],
    name: str,
    reason: str,
    bovespa: Run,
    sample_lake: Path,
) -> None:
    """The name is the one that was given, not that of a temporary file."""
    Path("file").touch()
    Path("sample").symlink_to(sample_lake)
    refused = bovespa(*arguments(name))
    message = refused.stderr.splitlines()[-1]
    assert refused.returncode in {2, 3}
    assert (name[:200] in message, reason in message) == (True, True), message
    assert "Traceback" not in refused.stderr
