"""Five years of 34 indices from typed raw rows to published tables, and what each step costs.

    python backfill.py [--sessions 1250]

Everything is generated and measured in one run: the bare DuckDB queries writing bare
Parquet, then a whole `refine` (transform, contract checks, gate, publish), each in a
process of its own so that its peak of memory is its own. Reading the typed files one by
one is shown apart, from a sample: a backfill reads 42,500 of them.
"""

import argparse
import datetime as dt
import functools
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.layout import PreviewKey, RawEntry, RawPositionKey, Sighting
from b3_contracts.specification import RAW, TABLES
from glue_transform import DuckDBEngine, evaluation, refine, row_buffer, transform
from glue_transform.engines.base import STATEMENTS, statement
from glue_transform.quality import gate
from glue_transform.rebalances import rebalance_dates
from glue_transform.reference_inputs import dividend_adjusted_indices
from lake_io import RawRead, open_lake

INDICES, POSITIONS = 34, 80
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEYS = ["index_code", "reference_date", "payload_sha256"]
SAMPLE = 500
Found = TypeVar("Found")
GATE, READ = "gate", "reading raw from one file"


class Clock:
    """Wall and CPU seconds by step; a step inside another is taken out of it."""

    def __init__(self) -> None:
        self.spent: dict[str, np.ndarray] = {}
        self._inner = [np.zeros(2)]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = _now()
        self._inner.append(np.zeros(2))
        yield
        spent = _now() - start
        self.spent[name] = self.spent.get(name, np.zeros(2)) + spent - self._inner.pop()
        self._inner[-1] += spent

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return call(*args, **kwargs)

        return timed


def _now() -> np.ndarray:
    """The CPU's seconds are those of all threads: they bear a machine that is shared."""
    return np.array([time.perf_counter(), time.process_time()])


@dataclass(frozen=True)
class Measured:
    """Wall and CPU seconds by step, and the process's peak of memory in GB."""

    spent: dict[str, np.ndarray]
    peak: float


def generate(sessions: int) -> pa.Table:
    """Raw rows whose weights add up to 100.000 and whose quantities to the total."""
    chance = np.random.default_rng(7)
    days = np.busday_offset(np.datetime64("2021-01-04"), np.arange(sessions))
    return pa.concat_tables([_index(number, days, chance) for number in range(INDICES)])


def _index(number: int, days: np.ndarray, chance: np.random.Generator) -> pa.Table:
    count, lines = len(days), len(days) * POSITIONS
    moves = chance.random((count, POSITIONS)) < 0.0005
    epoch = np.arange(count) // 83
    quantity = 1_000_000 + 37 * np.arange(POSITIONS) + np.cumsum(moves * 1000, axis=0)
    quantity = quantity + (epoch[:, None] * np.arange(POSITIONS) % 7) * 500
    slot = (np.arange(POSITIONS)[None, :] + 2 * epoch[:, None] + 11 * number) % 400
    shift = chance.integers(0, 1000, (count, POSITIONS // 2))
    weight = 1250 + np.stack([shift, -shift], axis=2).reshape(count, POSITIONS)
    pool = pa.array([f"{chr(65 + n // 26)}{chr(65 + n % 26)}AA{3 + n % 2}" for n in range(400)])
    sectors = pa.array([f"Bens Industriais / Ramo {n}" for n in range(12)])
    hashes = pa.array([f"{number:02x}{session:062x}" for session in range(count)])
    session = pa.array(np.repeat(np.arange(count), POSITIONS))
    columns = {
        "index_code": pa.array(np.full(lines, f"IX{number:02d}")),
        "reference_date": pa.array(np.repeat(days, POSITIONS)),
        "ticker": pool.take(pa.array(slot.ravel())),
        "company": pc.binary_join_element_wise("COMPANY", pool.take(pa.array(slot.ravel())), " "),
        "share_class": pa.array(["ON", "PN"]).take(pa.array((slot % 2).ravel())),
        "ex_rights": pa.nulls(lines, pa.string()),
        "listing_segment": pa.array(np.full(lines, "NM")),
        "sector": sectors.take(pa.array((slot % 12).ravel())),
        "theoretical_quantity": pa.array(quantity.ravel()),
        "weight_pct": _thousandths(weight.ravel()),
        "total_theoretical_quantity": pa.array(np.repeat(quantity.sum(axis=1), POSITIONS)),
        "divisor": pa.nulls(lines, pa.decimal128(28, 8)),
        "source": pa.array(np.full(lines, "capture")),
        "payload_sha256": hashes.take(session),
        "captured_at": pa.array(np.repeat(days.astype("datetime64[us]"), POSITIONS)),
        "parser_revision": pa.array(np.full(lines, 1)),
    }
    return pa.table(
        [columns[f.name].cast(f.type) for f in arrow.schema(RAW)], schema=arrow.schema(RAW)
    )


def _thousandths(whole: np.ndarray) -> pa.Array:
    exact = pa.array(whole).cast(pa.decimal128(19, 0)).cast(pa.decimal128(22, 3))
    return pc.multiply(exact, pa.scalar("0.001").cast(pa.decimal128(4, 3))).cast(
        pa.decimal128(9, 3)
    )


class NoPreviews:
    """The previews of a raw zone without any."""

    def keys(self, _indices: Collection[str] = ()) -> list[PreviewKey]:
        return []

    def read_one(self, key: PreviewKey) -> pa.Table:
        raise KeyError(key)


class OneFile:
    """A raw zone in one file, a row group a read: reading 42,500 files is measured apart."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self._entries = pq.read_table(path.with_suffix(".entries"))
        self._group = 0
        self.previews = NoPreviews()

    def entries(self) -> dict[RawEntry, RawPositionKey]:
        entries = map(RawEntry, *self._entries.to_pydict().values())
        return {entry: RawPositionKey(entry, 1) for entry in entries}

    def withdrawn(self) -> frozenset[RawEntry]:
        return frozenset()

    def sightings(self) -> dict[RawEntry, list[Sighting]]:
        return {}

    def read(self, keys: Sequence[RawPositionKey]) -> RawRead:
        """The groups lie in the order in which they are asked for."""
        if not keys:
            return RawRead(arrow.empty(RAW), {})
        rows = self._file.read_row_group(self._group)
        self._group += 1
        if rows.num_rows != len(keys) * POSITIONS:
            raise RuntimeError("the keys are not asked for group by group")
        return RawRead(validate(rows, RAW), {})


def bare(path: Path, folder: Path) -> Measured:
    """The statements alone, from Arrow to Parquet."""
    import duckdb

    clock, rows = Clock(), pq.read_table(path)
    sessions = (
        rows.select(KEYS[:2])
        .group_by(KEYS[:2])
        .aggregate([])
        .sort_by([(key, "ascending") for key in KEYS[:2]])
    )
    with duckdb.connect() as connection, clock.step("bare queries writing bare Parquet"):
        connection.execute("set TimeZone = 'UTC'")
        connection.register("raw_position", rows)
        connection.register("_session", sessions)
        connection.execute(
            "create temp table session as select *, lag(reference_date) over "
            "(partition by index_code order by reference_date) as previous_reference_date "
            "from _session"
        )
        connection.execute(
            "create temp table index_span as select index_code, min(reference_date) as "
            "first_session, max(reference_date) as last_session from session group by 1"
        )
        connection.register("rebalance", rebalance_dates())
        connection.register("dividend_adjusted_index", dividend_adjusted_indices())
        connection.register("recomputed_portfolio", arrow.empty(TABLES["portfolio"]))
        for name in STATEMENTS[1:]:
            text = statement(name, "duckdb")
            connection.execute(f"copy ({text}) to '{folder / name}.parquet' (format parquet)")
            connection.read_parquet(f"{folder / name}.parquet").create_view(name, replace=True)
    return Measured(clock.spent, _peak())


def ours(path: Path, folder: Path) -> Measured:
    """A whole refine, its steps told apart."""
    clock, lake, raw = Clock(), open_lake(str(folder)), OneFile(path)
    for module, name, step in (
        (transform, "validate", "contract checks"),
        (evaluation, "audit", "audit (SQL)"),
    ):
        setattr(module, name, clock.wrap(step, getattr(module, name)))
    globals()["validate"] = clock.wrap("contract checks", validate)
    DuckDBEngine.run = clock.wrap("transform (SQL)", DuckDBEngine.run)  # type: ignore[method-assign]
    lake.refined_tables.publish = clock.wrap("publish", lake.refined_tables.publish)  # type: ignore[method-assign]
    raw.read = clock.wrap(READ, raw.read)  # type: ignore[method-assign]
    with clock.step("planning and the rest"):
        refine(lake, DuckDBEngine(), NOW, evaluate=clock.wrap(GATE, gate.evaluate), raw=raw)
    return Measured(clock.spent, _peak())


def reading(path: Path, folder: Path) -> Measured:
    """Typed files one by one."""
    clock, raw = Clock(), open_lake(str(folder)).raw
    rows = pq.read_table(path).slice(0, SAMPLE * POSITIONS)
    for number in range(SAMPLE):
        raw.land(rows.slice(number * POSITIONS, POSITIONS))
    keys = list(raw.entries().values())
    with clock.step(f"reading {SAMPLE} typed files"):
        raw.read(keys)
    return Measured(clock.spent, _peak())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def alone(job: Callable[[Path, Path], Found], path: Path) -> Found:
    """Return the figures of one job, run in a process and a folder of its own."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, spawn.Pool(1) as pool:
        return pool.apply(job, (path, Path(folder)))


def write(sessions: int, path: Path) -> None:
    """The rows, and beside them the entries, which a raw zone has from the names of its files."""
    rows = generate(sessions)
    pq.write_table(rows, path, row_group_size=row_buffer.FILES_AT_ONCE * POSITIONS)
    pq.write_table(rows.select(KEYS).group_by(KEYS).aggregate([]), path.with_suffix(".entries"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1250)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw.parquet"
        write(sessions, path)
        print(f"{INDICES} indices, {sessions} sessions, {INDICES * sessions * POSITIONS:,} rows")
        found = {job.__name__: alone(job, path) for job in (bare, ours, reading)}
    _print(found)


def _print(found: dict[str, Measured]) -> None:
    for job, measured in found.items():
        for name, (wall, cpu) in measured.spent.items():
            print(f"{job:8} {name:34} {wall:7.2f} s, {cpu:7.2f} s of CPU")
        print(f"{job:8} {'peak of memory':34} {measured.peak:7.2f} GB")
    [base] = found["bare"].spent.values()
    steps = found["ours"].spent
    rest = sum(spent for name, spent in steps.items() if name not in {GATE, READ})
    for name, spent in (("all but the gate and reading", rest), (GATE, steps[GATE])):
        wall, cpu = spent / base
        print(f"{name}: {wall:.2f} times bare, {cpu:.2f} times its CPU")


if __name__ == "__main__":
    main()
