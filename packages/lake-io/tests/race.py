"""race.py LAKE INDEX…: a publisher an index, in processes of their own that begin together.

Each publishes a session of its index and, in the same run, one that all of them replace; of
the tables the first and the last, which is where runs meet.
"""

import multiprocessing
import sys
from typing import Any

import factories

from lake_io import Conflict, LakeSnapshot, Publication, open_lake

TRIES = 200
SHARED = factories.session("IBOV", 6)


def publication(index_code: str, snapshot: LakeSnapshot) -> Publication:
    held = {"PETR4": 1, "VALE3": 2}
    sessions = {factories.session(index_code, 6): held, SHARED: held}
    whole = factories.publication(index_code, snapshot, sessions).replacements
    some = {name: whole[name] for name in ("position", "portfolio")}
    return Publication(index_code, factories.VERSION, snapshot, some)


def publish(lake_uri: str, index_code: str, together: Any) -> None:
    """Anew each time that another one was first."""
    refined_tables = open_lake(lake_uri).refined_tables
    together.wait()
    for _ in range(TRIES):
        try:
            refined_tables.publish(publication(index_code, refined_tables.snapshot()))
        except Conflict:
            continue
        return
    raise SystemExit(f"{index_code} lost {TRIES} times")


def main(lake_uri: str, indices: list[str]) -> int:
    """Return how many publishers failed. They are forked, so importing is paid for once."""
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(len(indices))
    publishers = [fork.Process(target=publish, args=(lake_uri, i, together)) for i in indices]
    for publisher in publishers:
        publisher.start()
    for publisher in publishers:
        publisher.join()
    return sum(publisher.exitcode != 0 for publisher in publishers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
