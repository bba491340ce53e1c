"""Fixtures: the command in this process, a settable clock, a lake's rows and files."""

import contextlib
import datetime as dt
import functools
import hashlib
import importlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import settings

import glue_transform
from b3_contracts.specification import REFINED
from b3_scraper import Client
from b3_scraper.testing import SamplePortfolio, SampleRow
from bovespa_pipeline.cli import run_command, terminal
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.cli.language import choose
from bovespa_pipeline.texts import ENGLISH
from glue_transform.testing import evaluate
from lake_io import open_lake

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
START = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)
NOT_COMPARED = "quality_result"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# In a container there is no other sandbox, no GPU, and nobody to call home to.
ALONE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)

Result = CompletedProcess[str]
Run = Callable[..., Result]
Rows = Mapping[str, list[dict[str, Any]]]
Make = Callable[..., SamplePortfolio]


class Clock:
    """Tells the time it is set to, a second later each time it is asked."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> dt.datetime:
        self.time += dt.timedelta(seconds=1)
        return self.time


@pytest.fixture(scope="session", autouse=True)
def english() -> Iterator[None]:
    """Every command speaks English, whatever the machine's own language is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.delenv("BOVESPA_LANG", raising=False)
        yield


@pytest.fixture(autouse=True)
def new_process() -> None:
    """The state of a new process: an earlier test may have chosen Portuguese, or a JSON log."""
    choose(ENGLISH)
    terminal.log.use_text()


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures."""
    if not CAPTURES.is_dir():
        pytest.skip("the folder of real captures (../shared/captures) is not here")
    return CAPTURES


CONTEXT = Context(
    Clock(),
    functools.partial(Client, sleep=lambda _: None),
    lambda url: Client(bulletin_url=url, sleep=lambda _: None),
    gate=contextlib.nullcontext,
)
"""The context of every command under test: no real clock, no waits, no process for the gate."""


@pytest.fixture(scope="module", autouse=True)
def clock() -> Clock:
    """The clock of every command under test, at its start."""
    assert isinstance(CONTEXT.clock, Clock)
    CONTEXT.clock.time = START
    return CONTEXT.clock


@pytest.fixture(scope="session")
def context() -> Context:
    """The context of every command under test."""
    return CONTEXT


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test in a folder of its own, with the lake in `BOVESPA_LAKE` there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOVESPA_LAKE", str(tmp_path / "lake"))
    return tmp_path


@pytest.fixture
def lake(here: Path) -> Path:
    """URI of the test's lake, once it has a portfolio."""
    return here / "lake"


@pytest.fixture
def quick_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's very rules without Great Expectations, for tests that are not about pages."""
    quick = functools.partial(glue_transform.refine, evaluate=evaluate)
    monkeypatch.setattr(glue_transform, "refine", quick)


@pytest.fixture(scope="session")
def bovespa() -> Run:
    """`bovespa(*arguments)` runs the command in this process, its output in no terminal.

    Output that is no text (Parquet) is found with `stdout.encode("utf-8", "surrogateescape")`.
    """
    return _run


def _run(*arguments: str | Path) -> Result:
    command = [str(argument) for argument in arguments]
    with _piped() as (out, err):
        code = run_command(command, CONTEXT)
    return CompletedProcess(command, code, out(), err())


@contextlib.contextmanager
def _piped() -> Iterator[tuple[Callable[[], str], Callable[[], str]]]:
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        yield functools.partial(_text, streams[0]), functools.partial(_text, streams[1])


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode("utf-8", "surrogateescape")


@pytest.fixture(scope="session")
def sample_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's lake, evaluated by the gate's very rules without Great Expectations; only read."""
    folder = tmp_path_factory.mktemp("sample") / "lake"
    storage = open_lake(str(folder))
    demo = importlib.import_module("bovespa_pipeline.cli.demo")
    demo.capture_sample(storage)
    time = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    report = glue_transform.refine(storage, glue_transform.DuckDBEngine(), time, evaluate=evaluate)
    assert report.is_clean
    return folder


@pytest.fixture
def quick_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables as known at a time, made again without Great Expectations."""
    quick = functools.partial(glue_transform.refine, evaluate=evaluate)
    monkeypatch.setattr(glue_transform, "refine", quick)


@pytest.fixture(scope="session")
def tables() -> Callable[[Path], Rows]:
    """Every row that is published, but `quality_result` and without `captured_at`, sorted."""
    return _tables


def _tables(lake: Path) -> Rows:
    snapshot = open_lake(str(lake)).refined_tables.snapshot()
    return {name: _rows(snapshot.read(name)) for name in REFINED if name != NOT_COMPARED}


def _rows(table: Any) -> list[dict[str, Any]]:
    kept = [name for name in table.column_names if name != "captured_at"]
    return sorted(table.select(kept).to_pylist(), key=repr)


@pytest.fixture(scope="session")
def tree() -> Callable[[Path], Mapping[str, str]]:
    """Each file below a folder, and the hash of what is in it."""
    return _tree


def _tree(folder: Path) -> Mapping[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def portfolio() -> Callable[..., SamplePortfolio]:
    """`portfolio(date, PETR4=60_000, …)`: an exact portfolio of these securities and quantities."""
    return _portfolio


def _portfolio(day: dt.date, index: str = "IBOV", **quantities: int) -> SamplePortfolio:
    share, rest = divmod(100_000, len(quantities))
    rows = [
        SampleRow(
            ticker,
            f"{ticker[:4]} S/A",
            "ON      NM",
            "Utilidade Públ / Energ Elétrica",
            quantity,
            Decimal(share + rest * (place == 0)).scaleb(-3),
        )
        for place, (ticker, quantity) in enumerate(quantities.items())
    ]
    return SamplePortfolio(index, day, tuple(rows))


@pytest.fixture
def make(portfolio: Make) -> Make:
    """A portfolio of a day, with two positions unless others are named."""
    return lambda day, index="IBOV", **quantities: portfolio(
        day, index, **(quantities or {"PETR4": 100, "VALE3": 5})
    )


@pytest.fixture
def land(bovespa: Run, here: Path) -> Callable[..., None]:
    """`land(portfolios…)` imports and refines, whatever becomes of them."""

    def work(*portfolios: SamplePortfolio) -> None:
        for number, portfolio in enumerate(portfolios):
            name = f"{portfolio.index_code}-{portfolio.reference_date}-{number}.csv"
            (here / name).write_bytes(portfolio.to_csv())
            bovespa("import", name)
        bovespa("refine")

    return work


@pytest.fixture(scope="session")
def process_environment() -> Mapping[str, str]:
    """Environment in which a child process can import what this one imported."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    driver = _needed("playwright", lambda: __import__("playwright.sync_api").sync_api)
    program = _needed("Chromium (Debian: apt-get install chromium)", _chromium)
    with driver.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ALONE)
        yield chromium
        chromium.close()


def _needed(name: str, find: Callable[[], Any]) -> Any:
    """A program a person may lack and CI may not."""
    try:
        return find()
    except ModuleNotFoundError:
        if os.environ.get("CI"):
            raise
    pytest.skip(f"the quality site is tested in a browser: install {name}")


def _chromium() -> str:
    for name in CHROMIUM:
        if found := shutil.which(name):
            return found
    raise ModuleNotFoundError("no Chromium on the PATH")
