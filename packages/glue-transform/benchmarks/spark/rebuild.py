"""Five years of 34 indices refined anew, on Spark and on DuckDB: rows a second, peak memory.

    hatch run spark:rebuild [--sessions 1250]

The rows and their raw zone are those of `backfill.py`; each engine has a process of its
own. On Spark the peak is Python's and the JVM's together, as Linux tells them.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from backfill import INDICES, NOW, POSITIONS, OneFile, alone, write

from glue_transform import DuckDBEngine, Engine, refine
from lake_io import open_lake

_GB: Final = 2**20
"""Of the kilobytes that Linux counts in."""


@dataclass(frozen=True)
class Measured:
    """Wall seconds of the refine, without Spark's start, and the peak of memory in GB."""

    seconds: float
    peak: float


def on_duckdb(path: Path, folder: Path) -> Measured:
    return _measured(path, folder, DuckDBEngine(), lambda: 0)


def on_spark(path: Path, folder: Path) -> Measured:
    from glue_transform.engines.spark import SparkEngine, start

    session = start({"spark.master": "local[2]", "spark.driver.memory": "4g"})
    java = session.sparkContext._gateway.proc.pid  # noqa: SLF001  # named nowhere in public
    try:
        return _measured(path, folder, SparkEngine(session), lambda: _peak_of(java))
    finally:
        session.stop()


def _measured(path: Path, folder: Path, engine: Engine, beside: Callable[[], int]) -> Measured:
    lake = open_lake(str(folder))
    start = time.perf_counter()
    refine(lake, engine, NOW, raw=OneFile(path))
    spent = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Measured(spent, (own + beside()) / _GB)


def _peak_of(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1250)
    sessions = parser.parse_args().sessions
    rows = INDICES * sessions * POSITIONS
    print(f"{INDICES} indices, {sessions} sessions, {rows:,} rows")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "raw.parquet"
        write(sessions, path)
        for job in (on_duckdb, on_spark):
            found = alone(job, path)
            print(
                f"{job.__name__:10} {found.seconds:7.1f} s, {rows / found.seconds:9,.0f} rows a "
                f"second, {found.peak:.2f} GB at its peak",
                flush=True,
            )


if __name__ == "__main__":
    main()
