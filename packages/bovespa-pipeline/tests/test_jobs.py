"""The Glue jobs fail by an exception whose text is the reason, of a type that names the cause."""

import datetime as dt
import functools
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from b3_scraper.testing import Exchange, Fault, SamplePortfolio
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.glue_jobs import capture_job, refine_job
from bovespa_pipeline.glue_jobs.failures import (
    LIMIT,
    JobFailure,
    LakeUnreachable,
    PortfoliosRefused,
    RunStopped,
    SourceUnreachable,
)
from bovespa_pipeline.lambda_handlers import capture as capture_function
from glue_transform import DuckDBEngine, EngineMissing, job, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io import open_lake

DAY = dt.date(2025, 1, 6)
JOBS = Path(__file__).parents[1] / "jobs"
MODULE = "bovespa_pipeline.glue_jobs.failures"
CUT = "1: IBOV: the answer was cut: "


@pytest.fixture
def exchange(portfolio: Callable[..., SamplePortfolio]) -> Iterator[Exchange]:
    """It shows IBOV and no other index."""
    with Exchange([portfolio(DAY, PETR4=4_000_000, VALE3=2_000_000)], today=DAY) as server:
        yield server


def test_a_capture_in_which_all_came_raises_nothing(
    exchange: Exchange, lake: Path, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first line names the session."""
    capture_job.capture(str(lake), exchange.url, context)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "captured 1 index, 1 answer new: IBOV 2025-01-06"


def test_the_source_of_a_schedulers_event_is_not_the_address_of_b3(
    exchange: Exchange, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EventBridge Scheduler names itself in `source`; the function's own key is `b3_url`."""
    monkeypatch.setenv("BOVESPA_LAKE", str(lake))
    event = {"source": "aws.scheduler", "detail-type": "Scheduled Event", "b3_url": exchange.url}
    capture_function.handle(event, None)
    assert [path.name for path in (lake / "raw").iterdir()]


def test_a_refused_answer_fails_the_capture_by_its_index_and_reason(
    exchange: Exchange, lake: Path, context: Context
) -> None:
    """After what else there was has landed."""
    exchange.misbehave(Fault.SHORT_PAGE, index="IBOV")
    with pytest.raises(PortfoliosRefused) as failure:
        capture_job.capture(str(lake), exchange.url, context)
    assert str(failure.value).startswith(CUT)


def test_an_exchange_that_is_away_fails_the_capture_as_unreachable(
    exchange: Exchange, lake: Path, context: Context
) -> None:
    """With the address."""
    exchange.close()
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1"):
        capture_job.capture(str(lake), exchange.url, context)


def test_a_lake_that_cannot_be_written_fails_the_capture_as_that(
    exchange: Exchange, lake: Path, context: Context
) -> None:
    """A file where the folder should be, for example."""
    lake.touch()
    with pytest.raises(LakeUnreachable, match=r"lake"):
        capture_job.capture(str(lake), exchange.url, context)


def test_the_capture_script_ends_with_the_reason(
    exchange: Exchange, lake: Path, process_environment: Mapping[str, str]
) -> None:
    """In its last line, where Glue takes it from."""
    exchange.misbehave(Fault.SHORT_PAGE, index="IBOV")
    arguments = ["--JOB_NAME", "capture", "--lake", str(lake), "--source", exchange.url]
    done = subprocess.run(
        [sys.executable, JOBS / "capture_job.py", *arguments],
        env=process_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"{MODULE}.PortfoliosRefused: {CUT}")


@pytest.fixture
def refine_script(monkeypatch: pytest.MonkeyPatch, lake: Path) -> Callable[..., object]:
    """Run the script as it is, with DuckDB instead of Spark and the gate's rules alone."""
    monkeypatch.setattr(job, "_spark", lambda _: DuckDBEngine())
    monkeypatch.setattr(job, "refine", functools.partial(refine, evaluate=evaluate))

    def run(*arguments: str) -> object:
        script = JOBS / "refine_job.py"
        monkeypatch.setattr(sys, "argv", [str(script), "--lake", str(lake), *arguments])
        return runpy.run_path(str(script), run_name="__main__")

    return run


def test_a_refused_portfolio_fails_the_refine_script_by_name_and_rule(
    lake: Path, refine_script: Callable[..., object]
) -> None:
    """The others are published; the next run, which counts new refusals only, raises nothing."""
    raw = open_lake(str(lake)).raw
    raw.land(raw_rows("IBRA", DAY, evenly({"ABEV3": 3}), total=4))
    with pytest.raises(PortfoliosRefused) as failure:
        refine_script("--only-new", "true")
    reason = f"1: IBRA {DAY}: position breaks the rule quantity_excess"
    assert str(failure.value).startswith(reason)
    refine_script("--only-new", "true")


def test_a_lake_out_of_reach_fails_the_refine_script_as_that(
    lake: Path, refine_script: Callable[..., object]
) -> None:
    """Not as a refusal: it may be tried again."""
    lake.touch()
    with pytest.raises(LakeUnreachable, match="cannot use"):
        refine_script()


def test_a_run_that_cannot_go_on_is_no_refusal_either(lake: Path) -> None:
    """The message says what it lacks."""

    def missing(_: str) -> DuckDBEngine:
        raise EngineMissing("Spark is not installed")

    with pytest.raises(RunStopped, match=r"^Spark is not installed$"):
        refine_job.main(["--lake", str(lake)], missing)


def test_a_reason_is_one_line_of_bounded_length() -> None:
    """A mail has the beginning, the log all of it."""
    text = str(JobFailure("broken\n" + "x" * 10_000))
    assert (len(text), text[:10], text[-1]) == (LIMIT, "broken\\nxx", "…")
