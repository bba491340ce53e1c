"""`bovespa check`: what is wrong with a lake, told to a webhook once, with an exit code."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_contracts.trading_calendar import trading_days
from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.dates import expected_session
from bovespa_pipeline.health import webhook
from bovespa_pipeline.health.problems import Problem, find_problems
from bovespa_pipeline.ingest.capturing import capture, index_codes
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

pytestmark = pytest.mark.usefixtures("quick_gate")

TODAY = dt.date(2026, 3, 2)
"""A Monday, that of the tests' clock."""
FRIDAY = dt.date(2026, 2, 27)
NOVEMBER = dt.date(2025, 11, 3)


@pytest.fixture(autouse=True)
def own_state(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes to the user's own folder, or hears of another's webhook."""
    monkeypatch.setenv("XDG_STATE_HOME", str(here / "state"))
    monkeypatch.delenv("BOVESPA_NOTIFY", raising=False)


class Hook(ThreadingHTTPServer):
    """A webhook on loopback: what it was sent, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, bytes]] = []
        self.status = 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/T0/B0/secret"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.headers["Content-Type"] or "", body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def make(portfolio: Make) -> Make:
    """A portfolio of a day, with two positions unless others are named."""
    return lambda day, index="IBOV", **quantities: portfolio(
        day, index, **(quantities or {"PETR4": 100, "VALE3": 5})
    )


@pytest.fixture
def land(bovespa: Run, here: Path) -> Callable[..., None]:
    """`land(portfolios…)` imports and refines, whatever becomes of them."""

    def work(*portfolios: SamplePortfolio) -> None:
        for number, portfolio in enumerate(portfolios):
            name = f"{portfolio.index_code}-{portfolio.reference_date}-{number}.csv"
            (here / name).write_bytes(portfolio.to_csv())
            bovespa("import", name)
        bovespa("refine")

    return work


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


def test_a_webhook_hears_of_each_change_once(
    bovespa: Run, land: Callable[..., None], make: Make, hook: Hook
) -> None:
    """Not of a lake that is well and was; of what is wrong; of its being well again."""
    land(make(NOVEMBER))
    for _ in range(3):
        bovespa("check", "--notify", hook.url)
    land(make(FRIDAY))
    bovespa("check", "--notify", hook.url, "--days", "1")
    bovespa("check", "--notify", hook.url, "--days", "1")
    first, second = (json.loads(body) for _, body in hook.received)
    assert (first["is_well"], first["problems"][0]["kind"]) == (False, "late")
    assert "late: IBOV" in first["text"]
    assert (second["is_well"], second["problems"]) == (True, [])


def test_a_lake_that_was_never_ill_tells_nobody(
    bovespa: Run, land: Callable[..., None], make: Make, hook: Hook
) -> None:
    land(make(FRIDAY))
    assert bovespa("check", "--notify", hook.url).returncode == 0
    assert hook.received == []


def test_a_webhook_that_is_down_is_a_warning_and_is_told_later(
    bovespa: Run, land: Callable[..., None], make: Make, hook: Hook, here: Path
) -> None:
    """The code is the check's own; the secret in the address stands nowhere."""
    land(make(NOVEMBER))
    hook.status = 500
    done = bovespa("check", "--notify", hook.url)
    assert (done.returncode, "the webhook was not notified: it answered 500" in done.stderr) == (
        1,
        True,
    )
    hook.status = 204
    assert bovespa("check", "--notify", hook.url).returncode == 1
    assert len(hook.received) == 2
    land(make(FRIDAY, "SMLL"))
    away = bovespa("check", "SMLL", "--notify", "http://127.0.0.1:9/secret")
    assert (away.returncode, "secret" in away.stderr + away.stdout) == (0, False)
    assert not [path for path in (here / "state").rglob("*.json") if "secret" in path.read_text()]


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://ntfy.sh/topic", "ntfy"),
        ("https://example.org/hook", "plain"),
        ("https://evil.example/hooks.slack.com", "plain"),
    ],
)
def test_the_form_is_that_of_the_service(url: str, form: str) -> None:
    assert webhook.form_of(url) == form


@pytest.mark.parametrize("form", webhook.FORMS)
def test_each_service_gets_its_form(hook: Hook, form: str) -> None:
    many = [Problem("gap", "IBOV", f"2026-02-{day:02}" * 40) for day in range(1, 28)]
    webhook.post(hook.url, "lake", many, form)
    ((kind, body),) = hook.received
    if form == "ntfy":
        text = body.decode()
    else:
        assert kind == "application/json"
        text = json.loads(body)["content" if form == "discord" else "text"]
    assert text.startswith("bovespa check lake: 27 wrong\ngap: IBOV")
    assert len(text) < 2_000


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
