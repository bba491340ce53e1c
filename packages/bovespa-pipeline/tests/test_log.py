"""`--log json`: standard error as an object a line, with the events of `run --json`."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.cli import terminal
from lake_io.storage.local.lock import LakeLock

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

MONDAY = dt.date(2025, 1, 6)

pytestmark = pytest.mark.usefixtures("quick_gate")


@pytest.fixture
def good(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, "SMLL", PETR4=10, VALE3=5)


@pytest.fixture
def downloads(good: SamplePortfolio, portfolio: Make, here: Path) -> list[str]:
    """A whole portfolio, one whose total is wrong, and a file that is none."""
    wrong = portfolio(MONDAY, PETR4=4_000, VALE3=2_000)
    (here / "good.csv").write_bytes(good.to_csv())
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(b"6.000", b"6.001"))
    (here / "none.csv").write_bytes(b"nothing")
    return ["good.csv", "wrong.csv", "none.csv"]


def events(done: CompletedProcess[str]) -> list[dict[str, Any]]:
    """The lines of standard error, which all have a time in UTC."""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    times = [dt.datetime.fromisoformat(line.pop("time")) for line in lines]
    assert all(time.utcoffset() == dt.timedelta(0) for time in times)
    return lines


def summaries(done: CompletedProcess[str]) -> list[tuple[str, str | None, str | None]]:
    return [
        (line["event"], line.get("index_code", line.get("name")), line.get("reference_date"))
        for line in events(done)
    ]


def test_an_import_logs_what_landed_and_what_was_refused(
    bovespa: Run, downloads: list[str]
) -> None:
    """Standard output is as ever."""
    text = bovespa("import", *downloads, "--lake", "other")
    done = bovespa("import", *downloads, "--log", "json")
    assert (done.returncode, done.stdout) == (text.returncode, text.stdout)
    assert summaries(done) == [
        ("landed", "SMLL", str(MONDAY)),
        ("landed", "IBOV", str(MONDAY)),
        ("refused", "none.csv", None),
    ]


def test_a_refine_logs_what_it_published_and_refused(bovespa: Run, downloads: list[str]) -> None:
    bovespa("import", *downloads)
    done = bovespa("refine", "--log", "json")
    assert done.stdout == "published 1 portfolio of 1 index\n"
    assert summaries(done) == [
        ("published", "SMLL", str(MONDAY)),
        ("refused", "IBOV", str(MONDAY)),
    ]
    assert "quantity_excess" in events(done)[1]["reason"]


def test_a_later_refine_logs_what_is_still_refused_and_still_withheld(
    bovespa: Run, downloads: list[str], good: SamplePortfolio, here: Path
) -> None:
    """The imports of a withheld session were refused by nobody."""
    rows = [dataclasses.replace(row, theoretical_quantity=7) for row in good.rows]
    other = dataclasses.replace(good, rows=tuple(rows))
    (here / "other.csv").write_bytes(other.to_csv())
    bovespa("import", *downloads, "other.csv")
    bovespa("refine")
    assert summaries(bovespa("refine", "--log", "json")) == [
        ("still_refused", "IBOV", str(MONDAY)),
        ("still_withheld", "SMLL", str(MONDAY)),
    ]


def test_a_run_logs_the_events_that_it_prints(bovespa: Run, good: SamplePortfolio) -> None:
    """`--json` and `--log json` have the same, but for the time."""
    with Exchange([good], today=MONDAY) as exchange:
        command = ("SMLL", "XPTO", "--source", exchange.url, "--json", "--log", "json")
        done = bovespa("run", *command)
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [{**line, "time": ""} for line in printed] == [
        {**line, "time": ""} for line in events(done)
    ]
    assert [line["event"] for line in printed] == ["captured", "refused", "published"]


def test_a_capture_logs_what_came(bovespa: Run, good: SamplePortfolio) -> None:
    with Exchange([good], today=MONDAY) as exchange:
        done = bovespa("capture", "SMLL", "--source", exchange.url, "--log", "json")
    assert summaries(done)[0] == ("captured", "SMLL", str(MONDAY))
    assert done.stdout == f"captured 1 index, 1 answer new: SMLL {MONDAY}\n"


def test_a_backfill_logs_what_it_could_not_reach(bovespa: Run) -> None:
    """The exchange of the test serves no bulletin."""
    with Exchange([], today=MONDAY) as exchange:
        span = ("--first", "2024-10", "--last", "2024-11")
        done = bovespa("backfill", "IBOV", *span, "--source", exchange.url, "--log", "json")
    assert done.returncode == 3
    assert [line["event"] for line in events(done)] == ["unreachable"]


def test_every_other_line_is_a_message(bovespa: Run, lake: Path) -> None:
    """The lock that is waited for, and the sentence that a command ends with."""
    bovespa("refine")
    with LakeLock(lake)():
        done = bovespa("refine", "--wait", "0", "--log", "json")
    waiting, ended = events(done)
    assert waiting["message"].startswith("waiting for the lock of the lake, held by process")
    assert ended["message"].startswith("bovespa: the lake is locked by process")
    assert done.returncode == 3


@pytest.mark.parametrize("arguments", [["X!!", "--log", "json"], ["--log", "json", "X!!"]])
def test_wrong_usage_is_an_event_too(bovespa: Run, arguments: list[str]) -> None:
    done = bovespa("capture", *arguments)
    (event,) = events(done)
    assert (done.returncode, event["event"], "'X!!'" in event["message"]) == (2, "message", True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--nothing", "--log", "json"], "No such option '--nothing'."),
        (["run", "--log=json", "--source"], "Option '--source' requires an argument."),
        (["dance", "--log", "json"], "No such command 'dance'."),
        (["members", "IBOV", "--log", "json"], "No such option '--log'."),
        (["raw", "copy", "--log", "json", "a"], "Missing argument 'TARGET'."),
    ],
)
def test_an_option_that_is_not_there_is_an_event_too(
    bovespa: Run, arguments: list[str], message: str
) -> None:
    """Though no option after it was read."""
    done = bovespa(*arguments)
    (event,) = events(done)
    assert (done.returncode, done.stdout, event["event"]) == (2, "", "message")
    assert event["message"].startswith(message)


def test_words_after_the_options_ask_for_no_log(bovespa: Run) -> None:
    done = bovespa("raw", "copy", "a", "--", "--log", "json")
    assert (done.returncode, done.stderr.startswith("Usage: ")) == (2, True)


def test_a_verification_logs_what_is_broken_and_repaired(
    bovespa: Run, downloads: list[str], lake: Path
) -> None:
    bovespa("import", downloads[0])
    (rows,) = (lake / "raw" / "position").rglob("*.parquet")
    rows.write_bytes(b"damaged")
    key = rows.relative_to(lake).as_posix()
    broken, verified = events(bovespa("verify", "--log", "json"))
    assert (broken["event"], broken["key"]) == ("broken", key)
    assert broken["mended_by"] == "run `bovespa verify --repair`"
    assert (verified["event"], verified["broken_count"]) == ("verified", 1)
    repaired, verified = events(bovespa("verify", "--repair", "--log", "json"))
    assert (repaired["event"], repaired["key"]) == ("repaired", key)
    assert (verified["event"], verified["broken_count"]) == ("verified", 0)


def test_a_reparse_logs_its_counts(bovespa: Run, downloads: list[str], lake: Path) -> None:
    bovespa("import", downloads[0])
    (rows,) = (lake / "raw" / "position").rglob("*.parquet")
    rows.unlink()
    (event,) = events(bovespa("reparse", "--log", "json"))
    assert event == {
        "event": "reparsed",
        "payload_count": 1,
        "new_count": 1,
        "rejected_count": 0,
        "preview_count": 0,
    }


def test_a_relocation_logs_each_table(bovespa: Run, downloads: list[str], lake: Path) -> None:
    bovespa("import", downloads[0])
    bovespa("refine")
    lake.rename(lake.with_name("moved"))
    logged = events(bovespa("relocate", "--lake", "moved", "--log", "json"))
    assert {event["event"] for event in logged} == {"relocated"}
    assert "position" in {event["table"] for event in logged}


def test_a_copy_logs_what_it_could_not_copy_and_its_counts(
    bovespa: Run, downloads: list[str], lake: Path
) -> None:
    """Standard output is as ever."""
    bovespa("import", downloads[0])
    (lake / "raw" / "notes.txt").write_text("mine")
    text = bovespa("raw", "copy", lake, "other")
    done = bovespa("raw", "copy", lake, "copy", "--log", "json")
    assert done.stdout == text.stdout
    foreign, summary = events(done)
    assert foreign == {"event": "foreign", "key": "raw/notes.txt"}
    assert (summary["event"], summary["dry_run"], summary["foreign"]) == ("summary", False, 1)
    assert summary["copied"] > 2


def test_a_check_logs_each_problem(bovespa: Run, downloads: list[str]) -> None:
    bovespa("import", downloads[0])
    done = bovespa("check", "--log", "json")
    summary, *problems = events(done)
    assert summary == {"event": "message", "message": "2 things are wrong"}
    assert [(each["event"], each["kind"], each["index_code"]) for each in problems] == [
        ("problem", "empty", None),
        ("problem", "pending", "SMLL"),
    ]


def test_the_next_command_logs_for_a_person_again(bovespa: Run, downloads: list[str]) -> None:
    """Two commands of one process have each their own log."""
    bovespa("import", *downloads, "--log", "json")
    assert bovespa("import", *downloads).stderr.startswith("refused: none.csv: ")
    assert not terminal.log.is_json
