"""SIGKILL at every durable step of import, capture and refine: run again, nothing is amiss."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_contracts.specification import REFINED
from b3_scraper.testing import Exchange, SamplePortfolio

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Tries = list[dict[str, Any]]
Kill = Callable[..., Tries]

SCRIPT = Path(__file__).with_name("killing.py")
COMMITTED = len([name for name in REFINED if "preview" not in name])
"""Tables that a run commits in which no preview is published."""
DECEMBER, JANUARY, FEBRUARY = dt.date(2024, 12, 30), dt.date(2025, 1, 6), dt.date(2025, 2, 3)

pytestmark = pytest.mark.usefixtures("quick_gate")


@pytest.fixture
def kill(here: Path, process_environment: Mapping[str, str]) -> Kill:
    """`kill(*command)`: what each try on the lake as it is left, the undisturbed one last."""

    def work(*command: str) -> Tries:
        (here / "lake").mkdir(exist_ok=True)
        (here / "lake").rename(here / "before")
        options = [word for word in command if word == "--at-once"]
        done = subprocess.run(
            [sys.executable, SCRIPT, *options, here, *command[len(options) :]],
            capture_output=True,
            check=False,
            text=True,
            env=process_environment,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return work


@pytest.fixture
def sessions(portfolio: Make) -> list[SamplePortfolio]:
    """A rename, a quantity, a security that leaves."""
    return [
        portfolio(DECEMBER, PETR4=4_000, VALE3=2_000, TRPL4=500),
        portfolio(JANUARY, PETR4=4_000, VALE3=2_500, ISAE4=500),
        portfolio(FEBRUARY, PETR4=4_000, VALE3=2_500),
    ]


@pytest.fixture
def downloads(here: Path, sessions: list[SamplePortfolio]) -> list[str]:
    """The sessions as files, and one that is no portfolio."""
    for session in sessions:
        (here / f"{session.reference_date}.csv").write_bytes(session.to_csv())
    (here / "bad.csv").write_bytes(b"nothing")
    return sorted(str(path) for path in here.glob("*.csv"))


def assert_whole(tries: Tries, *, at_least: int) -> None:
    """Each try ends as the undisturbed one did, with the same rows and objects."""
    *killed, undisturbed = tries
    first, _ = undisturbed["codes"]
    outcomes = {(found["codes"][-1], found["rows"], found["raw"]) for found in tries}
    assert outcomes == {(first, undisturbed["rows"], undisturbed["raw"])}, tries
    assert len(killed) >= at_least, [found["killed_before"] for found in tries]


def test_an_import_killed_anywhere_is_completed_by_the_next(
    kill: Kill, downloads: list[str]
) -> None:
    """Payload, rows, note and manifest: each object is whole or not there."""
    tries = kill("import", *downloads)
    assert_whole(tries, at_least=9)
    assert {found["codes"][-1] for found in tries} == {1}


def test_a_capture_killed_anywhere_is_completed_by_the_next(
    kill: Kill, sessions: list[SamplePortfolio]
) -> None:
    """The same answer again writes what is missing, byte for byte."""
    with Exchange(sessions[:1], today=DECEMBER) as exchange:
        tries = kill("capture", "--source", exchange.url)
    assert_whole(tries, at_least=5)


def test_a_first_refine_killed_anywhere_is_completed_by_the_next(
    kill: Kill, bovespa: Run, here: Path, downloads: list[str]
) -> None:
    """Tables that were made or half filled are set aside."""
    bovespa("import", *downloads, "--lake", here / "lake")
    assert_whole(kill("refine"), at_least=len(REFINED) + COMMITTED)


def test_a_refine_between_published_sessions_killed_anywhere_is_completed_by_the_next(
    kill: Kill, bovespa: Run, here: Path, downloads: list[str]
) -> None:
    """January, landed late, replaces rows of February: the old ones stand until the new do."""
    for name in (downloads[0], downloads[2], downloads[1]):
        bovespa("import", name, "--lake", here / "lake")
        if name != downloads[1]:
            bovespa("refine", "--lake", here / "lake")
    assert_whole(kill("refine"), at_least=COMMITTED)


def test_two_refines_at_once_both_end_and_nothing_is_doubled(
    kill: Kill, bovespa: Run, here: Path, downloads: list[str]
) -> None:
    """The second waits, and then finds nothing left to do."""
    bovespa("import", *downloads, "--lake", here / "lake")
    alone, both = kill("--at-once", "refine")
    assert (alone["codes"], both["codes"]) == ([0], [0, 0])
    assert (both["rows"], both["raw"]) == (alone["rows"], alone["raw"])
