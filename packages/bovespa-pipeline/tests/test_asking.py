"""Questions as people put them: saved SQL, other names of an index, days after a rebalance."""

import datetime as dt
import warnings
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline import StaleAnswer, open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

QUERIES = Path(__file__).parents[3] / "infra/modules/query/queries"


def test_booleans_in_csv_are_those_of_every_other_tool(bovespa: Run, sample_lake: Path) -> None:
    """Inside lists as well."""
    sql = "select true as a, false as b, null as c, [true, null] as d"
    result = bovespa("query", sql, "--format", "csv", "--lake", sample_lake)
    assert result.stdout == 'a,b,c,d\ntrue,false,,"[true, null]"\n'


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_each_shipped_query_runs_as_an_argument(
    path: Path, bovespa: Run, sample_lake: Path
) -> None:
    """Though it begins with a comment; options may stand on either side."""
    sql = path.read_text("utf-8").rstrip()
    assert sql.startswith("--")
    before = bovespa("query", "--lake", sample_lake, "--format", "csv", sql)
    after = bovespa("query", sql, f"--lake={sample_lake}", "--format", "csv")
    assert (before.returncode, before.stderr, before.stdout) == (0, "", after.stdout)


@pytest.mark.parametrize("sql", ["/* why */ select 1 as a", "--why\nselect 1 as a"])
def test_sql_may_begin_with_any_comment(sql: str, bovespa: Run, sample_lake: Path) -> None:
    """Of either kind."""
    result = bovespa("query", sql, "--lake", sample_lake, "--format", "csv")
    assert (result.returncode, result.stdout) == (0, "a\n1\n")


@pytest.mark.parametrize("argument", ["--formt", "--formt=csv"])
def test_a_mistyped_option_is_no_sql(argument: str, bovespa: Run, sample_lake: Path) -> None:
    """It is told as before."""
    result = bovespa("query", "select 1", argument, "--lake", sample_lake)
    assert (result.returncode, "No such option" in result.stderr) == (2, True)


def test_sql_that_is_no_text_is_wrong_usage(bovespa: Run, sample_lake: Path) -> None:
    """Bytes of another encoding come into the process as halves of characters."""
    result = bovespa("query", "select '\udce9'", "--lake", sample_lake)
    assert (result.returncode, "no UTF-8 text" in result.stderr) == (2, True)


def test_a_rebalance_between_the_answer_and_the_day_is_told(
    bovespa: Run, sample_lake: Path
) -> None:
    """By the command in its note, by the library as a warning."""
    result = bovespa("members", "IBOV", "--on", "2025-06-02", "--lake", sample_lake)
    note = "; the rebalance of 2025-05-05 lies between; captured live from B3\n"
    assert (result.returncode, result.stderr.endswith(note)) == (0, True)
    lake = open_lake(str(sample_lake))
    message = "on 2025-06-02: IBOV of 2025-02-14, before the rebalance of 2025-05-05"
    with pytest.warns(StaleAnswer, match=message) as seen:
        answer = lake.members("IBOV", on="2025-06-02")
    assert (answer.rebalance, seen[0].filename) == (dt.date(2025, 5, 5), __file__)


@pytest.mark.parametrize("day", ["2025-01-05", "2025-02-16", "2025-05-04"])
def test_an_answer_of_the_same_quadrimester_is_not_stale(day: str, sample_lake: Path) -> None:
    today = dt.datetime.fromisoformat(f"{day}T12:00Z")
    lake = open_lake(str(sample_lake), clock=lambda: today)
    with warnings.catch_warnings():
        warnings.simplefilter("error", StaleAnswer)
        answers = [lake.members("IBOV", on=day), lake.sectors("IBOV", on=day)]
        answers += [lake.members("IBOV"), lake.sectors("IBOV")] if day > "2025-02" else []
    assert [dict(answer.rebalances) for answer in answers] == [{}] * len(answers)


@pytest.mark.usefixtures("quick_gate")
def test_a_rebalance_on_a_holiday_takes_effect_the_day_after(
    here: Path, portfolio: Make, bovespa: Run
) -> None:
    """The 7th of September 2020 was a Monday."""
    (here / "x.csv").write_bytes(portfolio(dt.date(2020, 9, 4), PETR4=4_000_000).to_csv())
    assert (bovespa("import", "x.csv").returncode, bovespa("refine").returncode) == (0, 0)
    notes = [bovespa("members", "IBOV", "--on", f"2020-09-0{day}").stderr for day in (7, 8)]
    assert ["rebalance" in note for note in notes] == [False, True]
    assert "the rebalance of 2020-09-08" in notes[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["members", "IBRX"], "B3's code of IBRX is IBXX; it holds"),
        (["members", "IBrX-100"], "B3's code of IBRX100 is IBXX"),
        (["plot", "ISE"], "B3's code of ISE is ISEE"),
        (["refine", "--index", "IBOVESPA"], "B3's code of IBOVESPA is IBOV"),
        (["--lang", "pt", "plot", "IBRX"], "IBRX; o código da B3 para IBRX é IBXX; tem IBOV"),
        (["--lang", "pt", "plot", "IBOVESPA"], "índice; o código da B3 para IBOVESPA é IBOV"),
    ],
)
def test_a_name_that_is_no_code_has_a_hint_at_the_code(
    arguments: list[str], told: str, bovespa: Run, sample_lake: Path
) -> None:
    """In every command that takes one."""
    result = bovespa(*arguments, "--lake", sample_lake)
    assert (result.returncode, told in result.stderr) == (2, True), result


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize(
    "command",
    [
        ("members", "IBOX"),
        ("changes", "IBOX"),
        ("weights", "IBOX"),
        ("weights", "IBOX", "--wide"),
        ("plot", "IBOX"),
        ("preview", "IBOX"),
        ("compare", "IBOV", "IBOX"),
        ("sectors", "IBOX"),
        ("turnover", "IBOX"),
        ("concentration", "IBOX"),
        ("gaps", "IBOX"),
        ("check", "IBOX"),
        ("export", "release", "--wide", "IBOX"),
        ("refine", "--index", "IBOX"),
        ("withdraw", "IBOX", "2025-01-06", "--reason", "wrong"),
        ("reinstate", "IBOX", "2025-01-06", "--reason", "wrong"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("language", "refusal"),
    [
        ("en", "the lake holds no IBOX; the nearest is IBOV; it holds IBOV, IBRA"),
        ("pt", "o data lake não tem IBOX; o mais parecido é IBOV; tem IBOV, IBRA"),
    ],
)
def test_an_index_that_the_lake_lacks_is_refused_alike(
    command: tuple[str, ...], language: str, refusal: str, bovespa: Run, sample_lake: Path
) -> None:
    """With what there is, and the nearest code."""
    result = bovespa("--lang", language, *command, "--lake", sample_lake)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"bovespa: {refusal}\n"
