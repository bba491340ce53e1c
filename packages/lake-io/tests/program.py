"""A publisher in a process of its own, to be killed or to race with others.

program.py killed LAKE COMMIT WHAT     publishes WHAT; dies before its COMMITth commit
program.py racing LAKE INDEX           publishes one session, again after each Conflict
"""

import os
import signal
import sys
from typing import Any

import made

from lake_io import Conflict, open_lake

ATTEMPTS = 200
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
    for _ in range(ATTEMPTS):
        try:
            made.publish(catalogue, f"run of {index_code}", sessions)
        except Conflict:
            continue
        return
    raise SystemExit(f"{ATTEMPTS} conflicts in a row")


if __name__ == "__main__":
    {"killed": killed, "racing": racing}[sys.argv[1]](*sys.argv[2:])
