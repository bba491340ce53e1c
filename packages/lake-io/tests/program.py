"""A publisher in a process of its own, to be killed or to race with others.

program.py killed LAKE COMMIT WHAT     publishes WHAT; dies before its COMMITth commit
program.py racing LAKE INDEX           publishes one session, again after each Conflict
program.py busy LAKE INDEX             publishes and replaces sessions, with upkeep in between
"""

import contextlib
import datetime as dt
import os
import signal
import sys
from typing import Any

import made

from lake_io import Catalogue, Conflict, open_lake, upkeep

ATTEMPTS = 200
ROUNDS = 6
FIRST = {
    made.session("IBOV", 6): {"PETR4": 10, "VALE3": 20},
    made.session("IBOV", 7): {"PETR4": 11, "VALE3": 21},
    made.session("SMLL", 6): {"LREN3": 30},
}
SECOND = {
    made.session("IBOV", 7): {"PETR4": 12, "WEGE3": 41},
    made.session("IBOV", 33): {"PETR4": 13, "WEGE3": 42},
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "first": {"sessions": FIRST},
    "second": {
        "sessions": SECOND,
        "removed": [made.session("SMLL", 6)],
        "relinked": [made.session("IBOV", 6)],
    },
}


def killed(root: str, fatal: str, what: str) -> None:
    catalogue = open_lake(root).catalogue
    catalog: Any = catalogue._catalog
    commit_table, done = catalog.commit_table, 0

    def commit(*args: Any) -> Any:
        nonlocal done
        done += 1
        if done == int(fatal):
            os.kill(os.getpid(), signal.SIGKILL)
        return commit_table(*args)

    catalog.commit_table = commit
    made.publish(catalogue, f"{what}-{fatal}", **PUBLISHED[what])


def racing(root: str, index_code: str) -> None:
    catalogue = open_lake(root).catalogue
    sessions = {made.session(index_code, 6): {"PETR4": 1, "VALE3": 2}}
    _until_published(catalogue, f"run of {index_code}", sessions)


def busy(root: str, index_code: str) -> None:
    """Every session is replaced by one of more positions, and small files are put together."""
    upkeep.EVERY = 2  # type: ignore[misc]
    upkeep.KEPT = 4  # type: ignore[misc]
    catalogue = open_lake(root).catalogue
    for number in range(1, ROUNDS + 1):
        held = {f"TIC{place}": number + place for place in range(number)}
        sessions = {made.session(index_code, day): held for day in (6, 7)}
        _until_published(catalogue, f"{index_code} {number}", sessions)
        with contextlib.suppress(Conflict):
            catalogue.upkeep(made.CAPTURED_AT + dt.timedelta(3_650))


def _until_published(catalogue: Catalogue, run_id: str, sessions: made.Held) -> None:
    for _ in range(ATTEMPTS):
        try:
            made.publish(catalogue, run_id, sessions)
        except Conflict:
            continue
        return
    raise SystemExit(f"{ATTEMPTS} conflicts in a row")


if __name__ == "__main__":
    {"killed": killed, "racing": racing, "busy": busy}[sys.argv[1]](*sys.argv[2:])
