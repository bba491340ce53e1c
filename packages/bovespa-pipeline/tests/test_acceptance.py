"""B3's real downloads through the command: the figures B3 published, however they arrive."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
Rows = Mapping[str, list[dict[str, Any]]]
Tables = Callable[[Path], Rows]
Tree = Callable[[Path], Mapping[str, str]]

UNTITLED = 11
MISSING_BEFORE, MISSING_AFTER = 176, 165


def titled(captures: Path) -> list[Path]:
    """The downloads and the answer that say which session they are of."""
    patterns = ("day/*.csv", "sector/*.csv", "json/GetPortfolioDay_*.json")
    return [path for pattern in patterns for path in sorted(captures.glob(pattern))]


def untitled(captures: Path) -> list[Path]:
    return sorted(captures.glob("untitled/*.csv"))


@pytest.fixture(scope="module")
def history(
    captures: Path, bovespa: Run, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Mapping[str, CompletedProcess[str]]]:
    """A lake of all captures, and what each step of making it said."""
    lake = tmp_path_factory.mktemp("captures") / "lake"

    def step(*arguments: str | Path) -> CompletedProcess[str]:
        return bovespa(*arguments, "--lake", lake)

    return lake, {
        "import": step("import", *titled(captures)),
        "refine": step("refine"),
        "gaps": step("gaps", "IBOV", "--format", "csv"),
        "undated": step("import", *untitled(captures)),
        "dated": step("import", "--date-from-name", *untitled(captures)),
        "refine again": step("refine"),
    }


@pytest.fixture(scope="module")
def filled(history: tuple[Path, object]) -> Path:
    return history[0]


@pytest.fixture(scope="module")
def steps(history: tuple[Path, Mapping[str, CompletedProcess[str]]]) -> Mapping[str, Any]:
    return history[1]


@pytest.fixture(scope="module")
def asked(filled: Path, bovespa: Run) -> Callable[..., list[dict[str, str]]]:
    """The rows of an answer, as CSV gives them."""

    def ask(*arguments: str) -> list[dict[str, str]]:
        answer = bovespa(*arguments, "--lake", filled, "--format", "csv")
        assert answer.returncode == 0, answer.stderr
        return list(csv.DictReader(io.StringIO(answer.stdout)))

    return ask


def test_each_step_ends_as_it_should(steps: Mapping[str, Any]) -> None:
    """Only the undated files are refused."""
    codes = {name: result.returncode for name, result in steps.items()}
    assert codes == {**dict.fromkeys(steps, 0), "undated": 1}
    assert steps["refine"].stdout == "published 12 portfolios of 6 indices\n"
    assert steps["refine again"].stdout == "published 11 portfolios of 1 index\n"


def test_the_published_figures_are_b3s(asked: Callable[..., list[dict[str, str]]]) -> None:
    """Counts, totals and one position, each session under its header's date."""
    sql = "select index_code, reference_date, position_count, total_theoretical_quantity from "
    found = {
        (row["index_code"], row["reference_date"]): row for row in asked("query", f"{sql}portfolio")
    }
    counts = {key: int(row["position_count"]) for key, row in found.items()}
    expected = {
        ("IBOV", "2025-01-06"): 87,
        ("IBOV", "2025-04-07"): 87,
        ("IBOV", "2024-07-29"): 86,
        ("IBRA", "2025-08-26"): 166,
        ("SMLL", "2025-08-26"): 114,
        ("IFNC", "2022-05-06"): 27,
    }
    assert expected.items() <= counts.items()
    assert ("IFNC", "2022-05-04") not in counts
    assert found["IBOV", "2025-01-06"]["total_theoretical_quantity"] == "98370249996"


def test_an_american_answer_is_read_as_such(asked: Callable[..., list[dict[str, str]]]) -> None:
    """04/07/25 is the seventh of April, and 2.663 not two thousand."""
    rows = asked("members", "IBOV", "--on", "2025-04-07")
    (wege,) = [row for row in rows if row["ticker"] == "WEGE3"]
    assert (wege["theoretical_quantity"], wege["weight_pct"]) == ("1243177587", "2.663")


def test_the_download_by_sector_has_sectors(asked: Callable[..., list[dict[str, str]]]) -> None:
    """Every one of its 86 positions."""
    rows = asked("members", "IBOV", "--on", "2024-07-29")
    assert (len(rows), [row["ticker"] for row in rows if not row["sector"]]) == (86, [])


def test_files_without_a_title_are_refused_and_kept(steps: Mapping[str, Any]) -> None:
    """Each with the way out; once named they are not new payloads."""
    lines = steps["undated"].stderr.splitlines()
    assert len(lines) == UNTITLED
    assert all("--date YYYY-MM-DD or --date-from-name" in line for line in lines)
    assert steps["dated"].stdout.count(", landed\n") == UNTITLED


def test_the_rebalance_of_january_is_told(asked: Callable[..., list[dict[str, str]]]) -> None:
    """Two in, two out, 46 quantities, all by rebalance."""
    rows = asked("changes", "IBOV", "--from", "2025-01-06", "--to", "2025-01-06")
    told: dict[str, set[str]] = {}
    for row in rows:
        told.setdefault(row["change_type"], set()).add(row["ticker"])
    assert told["inclusion"] == {"POMO4", "PSSA3"}
    assert told["exclusion"] == {"ALPA4", "EZTC3"}
    assert {name: len(tickers) for name, tickers in told.items()} == {
        "inclusion": 2,
        "exclusion": 2,
        "quantity": 46,
    }
    assert {(row["previous_reference_date"], row["cause"]) for row in rows} == {
        ("2024-12-30", "rebalance")
    }


def test_a_new_name_is_no_inclusion(asked: Callable[..., list[dict[str, str]]]) -> None:
    """TRPL4 became ISAE4 between July and December."""
    rows = asked("changes", "IBOV", "--from", "2024-12-30", "--to", "2024-12-30")
    (row,) = [row for row in rows if {row["ticker"], row["previous_ticker"]} & {"TRPL4", "ISAE4"}]
    seen = (row["previous_ticker"], row["ticker"], row["change_type"], row["cause"])
    assert seen == ("TRPL4", "ISAE4", "ticker", "rename")


def test_until_february_only_eqtl3_moves(asked: Callable[..., list[dict[str, str]]]) -> None:
    """A corporate action, and from there on nothing."""
    (row,) = asked("changes", "IBOV", "--from", "2025-01-07", "--to", "2025-02-14")
    seen = [row[name] for name in ("reference_date", "ticker", "change_type", "cause")]
    assert seen == ["2025-02-03", "EQTL3", "quantity", "corporate_action"]
    quantities = row["previous_theoretical_quantity"], row["theoretical_quantity"]
    assert quantities == ("1249258717", "1253541010")


def test_gaps_are_the_sessions_between_the_captures(
    steps: Mapping[str, Any], bovespa: Run, filled: Path
) -> None:
    """Eleven fewer once eleven more have landed; Christmas is none."""
    before = steps["gaps"].stdout.splitlines()[1:]
    after = bovespa("gaps", "IBOV", "--format", "csv", "--lake", filled).stdout.splitlines()[1:]
    assert (len(before), len(after)) == (MISSING_BEFORE, MISSING_AFTER)
    assert "IBOV,2024-12-26" in after
    assert "IBOV,2024-12-25" not in after


def test_members_answers_from_the_latest_session_and_says_so(bovespa: Run, filled: Path) -> None:
    """Asked for New Year's Eve, it is the portfolio of the 30th."""
    answer = bovespa("members", "IBOV", "--on", "2024-12-31", "--lake", filled)
    told = (
        "87 positions of IBOV on 2024-12-30, the latest captured session not after 2024-12-31; "
        "from a download that was dated by hand or lacks its totals\n"
    )
    assert answer.stderr == told
    assert "ALPA4" in answer.stdout


def test_what_was_known_is_asked_by_time_or_run(
    filled: Path, bovespa: Run, asked: Callable[..., list[dict[str, str]]]
) -> None:
    """Before the second import the session of February was not known, whichever way."""
    history = json.loads(bovespa("history", "--lake", filled, "--format", "json").stdout)
    first, last = history[:2]
    count = "select count(*) as n from portfolio where index_code = 'IBOV'"
    known = {
        when: asked("query", count, "--known-at", when)[0]["n"]
        for when in (first["run_id"], last["run_id"], "2026-01-01", "2099-01-01")
    }
    expected = {first["run_id"]: "7", last["run_id"]: "18", "2026-01-01": "0", "2099-01-01": "18"}
    assert known == expected


def test_the_same_again_writes_nothing(
    captures: Path, filled: Path, bovespa: Run, tree: Tree
) -> None:
    """No object, no snapshot, no page: every file stays as it is."""
    before = tree(filled)
    again = bovespa("import", *titled(captures), "--lake", filled)
    dated = bovespa("import", *untitled(captures), "--date-from-name", "--lake", filled)
    refined = bovespa("refine", "--lake", filled)
    assert [again.returncode, dated.returncode, refined.returncode] == [0, 0, 0]
    assert refined.stdout == "nothing to publish\n"
    assert tree(filled) == before


@pytest.mark.usefixtures("quick_gate")
def test_any_order_gives_the_same_rows(
    captures: Path, filled: Path, lake: Path, bovespa: Run, tables: Tables
) -> None:
    """Landed last to first, with a refine after each."""
    for path in reversed([*titled(captures), *untitled(captures)]):
        assert bovespa("import", path, "--date-from-name").returncode == 0
        assert bovespa("refine").returncode == 0
    assert tables(lake) == tables(filled)


def test_a_rebuild_gives_the_same_rows(filled: Path, bovespa: Run, tables: Tables) -> None:
    """Refined is a function of raw."""
    before = tables(filled)
    assert bovespa("refine", "--rebuild", "--lake", filled).returncode == 0
    assert tables(filled) == before


def test_the_day_of_the_download_is_not_the_day_of_the_import(
    asked: Callable[..., list[dict[str, str]]],
) -> None:
    """No session is filed under the clock's date."""
    dates = asked("query", "select max(reference_date) as last from portfolio")
    assert dt.date.fromisoformat(dates[0]["last"]) == dt.date(2025, 8, 26)
