"""The examples for schedulers: their common step with the real command, the rest as Python."""

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from b3_contracts.vocabulary import TABLE_NAMES
from b3_scraper.testing import Exchange, Fault
from bovespa_pipeline.sample import sample_portfolios

EXAMPLES = Path(__file__).parents[1] / "examples"
ORCHESTRATION = EXAMPLES / "orchestration"
PROGRAM = """#!{python}
import datetime as dt, functools, sys
import glue_transform
from bovespa_pipeline.cli import run_command
from bovespa_pipeline.cli.context import Context
from b3_scraper import Client
from contextlib import nullcontext
from glue_transform.testing import evaluate

glue_transform.refine = functools.partial(glue_transform.refine, evaluate=evaluate)
now = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
client = functools.partial(Client, retries=0)
sys.exit(run_command(sys.argv[1:], Context(lambda: now, client, gate=nullcontext)))
"""
"""The command as installed, but for the clock, the waits and the gate's seconds."""


@pytest.fixture
def step() -> ModuleType:
    """The module that both schedulers import."""
    path = ORCHESTRATION / "daily_run.py"
    spec = importlib.util.spec_from_file_location("daily_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def program(
    here: Path, monkeypatch: pytest.MonkeyPatch, process_environment: Mapping[str, str]
) -> Path:
    """`BOVESPA` names this one."""
    path = here / "bovespa"
    path.write_text(PROGRAM.format(python=sys.executable), "utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", process_environment["PYTHONPATH"])
    monkeypatch.setenv("BOVESPA", str(path))
    return path


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """The sample exchange on its last session of IBOV."""
    sample = [each for each in sample_portfolios() if each.index_code == "IBOV"]
    with Exchange(sample, sample[-1].reference_date) as server:
        yield server


@pytest.fixture
def run(step: ModuleType, exchange: Exchange) -> Callable[[], list[str]]:
    """The step, against the exchange; the published sessions."""
    return lambda: step.published(step.daily_run(["IBOV", "--source", exchange.url]))


def test_a_run_returns_what_it_published(run: Callable[[], list[str]]) -> None:
    """The second run of a session finds nothing new, which is no failure."""
    assert [run(), run()] == [["IBOV 2025-02-14"], []]


def test_a_refusal_alerts(
    run: Callable[[], list[str]], step: ModuleType, exchange: Exchange
) -> None:
    """Its reason is the exception's text; a retry would be refused too."""
    exchange.misbehave(Fault.WRONG_TOTAL, times=None)
    with pytest.raises(step.Alert, match="breaks the rule quantity_excess"):
        run()


def test_an_unreachable_exchange_is_tried_again(
    run: Callable[[], list[str]], step: ModuleType, exchange: Exchange
) -> None:
    exchange.misbehave(Fault.SERVER_ERROR, times=None)
    with pytest.raises(step.TryAgain, match="500"):
        run()


def test_wrong_usage_alerts_with_what_the_command_said(step: ModuleType) -> None:
    with pytest.raises(step.Alert, match="No such option"):
        step.daily_run(["--no-such-option"])


@pytest.mark.parametrize("name", ["airflow_dag", "dagster_job"])
def test_a_scheduler_uses_what_the_step_offers(name: str, step: ModuleType) -> None:
    """Neither scheduler is installed here: the file is parsed, and its imports looked up."""
    tree = ast.parse((ORCHESTRATION / f"{name}.py").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    (names,) = (
        [alias.name for alias in each.names] for each in imports if each.module == "daily_run"
    )
    assert names == ["Alert", "daily_run", "published"]
    assert all(hasattr(step, each) for each in names)


def test_dbt_has_every_table_as_a_source() -> None:
    text = (EXAMPLES / "dbt/models/sources.yml").read_text("utf-8")
    sources = text.partition("\nmodels:")[0]
    assert {name for name in TABLE_NAMES if f"- name: {name}\n" in sources} == set(TABLE_NAMES)
