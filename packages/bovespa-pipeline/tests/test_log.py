"""`--log json`: standard error as an object a line, with the events of `run --json`."""

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


def test_the_next_command_logs_for_a_person_again(bovespa: Run, downloads: list[str]) -> None:
    """Two commands of one process have each their own log."""
    bovespa("import", *downloads, "--log", "json")
    assert bovespa("import", *downloads).stderr.startswith("refused: none.csv: ")
    assert not terminal.log.is_json
