"""`bovespa run` as a step of a scheduler: its exit code as an exception.

It runs as a program, so that the scheduler's environment needs nothing of this project. `BOVESPA`
names it where it is not on the PATH, `BOVESPA_LAKE` the lake.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

UNREACHABLE = 3


class TryAgain(Exception):
    """B3 or the lake could not be reached: worth a retry within the session."""


class Alert(Exception):
    """Something was refused, or the command is misused: a retry gives the same."""


def daily_run(arguments: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Capture and refine; the events, of which each published session is one.

    Raises TryAgain or Alert with what the command said.
    """
    program = os.environ.get("BOVESPA", "bovespa")
    command = [program, "run", "--only-new", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the program is ours, no shell
    events = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode:
        outcome = TryAgain if done.returncode == UNREACHABLE else Alert
        raise outcome(reason(events) or done.stderr.strip() or f"exit code {done.returncode}")
    return events


def reason(events: Sequence[dict[str, Any]]) -> str:
    """What the events say of whatever was not published."""
    return "; ".join(event["reason"] for event in events if "reason" in event)


def published(events: Sequence[dict[str, Any]]) -> list[str]:
    """Published sessions, as `IBOV 2026-11-26`."""
    sessions = [event for event in events if event["event"] == "published"]
    return [f"{each['index_code']} {each['reference_date']}" for each in sessions]
