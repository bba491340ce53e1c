"""SIGKILL at random instants of every operation on a lake; not a test by itself.

    kills.py --kills N --seed S

Each round forks a process that performs one operation, kills it at a random instant of the
operation's measured duration, inspects the lake, performs the operation again and compares
the lake with one on which nobody was killed. Exit code 1 where an invariant broke; each
violation names the seed, the round and the instant.
"""

import argparse
import contextlib
import dataclasses
import datetime as dt
import functools
import gzip
import itertools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import killing

from b3_contracts.tables import REFINED
from b3_scraper.testing import Exchange, SamplePortfolio, SampleRow
from bovespa_pipeline import reparsing
from lake_io import open_lake, upkeep

EDGES = 0.2
"""Share of the kills at the first or last twentieth of an operation."""
SESSIONS = {
    dt.date(2024, 12, 30): {"PETR4": 4_000, "VALE3": 2_000, "TRPL4": 500},
    dt.date(2025, 1, 6): {"PETR4": 4_000, "VALE3": 2_500, "ISAE4": 500},
    dt.date(2025, 2, 3): {"PETR4": 4_000, "VALE3": 2_500},
}

Work = Callable[[Path], int]
State = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation, and the operations that make the lake it starts from."""

    name: str
    work: Work
    before: tuple[Work, ...] = ()


def command(*words: str) -> Work:
    return lambda folder: killing.run(folder, list(words))


def creation(folder: Path) -> int:
    lake = open_lake(str(folder / "lake"))
    lake.catalogue.view()
    return 0


def maintenance(folder: Path) -> int:
    upkeep.EVERY = 1  # type: ignore[misc]
    open_lake(str(folder / "lake")).catalogue.upkeep(killing.NOON)
    return 0


def reparse(folder: Path) -> int:
    reparsing.PARSER_REVISION = 2  # type: ignore[misc]
    return killing.run(folder, ["reparse"])


def operations(downloads: list[str], source: str) -> list[Operation]:
    imports = command("import", *downloads)
    refine = command("refine")
    one_by_one = [w for name in downloads for w in (command("import", name), refine)]
    withdraw = command("withdraw", "IBOV", "2025-01-06", "--reason", "wrong")
    return [
        Operation("creation", creation),
        Operation("import", imports),
        Operation("capture", command("capture", "--source", source)),
        Operation("refine", refine, (imports,)),
        Operation("publication", refine, (*one_by_one[:4], one_by_one[4])),
        Operation("maintenance", maintenance, tuple(one_by_one)),
        Operation("withdraw", withdraw, (imports, refine)),
        Operation("removal", refine, (imports, refine, withdraw)),
        Operation("reparse", reparse, (imports, refine)),
        Operation("rebuild", command("refine", "--rebuild"), (imports, refine)),
    ]


def portfolios() -> list[SamplePortfolio]:
    return [SamplePortfolio("IBOV", day, rows(held)) for day, held in SESSIONS.items()]


def rows(quantities: dict[str, int]) -> tuple[SampleRow, ...]:
    share, rest = divmod(100_000, len(quantities))
    return tuple(
        SampleRow(t, f"{t[:4]} S/A", "ON      NM", "Utilidade Públ / Energ Elétrica", q, weight)
        for place, (t, q) in enumerate(quantities.items())
        for weight in [Decimal(share + rest * (place == 0)).scaleb(-3)]
    )


class Trial:
    """One operation, its lake before, its lake after, and how long it takes."""

    def __init__(self, folder: Path, operation: Operation) -> None:
        self.folder, self.operation = folder, operation
        folder.mkdir()
        (folder / "lake").mkdir()
        for work in operation.before:
            killing.wait(killing.fork(functools.partial(work, folder)))
        (folder / "lake").rename(folder / "before")
        killing.restore(folder)
        self.before = inspect(folder)
        started = time.monotonic()
        self.code = self.perform()
        self.duration = time.monotonic() - started
        self.after = inspect(folder)

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
        # A withdrawal of what the killed run had withdrawn may be refused: its outcome counts.
        if code != self.code and self.operation.name != "withdraw":
            broken.append(f"when run again: exit code {code}, not {self.code}")
        return in_time, broken

    def violations(self, state: State) -> Iterator[str]:
        yield from state["broken"]
        if state["rows"] not in (self.before["rows"], self.after["rows"]):
            yield "the published rows are neither those before nor those after"
        for key, digest in self.before["raw"].items():
            if state["raw"].get(key) != digest:
                yield f"{key} is lost or changed"
        for key, digest in state["raw"].items():
            if self.after["raw"].get(key) != digest:
                yield f"{key} is none of an undisturbed lake's objects"

    def outcome(self, state: State) -> Iterator[str]:
        for part in ("rows", "raw"):
            if state[part] != self.after[part]:
                yield f"{part} differ from those of a lake that was never killed"
        for name in sorted({*state["beside"]} - {*self.after["beside"]}):
            yield f"left over: {name}"


def inspect(folder: Path) -> State:
    """Look the lake up in a process of its own, so that this one has no threads to fork."""
    answer = folder / "state.json"
    answer.unlink(missing_ok=True)
    code = killing.wait(killing.fork(functools.partial(describe, folder)))
    if code or not answer.exists():
        return {"broken": ["the lake does not open"], "rows": "", "raw": {}, "beside": []}
    state: State = json.loads(answer.read_text())
    return state


def describe(folder: Path) -> None:
    lake = folder / "lake"
    raw = {str(path.relative_to(lake)): path.read_bytes() for path in killing.files(lake / "raw")}
    beside = {p.name.split("-")[0] + "-*" if "-" in p.name else p.name for p in lake.glob("*")}
    state = {
        "raw": {key: killing.digest(body) for key, body in raw.items()},
        "beside": sorted(beside),
        "broken": [*damaged(raw)],
        "rows": "nothing",
    }
    if (lake / "catalogue.db").exists():
        view = open_lake(str(lake)).catalogue.view()
        tables = {name: view.read(name).to_pylist() for name in REFINED}
        state["broken"] += [*doubled(tables), *unwhole(tables), *unaudited(lake, tables)]
        del tables["quality_result"]
        if tables["portfolio"]:
            state["rows"] = killing.digest(repr(killing.rows(lake)).encode())
    (folder / "state.json").write_text(json.dumps(state))


def damaged(raw: dict[str, bytes]) -> Iterator[str]:
    """Payloads that are not the bytes they are named after."""
    for key, body in raw.items():
        name = Path(key).name.split(".")[0]
        if "payload" in key and len(name) == 64 and killing.digest(gzip.decompress(body)) != name:
            yield f"{key} is damaged"


def doubled(tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for name, found in tables.items():
        keys = Counter(
            tuple(row[k] for k in REFINED[name].to_schema().unique or []) for row in found
        )
        yield from (f"{name} holds {key} {n} times" for key, n in keys.items() if key and n > 1)


def unwhole(tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Portfolios whose positions are not as many, or not as much, as they say."""
    held: dict[tuple[Any, Any], list[int]] = {}
    for row in tables["position"]:
        key = (row["index_code"], row["reference_date"])
        held.setdefault(key, []).append(row["theoretical_quantity"])
    for row in tables["portfolio"]:
        there = held.pop((row["index_code"], row["reference_date"]), [])
        if (len(there), sum(there)) != (row["position_count"], row["total_theoretical_quantity"]):
            yield f"{row['index_code']} {row['reference_date']} is not whole"
    yield from (f"{key} has positions and no portfolio" for key in held)


def unaudited(lake: Path, tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Published payloads that raw does not hold, and portfolios of a run without results."""
    payloads = {entry.payload_sha256 for entry in open_lake(str(lake)).raw.entries()}
    for row in tables["portfolio"]:
        if row["payload_sha256"] not in payloads:
            yield f"{row['payload_sha256']} is published and not in raw"
    if tables["portfolio"] and not tables["quality_result"]:
        yield "portfolios are published without results of the gate"


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


def trials(folder: Path, source: str) -> list[Trial]:
    for session in portfolios():
        (folder / f"{session.reference_date}.csv").write_bytes(session.to_csv())
    downloads = sorted(str(path) for path in folder.glob("*.csv"))
    return [Trial(folder / op.name, op) for op in operations(downloads, source)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    choice = parser.parse_args()
    chance = random.Random(choice.seed)  # noqa: S311 - it is to be repeatable
    with exchange() as source:  # before anything is imported that would have threads
        killing.prepare()
        folder = Path(tempfile.mkdtemp(prefix="bovespa-kills-"))
        try:
            return rounds(trials(folder, source), choice.kills, choice.seed, chance)
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
