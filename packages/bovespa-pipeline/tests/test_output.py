"""Output of the command: nothing cut in a pipe, every digit, a complete summary."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bovespa_pipeline.cli import terminal

Run = Callable[..., CompletedProcess[str]]
Tree = Callable[[Path], Mapping[str, str]]

STORY = (
    ("2024-12-13", "LREN3 952,487,418 to 1,047,736,159 (+10.00 %)"),
    ("2024-12-16", "in: AMOB3"),
    ("2025-01-06", "in: POMO4, PSSA3; out: ALPA4, EZTC3; 46 quantities"),
    ("2025-02-03", "EQTL3 1,249,258,717 to 1,253,541,010 (+0.34 %)"),
)


@pytest.fixture(scope="module")
def demo(bovespa: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's lake, made while `BOVESPA_LAKE` names another; and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BOVESPA_LAKE", str(folder / "mine"))
        result = bovespa("demo")
    assert (result.returncode, result.stderr) == (0, "")
    assert not (folder / "mine").exists()
    return folder / "demo-lake", result.stdout


def test_the_demo_tells_december_and_the_rebalance(demo: tuple[Path, str]) -> None:
    """LREN3's bonus, AMOB3's arrival, two in and two out, EQTL3; a line each."""
    lines = demo[1].splitlines()
    told = [(day, what) for day, what in STORY for line in lines if day in line and what in line]
    assert told == list(STORY)
    assert sum(line.startswith("20") for line in lines) == len(STORY)


def test_the_demo_says_where_everything_is(demo: tuple[Path, str], bovespa: Run) -> None:
    """The tables, the quality pages, and a question that works as it stands."""
    lake, said = demo
    ends = {line[:14].strip(): line[17:] for line in said.splitlines()[-5:]}
    assert Path(ends["tables"]).samefile(lake)
    assert Path(ends["quality report"]).exists()
    asked = bovespa(*ends["ask it"].partition("bovespa ")[2].split())
    assert (asked.returncode, "on 2024-12-30" in asked.stderr) == (0, True)
    announced = bovespa(*ends["what comes"].partition("bovespa ")[2].split())
    assert (announced.returncode, "preview 2 of 3" in announced.stderr) == (0, True)


def test_the_demo_ends_with_a_plot(demo: tuple[Path, str]) -> None:
    """Drawn again it is the same file, as the next test sees."""
    pytest.importorskip("matplotlib", reason="the extra [plot] is not installed")
    (line,) = [line for line in demo[1].splitlines() if line.startswith("plot ")]
    assert "VALE3  11.533" in Path(line[17:]).read_text("utf-8")


def test_the_demo_fits_on_one_screen(demo: tuple[Path, str]) -> None:
    """24 lines; of 80 columns but for the paths, which are the reader's own."""
    lines = demo[1].splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines[:-5])) <= 80


def test_the_demo_again_changes_no_row(demo: tuple[Path, str], bovespa: Run, tree: Tree) -> None:
    """It captures the same answers, publishes nothing and tells the same story."""
    lake, said = demo
    before = tree(lake)
    again = bovespa("demo", "--lake", lake)
    assert (again.returncode, tree(lake) == before) == (0, True)
    story = said[said.index("index_code") :]
    assert again.stdout.endswith(story)


QUERY = (
    "select reference_date, ticker, theoretical_quantity, weight_pct from position order by 1, 2"
)


@pytest.fixture(scope="module")
def ask(demo: tuple[Path, str], bovespa: Run) -> Callable[[str], str]:
    """The answer to one query in a format."""

    def query(form: str) -> str:
        result = bovespa("query", QUERY, "--format", form, "--lake", demo[0])
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    return query


def test_csv_json_and_parquet_hold_the_same_exact_figures(ask: Callable[[str], str]) -> None:
    """Decimals keep their digits and dates their form, whatever reads them."""
    lines = [tuple(row.values()) for row in csv.DictReader(io.StringIO(ask("csv")))]
    objects = [tuple(map(str, row.values())) for row in json.loads(ask("json"))]
    table = pq.read_table(io.BytesIO(ask("parquet").encode("utf-8", "surrogateescape")))
    assert lines == objects
    assert lines == [tuple(map(str, row.values())) for row in table.to_pylist()]
    assert table.schema.field("weight_pct").type == pa.decimal128(9, 3)
    ibov = pc.equal(table["reference_date"], pa.scalar("2025-01-06").cast(pa.date32()))
    assert pc.sum(table.filter(ibov)["weight_pct"]).as_py() == Decimal("100.000")


def test_a_table_in_a_pipe_is_not_cut(ask: Callable[[str], str]) -> None:
    """However narrow a terminal would be, each row is a line and whole."""
    lines = ask("table").splitlines()
    assert len(lines) == 1 + len(ask("csv").splitlines()) - 1
    assert "…" not in "".join(lines)
    assert lines[0].split() == ["reference_date", "ticker", "theoretical_quantity", "weight_pct"]


def test_columns_of_one_name_are_both_shown(demo: tuple[Path, str], bovespa: Run) -> None:
    """A query may ask for it."""
    sql = "select 1 as a, 2 as a"
    answer = bovespa("query", sql, "--format", "csv", "--lake", demo[0])
    assert answer.stdout == "a,a\n1,2\n"


def test_a_number_is_grouped_and_nothing_is_shown_for_null(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A table is for reading; the other formats are for programs."""
    terminal.show(pa.table({"n": [1234567, None], "t": [True, None]}), "table")
    assert capsys.readouterr().out.split() == ["n", "t", "1,234,567", "true"]


def test_a_process_in_a_pipe_writes_no_control_characters_and_no_warnings(
    here: Path, process_environment: Mapping[str, str]
) -> None:
    """The real command, gate and all, as a scheduler runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "bovespa_pipeline", "demo"],
        capture_output=True,
        check=False,
        cwd=here,
        env=process_environment,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert not {code for code in done.stdout if code < ord(" ")} - {ord("\n")}


def test_a_terminal_gets_a_bar(here: Path, process_environment: Mapping[str, str]) -> None:
    """Progress is shown on a terminal."""
    (here / "bad.csv").write_bytes(b"nothing")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bovespa_pipeline", "import", "bad.csv"],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=here,
        env={**process_environment, "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        assert process.wait() == 1
    os.close(ours)
    assert b"importing" in seen
    assert b"refused: bad.csv" in seen


def _read(descriptor: int) -> bytes:
    """Return the bytes written to a terminal; empty once the other side is closed."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""
