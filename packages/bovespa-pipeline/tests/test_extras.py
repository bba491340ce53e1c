"""The package without its extras: every question is answered, and only refine asks for one."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import Exchange, Fault, SamplePortfolio
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

MONDAY = dt.date(2025, 1, 6)
OF_EXTRAS = (
    "boto3",
    "great_expectations",
    "matplotlib",
    "numpy",
    "pandas",
    "pyiceberg_core",
    "pyspark",
    "scipy",
)
PROGRAM = f"""
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OF_EXTRAS}:
            # Python's own words, which pandera reads.
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from bovespa_pipeline.cli import run_command
print("|", json.dumps([run_command(each) for each in json.loads(sys.argv[1])]))
"""
READING = (
    ["changes", "IBOV"],
    ["compare", "IBOV", "IBRA"],
    ["concentration", "IBOV"],
    ["export", "out", "--format", "parquet", "--format", "csv", "--format", "sqlite"],
    ["gaps"],
    ["history"],
    ["holders", "PETR4"],
    ["members", "IBOV", "--on", "2024-12-31"],
    ["members", "IBOV", "--format", "json"],
    ["preview", "IBOV"],
    ["query", "select cause, count(*) from position_change group by cause"],
    ["report"],
    ["sectors", "IBOV"],
    ["security", "PETR4"],
    ["turnover", "IBOV"],
    ["verify"],
    ["weights", "IBOV", "--wide"],
)
MISSING = (
    "bovespa: Great Expectations is not installed: run `pip install 'bovespa-pipeline[refine]'`. "
    "Captured sessions stay in raw; `bovespa refine` publishes them then\n"
)
CAPTURED = "captured 1 index, 1 answer new: IBOV 2025-01-06\n"


@pytest.fixture
def no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations as where it is not installed: no import of it succeeds."""
    monkeypatch.setitem(sys.modules, "great_expectations", None)


def test_questions_need_no_extra(
    process_environment: Mapping[str, str], sample_lake: Path, here: Path
) -> None:
    """In a process that can import none of what the extras bring."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(READING)],
        capture_output=True,
        text=True,
        check=True,
        cwd=here,
        env={**process_environment, "BOVESPA_LAKE": str(sample_lake)},
    )
    codes = json.loads(done.stdout.rpartition("|")[2])
    assert [words for words, code in zip(READING, codes, strict=True) if code] == [], done.stderr


@pytest.mark.usefixtures("no_gate")
@pytest.mark.parametrize(
    "words", [["refine"], ["refine", "--rebuild"], ["backfill"], ["demo", "--lake", "lake"]]
)
def test_what_ends_in_a_refine_is_refused_before_it_begins(
    words: list[str], bovespa: Run, lake: Path
) -> None:
    """A bulletin can be fetched again, so nothing is fetched that cannot be published."""
    result = bovespa(*words)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", MISSING)
    assert not lake.exists()


@pytest.mark.usefixtures("no_gate")
def test_the_daily_run_captures_first(bovespa: Run, portfolio: Make, lake: Path) -> None:
    """B3 serves a session once: it lands, and the next refine with the extra publishes it."""
    with Exchange([portfolio(MONDAY, PETR4=4_000_000)], today=MONDAY) as exchange:
        result = bovespa("run", "IBOV", "--source", exchange.url)
    assert (result.returncode, result.stdout) == (2, CAPTURED)
    assert result.stderr == MISSING
    landed = open_lake(str(lake)).raw.entries()
    assert [(entry.index_code, entry.reference_date) for entry in landed] == [("IBOV", MONDAY)]


@pytest.mark.usefixtures("no_gate")
def test_a_run_that_is_worth_a_retry_says_so(bovespa: Run, portfolio: Make) -> None:
    """B3 that cannot be reached outweighs the missing extra in the exit code."""
    served = [portfolio(MONDAY, index, PETR4=4_000_000) for index in ("IBOV", "SMLL")]
    with Exchange(served, today=MONDAY) as exchange:
        exchange.misbehave(Fault.MOVED, index="SMLL", times=None)
        result = bovespa("run", "IBOV", "SMLL", "--source", exchange.url)
    assert (result.returncode, result.stdout) == (3, CAPTURED)
    assert result.stderr.endswith(MISSING)
