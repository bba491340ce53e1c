"""The functions' image without Docker: its locked versions and handlers, under Lambda's client.

Lambda's base image is Python 3.13 on arm64. Here the same lock is installed by its hashes on this
machine's own Python 3.13; the wheels for arm64 are resolved and checked by `hatch run artifacts`.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import artifacts
import locks
import pytest
import wheelhouse
from applied import INFRA, Missing, skipping
from interpreters import interpreter
from runtime_api import Function
from targets import TARGETS
from workspace import ScriptError, output, uv

from b3_scraper.testing import Exchange, Fault, SamplePortfolio, SampleRow
from lake_io import open_lake

ROOT = INFRA.parent
LAMBDA = TARGETS["lambda"]
DAY = dt.date(2025, 1, 6)
HANDLERS = "bovespa_pipeline.lambda_handlers"


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> Path:
    """An environment with what the image holds, and the runtime client of its base image."""
    folder, wheels = tmp_path_factory.mktemp("task"), tmp_path_factory.mktemp("wheels")
    python = folder / "bin" / "python"
    install = (uv(), "pip", "install", "--quiet", "--python", python)
    lock = ROOT / locks.FOLDER / "lambda.txt"
    with skipping():
        try:
            output([uv(), "venv", "-q", "--python", interpreter(LAMBDA.python), folder], ROOT)
            output([*install, "--require-hashes", "-r", lock], ROOT)
            output([*install, "awslambdaric>=3"], ROOT)
        except ScriptError as error:
            needed = f"Python {LAMBDA.python} and PyPI are needed"
            raise Missing(f"the image is not set up here, {needed}: {error}") from error
    for package in locks.siblings(LAMBDA):
        wheelhouse.build_wheel(package, wheels)
    output([*install, "--no-deps", *wheels.glob("*.whl")], ROOT)
    return folder


@pytest.fixture
def start(task: Path, tmp_path: Path) -> Iterator[Callable[[str], Function]]:
    """Start the function of a handler on a lake in a folder."""
    functions: list[Function] = []
    environment = {"BOVESPA_LAKE": str(tmp_path / "lake"), "HOME": str(tmp_path)}

    def started(name: str) -> Function:
        handler = f"{HANDLERS}.{name}.handle"
        functions.append(Function(tmp_path, handler, environment, str(task / "bin/python")))
        return functions[-1]

    yield started
    for function in functions:
        if function.process.poll() is None:
            function.kill()


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """It shows IBOV with one security."""
    row = SampleRow("PETR4", "PETROBRAS", "PN      N2", "Petróleo", 4_000_000, Decimal(100))
    with Exchange([SamplePortfolio("IBOV", DAY, (row,))], today=DAY) as server:
        yield server


def test_a_session_is_captured_and_published(start, exchange, tmp_path):
    """By two functions of the image, as a schedule and the trigger call them."""
    assert start("capture").answer({"b3_url": exchange.url}) == ("response", None)
    manifest = next((tmp_path / "lake/raw/manifest").iterdir()).name
    assert start("refine").answer({"manifest": f"raw/manifest/{manifest}"}) == ("response", None)
    tables = open_lake(str(tmp_path / "lake")).refined_tables.snapshot()
    assert tables.read("position").column("ticker").to_pylist() == ["PETR4"]


def test_what_was_refused_is_what_lambda_is_told(start, exchange):
    """Lambda repeats type and message in its record to the topic of the alarms."""
    exchange.misbehave(Fault.SHORT_PAGE, index="IBOV")
    kind, answer = start("capture").answer({"b3_url": exchange.url})
    assert (kind, answer["errorType"]) == ("error", "PortfoliosRefused")
    assert answer["errorMessage"].startswith("1: IBOV: the answer was cut: ")


def test_an_unreachable_lake_is_what_lambda_is_told(start, tmp_path):
    """As another type than a refusal."""
    (tmp_path / "lake").touch()
    kind, answer = start("refine").answer({})
    assert (kind, answer["errorType"]) == ("error", "LakeUnreachable")


def test_the_image_is_built_of_wheels_for_arm64_alone(tmp_path):
    """With the list of their hashes: the build of the image asks no package index."""
    with skipping():
        try:
            files = artifacts.image(tmp_path, "5.1")
        except ScriptError as error:
            raise Missing(f"the wheels were not downloaded: {error}") from error
    platforms = {file.stem.rpartition("-")[2] for file in files if file.suffix == ".whl"}
    lines = (tmp_path / "image/wheels/requirements.txt").read_text().splitlines()
    assert all(tag == "any" or tag.endswith("_aarch64") for tag in platforms)
    assert len(lines) == len(files) - 1
    assert all(" --hash=sha256:" in line for line in lines)
