"""`bovespa check`: what is wrong with a lake, with an exit code."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_contracts.trading_calendar import trading_days
from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.dates import expected_session
from bovespa_pipeline.health.problems import find_problems
from bovespa_pipeline.ingest.capturing import capture, index_codes
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

pytestmark = pytest.mark.usefixtures("quick_gate")

TODAY = dt.date(2026, 3, 2)
"""A Monday, that of the tests' clock."""
FRIDAY = dt.date(2026, 2, 27)
WEEK = list(trading_days(dt.date(2026, 2, 20), FRIDAY))
NOVEMBER = dt.date(2025, 11, 3)


def problems(bovespa: Run, *arguments: str) -> list[str]:
    done = bovespa("check", *arguments)
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if lines else 0)
    return lines


def test_a_lake_in_order_is_in_order(bovespa: Run, land: Callable[..., None], make: Make) -> None:
    """Friday's session is there; Monday's own is not asked for, at whatever hour."""
    land(make(FRIDAY))
    done = bovespa("check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing is wrong\n")


def test_three_things_at_once(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    """Four months old, one refused, one withheld: three reasons, and exit code 1."""
    good = make(NOVEMBER)
    wrong = make(dt.date(2025, 11, 4))
    total = f"{wrong.total_theoretical_quantity:,}".replace(",", ".").encode()
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(total, b"1"))
    rivals = [make(dt.date(2025, 11, 5), PETR4=quantity, VALE3=5) for quantity in (100, 200)]
    assert bovespa("import", "wrong.csv").returncode == 0
    land(good, *rivals)
    lines = problems(bovespa)
    assert [line.split(": ")[0] for line in lines] == ["late", "refused", "withheld"]
    assert lines[0] == (
        "late: IBOV: newest session 2025-11-03, the calendar asks for 2026-02-27; run `bovespa run`"
    )
    assert lines[1].startswith("refused: IBOV: 2025-11-04: the quantities add up to ")
    assert lines[1].endswith(" more than B3's total (quantity_excess equal_to(0))")
    assert lines[2] == (
        "withheld: IBOV: 2025-11-05: its imports differ in their figures "
        "(imports of a session agree); run `bovespa withdraw IBOV 2025-11-05 "
        "--payload HASH --reason WHY` for the wrong one"
    )


def test_as_json(bovespa: Run, land: Callable[..., None], make: Make) -> None:
    land(make(NOVEMBER))
    done = bovespa("check", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["is_well"], told["expected_session"]) == (1, False, "2026-02-27")
    assert told["problems"] == [
        {
            "kind": "late",
            "index_code": "IBOV",
            "problem": (
                "newest session 2025-11-03, the calendar asks for 2026-02-27; run `bovespa run`"
            ),
        }
    ]


def test_recent_gaps_are_told_old_ones_are_not(
    bovespa: Run, land: Callable[..., None], make: Make
) -> None:
    """A session that nobody captured cannot be had later: it is told for a month."""
    days = list(trading_days(dt.date(2026, 2, 2), FRIDAY))
    land(make(NOVEMBER), *(make(day) for day in days if day.day not in (10, 11)))
    assert problems(bovespa) == ["gap: IBOV: 2026-02-10, 2026-02-11"]
    assert problems(bovespa, "--days", "10") == []
    assert "from 2025-11-04" in problems(bovespa, "--days", "365")[0]


def test_a_session_that_was_captured_is_no_gap(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    """Refused or not published yet, between two that are published."""
    days = list(trading_days(dt.date(2026, 2, 23), FRIDAY))
    land(*(make(day) for day in (days[0], days[2], days[4])))
    wrong = make(days[1])
    total = f"{wrong.total_theoretical_quantity:,}".replace(",", ".").encode()
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(total, b"1"))
    bovespa("import", "wrong.csv")
    bovespa("refine")
    (here / "new.csv").write_bytes(make(days[3]).to_csv())
    bovespa("import", "new.csv")
    assert [line.split(": ")[0] for line in problems(bovespa)] == ["pending", "refused"]


def test_what_is_not_published_yet_is_told(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    land(make(FRIDAY))
    (here / "new.csv").write_bytes(make(TODAY).to_csv())
    assert bovespa("import", "new.csv").returncode == 0
    assert problems(bovespa) == ["pending: IBOV: not published: 2026-03-02; run `bovespa refine`"]


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_lost_rows_are_told(
    bovespa: Run, land: Callable[..., None], make: Make, lake: Path, fault: str
) -> None:
    land(make(FRIDAY))
    (rows,) = (lake / "raw/position").rglob("*.parquet")
    rows.unlink() if fault == "missing" else rows.write_bytes(b"damaged")
    expected = f"rows: IBOV: 2026-02-27: typed rows are {fault}; run `bovespa reparse`"
    assert problems(bovespa) == [expected]
    bovespa("reparse")
    assert problems(bovespa) == []


def test_an_index_that_b3_no_longer_lists_has_ended(lake: Path, make: Make) -> None:
    opened = open_lake(str(lake))
    for day, codes in ((NOVEMBER, ("IBOV", "SMLL")), (FRIDAY, ("IBOV",))):
        asked_at = dt.datetime.combine(day, dt.time(21), dt.UTC)
        samples = [make(day, code) for code in codes]
        with Exchange(samples, day) as exchange, Client(exchange.url) as client:
            listed = index_codes(opened.raw, client, lambda at=asked_at: at)
            capture(opened.raw, client, listed, lambda at=asked_at: at)
    found = find_problems(opened, dt.datetime.combine(TODAY, dt.time(12), dt.UTC))
    assert {each.kind for each in found} == {"empty", "pending"}


@pytest.mark.parametrize("language", ["en", "pt"])
def test_an_index_that_the_lake_does_not_hold_is_wrong_usage(
    bovespa: Run, land: Callable[..., None], make: Make, language: str
) -> None:
    """A mistyped code in a crontab is no lake in order."""
    land(make(FRIDAY), make(FRIDAY, "IBXX"))
    done = bovespa("check", "IBOV", "IBRX", "--lang", language)
    assert (done.returncode, done.stdout) == (2, "")
    assert "IBRX" in done.stderr
    assert "IBOV, IBXX" in done.stderr


def test_an_index_that_is_nowhere_but_in_raw_is_known(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    """All of it was refused, or could not be read: that is what is wrong with it."""
    land(make(FRIDAY))
    wrong = make(FRIDAY, "SMLL")
    total = f"{wrong.total_theoretical_quantity:,}".replace(",", ".").encode()
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(total, b"1"))
    bovespa("import", "wrong.csv")
    bovespa("refine")
    raw = open_lake(str(here / "lake")).raw
    raw.reject("a" * 64, "UTIL", "it is empty", dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "capture")
    assert [line.split(": ")[:2] for line in problems(bovespa, "SMLL")] == [["refused", "SMLL"]]
    assert [line.split(": ")[:2] for line in problems(bovespa, "UTIL")] == [["refused", "UTIL"]]


def test_any_index_of_an_empty_lake_is_a_problem(bovespa: Run, lake: Path) -> None:
    open_lake(str(lake))
    assert problems(bovespa, "IBOV")[0].startswith("empty: nothing is published")


def test_a_withdrawn_payload_that_is_still_published_is_pending(
    bovespa: Run, land: Callable[..., None], make: Make
) -> None:
    land(make(dt.date(2026, 2, 26)), make(FRIDAY))
    bovespa("withdraw", "IBOV", "2026-02-26", "--reason", "wrong")
    assert problems(bovespa) == [
        (
            "pending: IBOV: published, and withdrawn or contradicted since: 2026-02-26; "
            "run `bovespa refine`"
        )
    ]
    bovespa("refine")
    assert problems(bovespa) == []


def test_a_correction_of_a_published_session_is_pending(
    bovespa: Run, land: Callable[..., None], make: Make, lake: Path
) -> None:
    """B3 corrects itself: the later capture is used."""
    raw = open_lake(str(lake)).raw
    for hour, quantity in ((20, 100), (21, 101)):
        asked_at = dt.datetime.combine(FRIDAY, dt.time(hour), dt.UTC)
        sample = make(FRIDAY, PETR4=quantity, VALE3=5)
        with Exchange([sample], FRIDAY) as exchange, Client(exchange.url) as client:
            capture(raw, client, ["IBOV"], lambda at=asked_at: at)
        if hour == 20:
            land()
            assert problems(bovespa) == []
    assert problems(bovespa) == [
        "pending: IBOV: published from an earlier payload: 2026-02-27; run `bovespa refine`"
    ]
    land()
    assert problems(bovespa) == []


def test_a_second_import_that_contradicts_a_published_one_is_pending(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    land(make(FRIDAY))
    (here / "other.csv").write_bytes(make(FRIDAY, PETR4=101, VALE3=5).to_csv())
    bovespa("import", "other.csv")
    assert problems(bovespa) == [
        (
            "pending: IBOV: published, and withdrawn or contradicted since: 2026-02-27; "
            "run `bovespa refine`"
        )
    ]
    bovespa("refine")
    assert [line.split(": ")[0] for line in problems(bovespa)] == ["empty", "withheld"]


def test_lost_payloads_are_restored_from_a_copy(
    bovespa: Run, land: Callable[..., None], make: Make, here: Path
) -> None:
    """`reparse` cannot help where raw is missing; one line for each index names the copy."""
    land(*map(make, WEEK), make(FRIDAY, "SMLL"))
    (here / "backup").mkdir()
    (here / "lake/raw").rename(here / "backup/raw")
    lost = (
        "payloads are missing or damaged, and so are their typed rows; "
        "restore raw from a copy: `bovespa raw copy BACKUP LAKE`"
    )
    assert problems(bovespa) == [
        f"rows: IBOV: 6 sessions from 2026-02-20 to 2026-02-27: {lost}",
        f"rows: SMLL: 2026-02-27: {lost}",
    ]
    assert bovespa("raw", "copy", here / "backup", here / "lake").returncode == 0
    assert problems(bovespa) == []


def test_a_damaged_payload_below_damaged_rows_is_lost_too(
    bovespa: Run, land: Callable[..., None], make: Make, lake: Path
) -> None:
    land(make(FRIDAY))
    for path in (*lake.rglob("raw/position/**/*.parquet"), *lake.rglob("raw/payload/*.gz")):
        path.write_bytes(b"damaged")
    (line,) = problems(bovespa)
    assert line.startswith("rows: IBOV: 2026-02-27: payloads are missing or damaged")


def test_a_choice_of_indices(bovespa: Run, land: Callable[..., None], make: Make) -> None:
    land(make(FRIDAY), make(NOVEMBER, "SMLL"))
    assert problems(bovespa, "IBOV") == []
    assert len(problems(bovespa, "smll")) == 1
    unknown = bovespa("check", "SMLX")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr == (
        "bovespa: the lake holds no SMLX; the nearest is SMLL; it holds IBOV, SMLL\n"
    )


def test_a_lock_held_for_long_is_told(
    bovespa: Run, land: Callable[..., None], make: Make, lake: Path
) -> None:
    """Two hours on the tests' clock, and not while a run is young."""
    land(make(FRIDAY))
    with open_lake(str(lake)).refining():
        note = json.loads((lake / "lock.holder").read_text())
        for since, count in (("2026-03-02T20:59:00+00:00", 0), ("2026-03-02T18:00:00+00:00", 1)):
            (lake / "lock.holder").write_text(json.dumps({**note, "since": since}))
            assert len(problems(bovespa)) == count
        waited = bovespa("refine", "--wait", "0.01")
        assert waited.returncode == 3
        assert "waiting for the lock of the lake, held by process" in waited.stderr
        assert "the lake is locked by process" in waited.stderr


def test_an_empty_lake_is_a_problem(bovespa: Run, lake: Path) -> None:
    open_lake(str(lake))
    assert problems(bovespa) == ["empty: nothing is published; run `bovespa run`"]


@pytest.mark.parametrize(
    ("time", "session"),
    [
        ("2026-03-02T12:00+00:00", "2026-02-27"),
        ("2026-03-03T02:59+00:00", "2026-02-27"),
        ("2026-03-03T03:00+00:00", "2026-03-02"),
        ("2026-02-18T12:00+00:00", "2026-02-13"),
        ("2026-01-01T12:00+00:00", "2025-12-30"),
    ],
)
def test_the_calendar_asks_for_the_session_before_today_in_sao_paulo(
    time: str, session: str
) -> None:
    """Midnight is that of São Paulo; carnival and the year's end are no sessions."""
    assert str(expected_session(dt.datetime.fromisoformat(time))) == session


def test_gaps_can_go_up_to_today(bovespa: Run, land: Callable[..., None], make: Make) -> None:
    """A dead cron is not invisible: the days since the last capture are missing too."""
    land(make(dt.date(2026, 2, 23)))
    assert bovespa("gaps").stderr == "0 sessions missing\n"
    until = bovespa("gaps", "--until", "today", "--format", "csv").stdout.splitlines()
    assert until == ["index_code,reference_date", *(f"IBOV,2026-02-{day}" for day in range(24, 28))]
    named = bovespa("gaps", "--until", "2026-02-24", "--format", "csv").stdout.splitlines()
    assert named[1:] == ["IBOV,2026-02-24"]
    assert bovespa("gaps", "--until", "tomorrow").returncode == 2


def test_a_date_that_has_not_come_is_refused(bovespa: Run, sample_lake: Path) -> None:
    """No session of the future is missing."""
    result = bovespa("gaps", "--until", "2099-01-01", "--lake", sample_lake)
    assert (result.returncode, result.stdout) == (2, "")
    assert "2099-01-01 has not come yet: --until today" in result.stderr
