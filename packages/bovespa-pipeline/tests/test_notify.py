"""`bovespa check --notify`: a webhook on loopback is told once of each change."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_contracts.trading_calendar import trading_days
from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline.health import webhook
from bovespa_pipeline.health.problem import Problem

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Land = Callable[..., None]

pytestmark = pytest.mark.usefixtures("quick_gate")

FRIDAY = dt.date(2026, 2, 27)
"""The session that is due on the tests' clock, which is at a Monday."""
START = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)
"""The tests' clock at its start."""
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
        self.location = ""
        self.slow = ""
        """The part of the answer that never ends: its `head` or its `body`."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/T0/B0/secret"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.headers["Content-Type"] or "", body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        if self.server.slow == "head":
            self.flush_headers()
            self._trickle()
        self.send_header("Content-Length", "1000" if self.server.slow else "0")
        self.end_headers()
        if self.server.slow == "body":
            self._trickle()

    def do_GET(self) -> None:
        self.server.received.append(("GET", b""))
        self.send_response(200)
        self.end_headers()

    def _trickle(self) -> None:
        """Send byte after byte, until the client has gone or the test is over."""
        with suppress(OSError):
            while not self.server.closing.wait(0.01):
                self.wfile.write(b"x")

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_hears_of_each_change_once(
    bovespa: Run, land: Land, make: Make, hook: Hook
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


def test_a_lake_that_is_gone_or_damaged_is_notified(
    bovespa: Run, land: Land, make: Make, lake: Path, hook: Hook
) -> None:
    """Once, and once more when it is back; a mistyped index is the caller's own matter."""
    land(make(FRIDAY))
    check = ("check", "--notify", hook.url)
    assert bovespa(*check).returncode == 0
    lake.rename(lake.with_name("unmounted"))
    for _ in range(2):
        assert bovespa(*check).returncode == 2
    lake.mkdir()  # the mount's own folder
    assert bovespa(*check).returncode == 2
    lake.rmdir()
    lake.with_name("unmounted").rename(lake)
    assert bovespa(*check).returncode == 0
    content = (lake / "catalogue.db").read_bytes()
    (lake / "catalogue.db").write_bytes(b"no database" * 500)
    assert bovespa(*check).returncode == 3
    (lake / "catalogue.db").write_bytes(content)
    assert bovespa("check", "IBVO", "--notify", hook.url).returncode == 2
    told = [json.loads(body) for _, body in hook.received]
    assert [each["is_well"] for each in told] == [False, True, False]
    assert "there is no lake at" in told[0]["text"]
    assert "is no catalogue of a lake" in told[2]["text"]


def test_a_lake_that_was_never_ill_tells_nobody(
    bovespa: Run, land: Land, make: Make, hook: Hook
) -> None:
    land(make(FRIDAY))
    assert bovespa("check", "--notify", hook.url).returncode == 0
    assert hook.received == []


def test_a_webhook_that_is_down_is_a_warning_and_is_told_later(
    bovespa: Run, land: Land, make: Make, hook: Hook, here: Path
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
    away = bovespa("check", "IBOV", "--notify", "http://127.0.0.1:9/secret")
    assert "the webhook was not notified: it cannot be reached (ConnectionError)" in away.stderr
    assert (away.returncode, "secret" in away.stderr + away.stdout) == (1, False)
    (noted,) = (here / "state").rglob("*.json")
    assert "secret" not in noted.name + noted.read_text("utf-8")


def test_days_that_pass_are_no_change(  # noqa: PLR0913, PLR0917 - one fixture each
    bovespa: Run,
    land: Land,
    make: Make,
    hook: Hook,
    here: Path,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Late, gaps that leave the window one by one, a refusal and pending work: one message."""
    days = [day for day in trading_days(dt.date(2026, 2, 2), FRIDAY) if day.day not in (10, 11, 27)]
    land(*map(make, days))
    import_refused(bovespa, make, here)
    bovespa("refine")
    (here / "new.csv").write_bytes(make(dt.date(2026, 2, 20), "SMLL").to_csv())
    bovespa("import", "new.csv")
    texts = set()
    for day in range(40):
        monkeypatch.setattr(clock, "time", START + dt.timedelta(days=day))
        done = bovespa("check", "--notify", hook.url)
        assert (done.returncode, "warning" in done.stderr) == (1, False)
        texts.add(done.stdout)
    assert len(texts) > 3
    assert len(hook.received) == 1


def import_refused(bovespa: Run, make: Make, here: Path) -> None:
    wrong = make(dt.date(2026, 2, 10), "UTIL")
    total = f"{wrong.total_theoretical_quantity:,}".replace(",", ".").encode()
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(total, b"1"))
    bovespa("import", "wrong.csv")


def test_a_gap_that_is_too_old_is_no_news_and_one_that_is_filled_is(
    bovespa: Run, land: Land, make: Make, hook: Hook
) -> None:
    """A longer look back does not report it anew either."""
    days = [day for day in trading_days(dt.date(2026, 2, 18), FRIDAY) if day.day != 19]
    land(*map(make, days))
    for window, code in (("30", 1), ("5", 0), ("30", 1)):
        assert bovespa("check", "--days", window, "--notify", hook.url).returncode == code
    assert len(hook.received) == 1
    land(make(dt.date(2026, 2, 19)))
    assert bovespa("check", "--notify", hook.url).returncode == 0
    assert [json.loads(body)["is_well"] for _, body in hook.received] == [False, True]


def test_another_session_of_a_kind_is_news(
    bovespa: Run, land: Land, make: Make, hook: Hook
) -> None:
    land(make(dt.date(2026, 2, 20)), make(dt.date(2026, 2, 24)), make(FRIDAY))
    bovespa("check", "--notify", hook.url)
    land(make(dt.date(2026, 2, 25)))
    bovespa("check", "--notify", hook.url)
    assert [json.loads(body)["problems"][0]["problem"] for _, body in hook.received] == [
        "2026-02-23, 2026-02-25, 2026-02-26",
        "2026-02-23, 2026-02-26",
    ]


def test_each_choice_of_indices_is_notified_by_itself(
    bovespa: Run, land: Land, make: Make, hook: Hook
) -> None:
    """Their problems differ, and so do their messages; none is repeated for the other."""
    land(make(NOVEMBER), make(FRIDAY, "SMLL"))
    for codes in (["IBOV"], [], ["IBOV"], [], ["IBOV", "SMLL"], ["SMLL", "IBOV"]):
        bovespa("check", *codes, "--notify", hook.url)
    assert len(hook.received) == 3
    bovespa("check", "SMLL", "--notify", hook.url)
    assert [json.loads(body)["is_well"] for _, body in hook.received] == [False] * 3


def test_each_webhook_is_notified_by_itself(
    bovespa: Run, land: Land, make: Make, hook: Hook
) -> None:
    land(make(NOVEMBER))
    for address in (hook.url, f"{hook.url}/other", hook.url):
        bovespa("check", "--notify", address)
    assert len(hook.received) == 2


def test_a_state_that_cannot_be_read_or_written_is_no_message_lost(
    bovespa: Run, land: Land, make: Make, hook: Hook, here: Path
) -> None:
    land(make(NOVEMBER))
    bovespa("check", "--notify", hook.url)
    (noted,) = (here / "state").rglob("*.json")
    noted.write_text('{"facts": [["late"]]}', "utf-8")
    bovespa("check", "--notify", hook.url)
    noted.unlink()
    noted.mkdir()
    done = bovespa("check", "--notify", hook.url)
    assert f"the notification cannot be recorded in {noted}: Is a directory" in done.stderr
    assert len(hook.received) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_warning_and_is_not_followed(
    bovespa: Run, land: Land, make: Make, hook: Hook, status: int
) -> None:
    """A client turns the POST into a GET without the message, and the path may be secret."""
    land(make(NOVEMBER))
    hook.status, hook.location = status, "https://hooks.example/secret?token=1"
    for _ in range(2):
        done = bovespa("check", "--notify", hook.url)
        assert done.returncode == 1
        assert (
            f"the webhook was not notified: it answered {status}, a redirect to "
            "https://hooks.example: give the new address" in done.stderr
        )
        assert "secret" not in done.stderr
    assert [kind for kind, _ in hook.received] == ["application/json"] * 2


@pytest.mark.parametrize(
    ("location", "reason"),
    [("", "it answered 302"), ("http://[broken", r"it cannot be reached \(ValueError\)")],
)
def test_a_redirect_to_nowhere_is_not_delivered(hook: Hook, location: str, reason: str) -> None:
    hook.status, hook.location = 302, location
    with pytest.raises(webhook.NotDelivered, match=f"^{reason}$"):
        webhook.post(hook.url, "lake", [])


def test_a_relative_redirect_stays_on_its_host(hook: Hook) -> None:
    hook.status, hook.location = 302, "/login"
    with pytest.raises(webhook.NotDelivered, match=r"a redirect to http://127\.0\.0\.1: give"):
        webhook.post(hook.url, "lake", [])


def test_the_body_of_an_answer_is_not_waited_for(hook: Hook) -> None:
    """It would never end."""
    hook.status, hook.slow = 200, "body"
    webhook.post(hook.url, "lake", [])
    assert len(hook.received) == 1


def test_an_answer_byte_by_byte_has_a_total_limit(hook: Hook) -> None:
    hook.slow = "head"
    with pytest.raises(webhook.NotDelivered, match=r"in time \(0\.2 s\)"):
        webhook.post(hook.url, "lake", [], limit=0.2)


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
