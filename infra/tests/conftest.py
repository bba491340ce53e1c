"""One applied infrastructure for all tests that ask about it: an apply takes a minute and more."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# Helpers beside this file and elsewhere: tests are imported without a folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2] / ".github/scripts"))
sys.path.append(str(Path(__file__).parents[2] / "packages/trigger-lambda/tests"))

from applied import STUDENT, Applied, Terraform, apply, built, copied, skipping
from node import Node, installed

APPLIED = (
    "test_api_requests.py",
    "test_applied.py",
    "test_functions.py",
    "test_queries.py",
    "test_restore.py",
)


class OneApply(LoadFileScheduling):
    """Files to workers, and to one of them all files that ask about the applied infrastructure.

    The marker `xdist_group` would say so, but xdist 3.8 loses it under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "applied" if Path(file).name in APPLIED else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneApply | None:
    """Terraform mostly waits: meanwhile the other worker has the processor."""
    return OneApply(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of `hatch run artifacts`."""
    with skipping():
        return built(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory, build: Path) -> Terraform:
    """Terraform in a copy of infra/, with its provider, that is not applied."""
    copy = copied(tmp_path_factory.mktemp("checked"), build)
    with skipping():
        copy.init()
    return copy


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory, build: Path) -> Iterator[Applied]:
    """The infrastructure on a moto server: `.endpoint`, `.outputs`, `.boto3_session()`."""
    with skipping(), apply(tmp_path_factory.mktemp("applied"), build) as infrastructure:
        yield infrastructure


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory, build: Path) -> Iterator[Applied]:
    """The same in a student account, which has one role and may make none."""
    scratch = tmp_path_factory.mktemp("student")
    with skipping(), apply(scratch, build, STUDENT) as infrastructure:
        yield infrastructure


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Programs of Node.js with their packages installed."""
    with skipping():
        return installed(tmp_path_factory.mktemp("node"))
