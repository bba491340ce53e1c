"""Benchmark: publications as a lake grows, day by day, and five years at once.

    python publishing.py days [SESSIONS] [--whole]     every day of 34 indices, with maintenance
    python publishing.py years [--whole]               3.4 million positions, then one replaced

`--whole` leaves `position` without partitions. CPU seconds stand beside those of the clock:
on a busy machine only they can be compared.
"""

import datetime as dt
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import generated

from b3_contracts.specification import REFINED
from b3_contracts.table_spec import TableSpec
from lake_io import Lake, open_lake, query
from lake_io.tables import refined_tables
from lake_io.tables.filters import sessions_of

SHOWN = (1, 10, 50, 100, 200, 300, 400, 500, 1000)
AROUND = 9


def days(lake: Lake, count: int) -> None:
    clock: list[float] = []
    cpu: list[float] = []
    for number, day in enumerate(generated.sessions(count), start=1):
        snapshot = lake.refined_tables.snapshot()
        factories = generated.publication(f"run {number}", snapshot, [day])
        spent = timed(partial(lake.refined_tables.publish, factories))
        clock.append(spent[0])
        cpu.append(spent[1])
        maintenance = timed(lambda: lake.refined_tables.maintain(dt.datetime.now(dt.UTC)))
        if number in SHOWN:
            times = (statistics.median(each[-AROUND:]) for each in (clock, cpu))
            print(
                f"session {number}:", *(f"{seconds * 1000:.0f} ms" for seconds in times), end="; "
            )
            print(footprint(lake))
        elif maintenance[0] > max(clock) / 2:
            print(
                f"   maintenance after {number}: {maintenance[0]:.1f} s, CPU {maintenance[1]:.1f} s"
            )


def years(lake: Lake) -> None:
    dates = generated.sessions(1250)
    factories = generated.publication("years", lake.refined_tables.snapshot(), dates)
    say("five years published", lambda: lake.refined_tables.publish(factories))
    snapshot = lake.refined_tables.snapshot()
    wanted = sessions_of({"IX07": {dates[600]}})
    sql = "select * from position where index_code = 'IX07' and reference_date = ?"
    for _ in range(3):
        say("members read", lambda: snapshot.read("position", wanted))
        say("members asked for in SQL", lambda: query(snapshot, sql, [dates[600]]))
    for number in (600, 100, 1249):
        one = generated.publication(
            f"{number}", lake.refined_tables.snapshot(), [dates[number]], ["IX07"]
        )
        say("one portfolio replaced", partial(lake.refined_tables.publish, one))


def say(what: str, run: Callable[[], Any]) -> None:
    clock, cpu = timed(run)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what}: {clock:.2f} s, CPU {cpu:.2f} s, peak {peak:.2f} GB so far")


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - cpu


def footprint(lake: Lake) -> str:
    files = [path for path in Path(lake.uri, "warehouse").rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix == ".parquet"]
    metadata = sum(path.stat().st_size for path in files) - sum(p.stat().st_size for p in data)
    live = len(list(lake.refined_tables.snapshot().data_files("position")))
    return f"{len(files)} files, {live} of positions in use, {metadata / 1e6:.1f} MB of metadata"


if __name__ == "__main__":
    if "--whole" in sys.argv:
        sys.argv.remove("--whole")
        tables: dict[str, TableSpec] = dict(REFINED)
        tables["position"] = replace(tables["position"], partition_by=None)
        vars(refined_tables)["REFINED"] = tables
    kinds = sys.argv[1:2] or ["days", "years"]
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            place = open_lake(folder)
            if kind == "days":
                days(place, int(sys.argv[2]) if len(sys.argv) > 2 else 510)
            else:
                years(place)
