"""The chain is played once, and each step said on a line; tests look at what it did.

Needs Spark (`hatch run e2e:test` has it), Terraform and its AWS provider.
"""

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

# Helpers beside this file and beside other tests: tests are imported without a folder on the path.
sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "tests"))
sys.path.append(str(Path(__file__).parents[2] / ".github/scripts"))
sys.path.append(str(Path(__file__).parents[2] / "packages/lake-io/tests"))
sys.path.append(str(Path(__file__).parents[2] / "packages/trigger-lambda/tests"))

from absences import Absences, recorded_absences
from applied import Missing, apply, built, skipping
from calls import Calls, recorded
from chain import LAKE, Chain, Played
from cloud import Cloud
from moto import settings
from moto_glue import version_check
from node import Node, installed
from student_chain import StudentPlayed, play

from b3_contracts.specification import REFINED
from lake_io import LakeSnapshot, open_lake

QUERY = (
    "select reference_date, p.previous_reference_date as since, cause, count(c.ticker) as changes "
    "from portfolio p left join position_change c using (index_code, reference_date) "
    "where index_code = 'IBOV' group by all order by all"
)
START = time.monotonic()
REPORT = pytest.StashKey[list[str]]()


@dataclass(frozen=True)
class Ended:
    """The account after the chain, and what the chain did."""

    cloud: Cloud
    calls: Calls
    absences: Absences
    played: Played
    local: Path
    """A local lake of the same raw, refined by DuckDB at once."""
    snapshot: LakeSnapshot
    """The newest publication, as the Glue Catalog has it."""


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is uploaded, for both accounts."""
    with skipping():
        if find_spec("pyspark") is None:
            raise Missing("Spark is not installed here: use `hatch run e2e:test`")
        with contextlib.redirect_stdout(io.StringIO()):
            settings.moto_server_host()  # which complains where there is no Docker
    return built(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory, build: Path) -> StudentPlayed:
    """Played in an account that may make no roles, and taken down."""
    with skipping():
        return play(tmp_path_factory.mktemp("student"), build, say)


@pytest.fixture(scope="session")
def ended(
    tmp_path_factory: pytest.TempPathFactory,
    build: Path,
    student: StudentPlayed,  # noqa: ARG001  gone by then, so that one account alone is recorded
) -> Iterator[Ended]:
    """Played before the first test; the infrastructure is destroyed after the last one."""
    with skipping():
        scratch = tmp_path_factory.mktemp("e2e")
        with (
            version_check(),
            apply(scratch, build) as applied,
            recorded() as calls,
            recorded_absences() as absences,
        ):
            sys.stdout.write("\n")  # pytest has not ended its own line
            say("applied", f"{len(applied.terraform('state', 'list').splitlines())} resources")
            cloud = Cloud(applied)
            played = Chain(cloud, scratch, say).play()
            say("query", f"{QUERY}\n\n{asked(cloud)}")
            local = refined(copied_raw(cloud, scratch / "local"))
            with cloud.here():
                snapshot = open_lake(LAKE).refined_tables.snapshot()
                yield Ended(cloud, calls, absences, played, local, snapshot)


@pytest.fixture(scope="session")
def tables(ended: Ended) -> dict[str, list[dict[str, object]]]:
    """Every row in the Glue Catalog, in an order of its own."""
    return {name: sorted(ended.snapshot.read(name).to_pylist(), key=repr) for name in REFINED}


@pytest.fixture(scope="session")
def local(ended: Ended) -> LakeSnapshot:
    """The newest publication of the local lake."""
    return open_lake(str(ended.local)).refined_tables.snapshot()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Programs of Node.js with their packages installed."""
    with skipping():
        return installed(tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Print a line on a check's extent under the tests' results."""
    return pytestconfig.stash.setdefault(REPORT, []).append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the lines of `report`."""
    lines = sorted(set(config.stash.get(REPORT, [])))
    if lines:
        terminalreporter.section("checked beside the emulator")
        terminalreporter.write("".join(f"{line}\n" for line in lines))


def say(step: str, text: str) -> None:
    """One line a step, and after how many seconds, while the chain is under way."""
    sys.stdout.write(f"{time.monotonic() - START:4.0f} s  {step:<10} {text}\n")
    sys.stdout.flush()


def copied_raw(cloud: Cloud, folder: Path) -> Path:
    """The same inputs, for a lake that knows nothing of AWS."""
    s3, bucket = cloud.client("s3"), cloud.outputs["lake_bucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="raw/"):
        for found in page["Contents"]:
            target = folder / found["Key"]
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, found["Key"], str(target))
    return folder


def refined(folder: Path) -> Path:
    """SQLite, DuckDB and one run; it refuses what is to be refused, which is exit code 1."""
    command = [sys.executable, "-m", "bovespa_pipeline", "refine", "--lake", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return folder


def asked(cloud: Cloud) -> str:
    """The answer of the command, which starts from the Glue Catalog."""
    with cloud.here():
        command = [sys.executable, "-m", "bovespa_pipeline", "query", QUERY, "--lake", LAKE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
