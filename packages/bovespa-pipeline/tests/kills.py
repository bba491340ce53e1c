"""SIGKILL at random instants of every operation on a lake; not a test by itself.

    kills.py --kills N --seed S [--measured M]

Each round forks a process that performs one operation, kills it at a random instant of the
operation's median duration, inspects the lake, performs the operation again and compares
the lake with one on which nobody was killed. Exit code 1 where an invariant broke; each
violation names the seed, the round and the instant.
"""

import argparse
import contextlib
import functools
import itertools
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import killing
from kill_operations import SESSIONS, Operation, operations, portfolios
from lake_state import State, inspect

from b3_scraper.testing import Exchange

EDGES = 0.2
"""Share of the kills at the first or last twentieth of an operation."""
MEASURED = 5
"""Undisturbed runs, the median of which is the duration of an operation."""


class Trial:
    """One operation, its lake before, its lake after, and how long it takes."""

    def __init__(self, folder: Path, operation: Operation, measured: int) -> None:
        self.folder, self.operation = folder, operation
        folder.mkdir()
        (folder / "lake").mkdir()
        for work in operation.before:
            killing.wait(killing.fork(functools.partial(work, folder)))
        (folder / "lake").rename(folder / "before")
        killing.restore(folder)
        self.before = inspect(folder)
        self.duration = statistics.median(self.measure() for _ in range(measured))
        self.after = inspect(folder)
        # A run after a whole one may have nothing left to do, and say so by its exit code.
        self.codes = {self.code, self.perform()}
        self.clean = inspect(folder)["beside"]

    def measure(self) -> float:
        killing.restore(self.folder)
        started = time.monotonic()
        self.code = self.perform()
        return time.monotonic() - started

    def perform(self) -> int:
        return killing.wait(killing.fork(functools.partial(self.operation.work, self.folder)))

    def kill(self, instant: float) -> tuple[bool, list[str]]:
        """Kill once at this instant: was it in time, and which invariants broke."""
        killing.restore(self.folder)
        child = killing.fork(functools.partial(self.operation.work, self.folder))
        time.sleep(instant)
        os.kill(child, signal.SIGKILL)
        in_time = killing.wait(child) == -signal.SIGKILL
        left = inspect(self.folder)
        broken = [f"after the kill: {b}" for b in self.violations(left)]
        code = self.perform()
        again = inspect(self.folder)
        broken += [f"when run again: {b}" for b in [*self.violations(again), *self.outcome(again)]]
        if code not in self.codes:
            broken.append(f"when run again: exit code {code}, none of {sorted(self.codes)}")
        return in_time, broken

    def violations(self, state: State) -> Iterator[str]:
        yield from (line for line in state["broken"] if line not in self.before["broken"])
        if state["rows"] not in (self.before["rows"], self.after["rows"]):
            yield "the published rows are neither those before nor those after"
        for key, digest in self.before["raw"].items():
            if state["raw"].get(key) not in (digest, self.after["raw"].get(key, digest)):
                yield f"{key} is lost or changed"
        for key, digest in state["raw"].items():
            if digest not in (self.after["raw"].get(key), self.before["raw"].get(key)):
                yield f"{key} is none of an undisturbed lake's objects"

    def outcome(self, state: State) -> Iterator[str]:
        yield from state["broken"]
        for part in ("rows", "raw"):
            if state[part] != self.after[part]:
                yield f"{part} differ from those of a lake that was never killed"
        for name in sorted({*state["beside"]} - {*self.clean}):
            yield f"left over: {name}"


def instant(chance: random.Random, duration: float) -> float:
    if chance.random() >= EDGES:
        return chance.uniform(0, duration)
    edge = chance.uniform(0, duration / 20)
    return chance.choice([edge, duration - edge])


@contextlib.contextmanager
def exchange() -> Iterator[str]:
    """A sample exchange in a process of its own: this one has no threads to fork."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with Exchange(portfolios()[:1], today=min(SESSIONS)) as served:
            os.write(write, f"{served.url}\n".encode())
            signal.pause()
    try:
        with os.fdopen(read) as answer:
            yield answer.readline().strip()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(write)


def trials(folder: Path, source: str, measured: int) -> list[Trial]:
    for session in portfolios():
        (folder / f"{session.reference_date}.csv").write_bytes(session.to_csv())
    downloads = sorted(str(path) for path in folder.glob("*.csv"))
    return [Trial(folder / op.name, op, measured) for op in operations(downloads, source)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measured", type=int, default=MEASURED)
    choice = parser.parse_args()
    chance = random.Random(choice.seed)  # noqa: S311 - it is to be repeatable
    with exchange() as source:  # before anything is imported that would have threads
        killing.prepare()
        folder = Path(tempfile.mkdtemp(prefix="bovespa-kills-"))
        try:
            return rounds(
                trials(folder, source, choice.measured), choice.kills, choice.seed, chance
            )
        finally:
            shutil.rmtree(folder)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def rounds(all_trials: list[Trial], kills: int, seed: int, chance: random.Random) -> int:
    done: Counter[str] = Counter()
    late: Counter[str] = Counter()
    violations = 0
    for number, trial in zip(range(kills), itertools.cycle(all_trials), strict=False):
        moment = instant(chance, trial.duration)
        in_time, broken = trial.kill(moment)
        name = trial.operation.name
        done[name] += 1
        late[name] += not in_time
        violations += len(broken)
        for line in broken:
            place = f"{name} at {moment:.4f} s of {trial.duration:.4f} s"
            say(f"seed {seed}, round {number}, {place}: {line}")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{number + 1}/{kills}")
    counts = ", ".join(f"{n} {c} ({c - late[n]} in time)" for n, c in done.items())
    say(f"{kills} kills, seed {seed}, {violations} violations: {counts}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
