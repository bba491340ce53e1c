"""One more session, the way this pipeline's ancestor does it and ours: seconds and files.

    hatch run spark:bench [--indices 1 34] [--sessions 1 5 30]

The ancestor is `ancestor.py`. Ours is a whole `refine` (contracts, gate, publication), on Spark
and on DuckDB. Every run is a process of its own, as a job's is; the sessions before the
one that is measured are there already, in the files that the same code leaves.
"""

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from glue_transform import DuckDBEngine, Engine, refine
from glue_transform.quality.gate import warm_up
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io import open_lake

POSITIONS: Final = 87
FIRST: Final = dt.date(2025, 1, 6)
ANCESTOR: Final = "ancestor"
ENGINES: Final = {"ours on Spark": "spark", "ours on DuckDB": "duckdb"}


def days(count: int) -> list[dt.date]:
    """The first weekdays from FIRST on."""
    weekdays = (FIRST + dt.timedelta(day) for day in range(2 * count + 7))
    return [day for day in weekdays if day.weekday() < 5][:count]


def session(indices: int, day: dt.date) -> list[pa.Table]:
    """One day's portfolios, a table each. Some quantities move every day."""
    return [raw_rows(f"IX{number:02}", day, lines(number, day)) for number in range(indices)]


def lines(number: int, day: dt.date) -> list[Line]:
    moved = day.toordinal() % POSITIONS
    tickers = (f"{chr(65 + n // 26)}{chr(65 + n % 26)}AA3" for n in range(POSITIONS))
    return evenly({ticker: 1_000 + number + n + (n == moved) for n, ticker in enumerate(tickers)})


def run_ours(folder: str, engine: str) -> None:
    """Refine what is pending; the engine is created here, as in the job."""
    chosen = _spark() if engine == "spark" else DuckDBEngine()
    report = refine(open_lake(folder), chosen, dt.datetime.now(dt.UTC))
    if not (report.is_clean and report.published):
        raise RuntimeError("nothing was published")


def _spark() -> Engine:
    from glue_transform.engines.spark import SparkEngine, start

    warm_up()
    return SparkEngine(start({"spark.master": "local[2]"}))


def prepare_ancestor(folder: Path, before: Iterable[dt.date], indices: int) -> None:
    """The files that its runs of these days have left: one a day and ticker, and table."""
    for day in before:
        rows = pa.concat_tables(session(indices, day))
        rows = rows.rename_columns(
            {"reference_date": "date", "theoretical_quantity": "quantity", "weight_pct": "weight"}
        ).select(["index_code", "date", "ticker", "share_class", "quantity", "weight"])
        for name in ("position", "change"):
            pq.write_to_dataset(
                rows,
                folder / name,
                partition_cols=["date", "ticker"],
                max_partitions=2 * POSITIONS,
                basename_template=f"{day}-{{i}}.parquet",
            )


def prepare_ours(folder: Path, before: Iterable[dt.date], indices: int) -> None:
    """Every day landed and refined by itself."""
    lake = open_lake(str(folder))
    for day in before:
        for rows in session(indices, day):
            lake.raw.land(rows)
        refine(
            lake, DuckDBEngine(), dt.datetime.combine(day, dt.time(22), dt.UTC), evaluate=evaluate
        )


def bring_ancestor(folder: Path, day: dt.date, indices: int) -> None:
    raw = folder / "raw" / str(day)
    raw.mkdir(parents=True)
    for number, rows in enumerate(session(indices, day)):
        pq.write_table(rows, raw / f"{number}.parquet")


def bring_ours(folder: Path, day: dt.date, indices: int) -> None:
    lake = open_lake(str(folder))
    for rows in session(indices, day):
        lake.raw.land(rows)


def data_files(folder: Path) -> int:
    return sum("raw" not in path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet"))


@dataclass(frozen=True)
class Measured:
    """The wall seconds of one run's process, and the data files it left."""

    way: str
    seconds: float
    files: int


def measure(way: str, indices: int, number: int) -> Measured:
    """The `number`th session by one way."""
    *before, day = days(number)
    is_ancestor = way == ANCESTOR
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (prepare_ancestor if is_ancestor else prepare_ours)(folder, before, indices)
        (bring_ancestor if is_ancestor else bring_ours)(folder, day, indices)
        command = (
            [str(Path(__file__).with_name("ancestor.py")), place, str(day)]
            if is_ancestor
            else [__file__, "--run", ENGINES[way], place]
        )
        files, start = data_files(folder), time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stderr=subprocess.DEVNULL)  # noqa: S603  # our own
        return Measured(way, time.perf_counter() - start, data_files(folder) - files)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indices", type=int, nargs="+", default=[1, 34])
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 5, 30])
    parser.add_argument("--run", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.run:
        engine, folder = given.run
        run_ours(folder, engine)
        return
    print(f"{'indices':>7} {'session':>7}  {'way':15} {'seconds':>8} {'files':>6}  of ancestor's")
    for indices in given.indices:
        for number in given.sessions:
            found = [measure(way, indices, number) for way in (ANCESTOR, *ENGINES)]
            for each in found:
                print(
                    f"{indices:7} {number:7}  {each.way:15} {each.seconds:8.1f} {each.files:6}  "
                    f"{each.seconds / found[0].seconds:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
