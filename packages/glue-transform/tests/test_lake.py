"""A run on a real lake: Iceberg tables in a folder, two processes, the real gate."""

import datetime as dt
import hashlib
import multiprocessing
from decimal import Decimal
from pathlib import Path
from typing import Any

from b3_contracts.specification import REFINED
from glue_transform import DuckDBEngine, RefineOptions, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io import Lake, open_lake

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
DAYS = [dt.date(2025, 2, day) for day in (3, 4, 5)]
GOOD = evenly({"PETR4": 100, "VALE3": 200})
BAD = [GOOD[0]._replace(weight_pct=Decimal("50.001")), GOOD[1]]


def land_all(lake: Lake) -> None:
    for index in ("IBOV", "IBRA"):
        for number, day in enumerate(DAYS):
            lake.raw.land(raw_rows(index, day, evenly({"PETR4": 100 + number, "VALE3": 200})))
    lake.raw.land(raw_rows("SMLL", DAYS[0], BAD))


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, and a hash of what it holds."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows_of(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    snapshot = lake.refined_tables.snapshot()
    return {
        name: sorted(snapshot.read(name).to_pylist(), key=repr)
        for name in REFINED
        if name != "quality_result"
    }


def test_a_run_with_nothing_pending_writes_nothing(tmp_path: Path) -> None:
    """No file and no snapshot, though a refusal stands; the pages of the first run remain."""
    lake = open_lake(str(tmp_path))
    land_all(lake)
    first = refine(lake, DuckDBEngine(), NOW)
    assert (len(first.published), len(first.refused)) == (6, 1)
    assert list(Path(lake.quality.uri).rglob(f"*{first.run_id}*/**/*.html"))
    before = contents(tmp_path)
    second = refine(lake, DuckDBEngine(), NOW)
    assert (second.published, len(second.prior_findings), second.is_clean) == ((), 1, True)
    assert contents(tmp_path) == before


def test_two_runs_at_once_end_and_leave_what_one_leaves(tmp_path: Path) -> None:
    """Neither fails, nothing is lost and nothing is there twice."""
    alone, shared = open_lake(str(tmp_path / "alone")), open_lake(str(tmp_path / "shared"))
    land_all(alone)
    land_all(shared)
    refine(alone, DuckDBEngine(), NOW, evaluate=evaluate)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    runs = [spawn.Process(target=_run, args=(shared.uri, start)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(timeout=120)
    assert [run.exitcode for run in runs] == [0, 0]
    assert rows_of(shared) == rows_of(alone)
    results = shared.refined_tables.snapshot().read("quality_result")
    assert len(set(results["run_id"].to_pylist())) == 1


def _run(uri: str, start: Any) -> None:
    lake = open_lake(uri)
    start.wait()
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)


def test_a_rebuild_on_disk_gives_the_same_rows(tmp_path: Path) -> None:
    """Refined session by session, then all at once from raw."""
    lake = open_lake(str(tmp_path))
    for number, day in enumerate(DAYS[::-1]):
        lake.raw.land(raw_rows("IBOV", day, evenly({"PETR4": 100 + number, "VALE3": 200})))
        refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)
    before = rows_of(lake)
    refine(lake, DuckDBEngine(), NOW, RefineOptions(rebuild=True), evaluate=evaluate)
    assert rows_of(lake) == before
