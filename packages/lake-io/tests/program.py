"""Publishers that run in processes of their own, to be killed or to race with others.

killed(lake, commit, what)     publishes `what`; dies before its commit of that number
racing(lake, index)            publishes one session, again after each Conflict
busy(lake, index)              publishes and replaces sessions, with maintenance in between
"""

import contextlib
import datetime as dt
import os
import signal
from typing import Any

import factories

from lake_io import Conflict, RefinedTables, open_lake
from lake_io.tables import maintenance

ATTEMPTS = 200
ROUNDS = 6
FIRST = {
    factories.session("IBOV", 6): {"PETR4": 10, "VALE3": 20},
    factories.session("IBOV", 7): {"PETR4": 11, "VALE3": 21},
    factories.session("SMLL", 6): {"LREN3": 30},
}
SECOND = {
    factories.session("IBOV", 7): {"PETR4": 12, "WEGE3": 41},
    factories.session("IBOV", 33): {"PETR4": 13, "WEGE3": 42},
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "first": {"sessions": FIRST},
    "second": {
        "sessions": SECOND,
        "removed": [factories.session("SMLL", 6)],
        "recomputed": [factories.session("IBOV", 6)],
    },
}


def killed(root: str, fatal: int, what: str) -> None:
    refined_tables = open_lake(root).refined_tables
    catalog: Any = refined_tables._catalog
    commit_table, done = catalog.commit_table, 0

    def commit(*args: Any) -> Any:
        nonlocal done
        done += 1
        if done == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return commit_table(*args)

    catalog.commit_table = commit
    factories.publish(refined_tables, f"{what}-{fatal}", **PUBLISHED[what])


def racing(root: str, index_code: str) -> None:
    refined_tables = open_lake(root).refined_tables
    sessions = {factories.session(index_code, 6): {"PETR4": 1, "VALE3": 2}}
    _until_published(refined_tables, f"run of {index_code}", sessions)


def busy(root: str, index_code: str) -> None:
    """Every session is replaced by one of more positions, and small files are put together."""
    maintenance.MAINTENANCE_INTERVAL = 2  # type: ignore[misc]
    maintenance.MAX_SNAPSHOTS = 4  # type: ignore[misc]
    refined_tables = open_lake(root).refined_tables
    for number in range(1, ROUNDS + 1):
        held = {f"TIC{place}": number + place for place in range(number)}
        sessions = {factories.session(index_code, day): held for day in (6, 7)}
        _until_published(refined_tables, f"{index_code} {number}", sessions)
        with contextlib.suppress(Conflict):
            refined_tables.maintain(factories.CAPTURED_AT + dt.timedelta(3_650))


def _until_published(refined_tables: RefinedTables, run_id: str, sessions: factories.Held) -> None:
    for _ in range(ATTEMPTS):
        try:
            factories.publish(refined_tables, run_id, sessions)
        except Conflict:
            continue
        return
    raise SystemExit(f"{ATTEMPTS} conflicts in a row")
