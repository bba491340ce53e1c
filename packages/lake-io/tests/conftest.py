"""Every catalogue that a lake may have, and the small publications that tests make."""

import functools
import importlib.util
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from lake_io import Lake, LocalStore, RawZone, open_lake

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

HERE = Path(__file__).parent
Start = Callable[..., BaseProcess]


def load(name: str) -> ModuleType:
    """A module beside the tests: pytest's import mode puts their folder on no path."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


FACTORIES = load("factories")
load_once = functools.cache(load)


@pytest.fixture(scope="session")
def factories() -> ModuleType:
    """Small publications, `made.py`."""
    return FACTORIES


@pytest.fixture(scope="session")
def program() -> ModuleType:
    """Tables published by `program.py`, in processes of their own."""
    return load("program")


@pytest.fixture
def account() -> Iterator[Any]:
    """An empty AWS account on loopback, `moto_glue.py`."""
    pytest.importorskip("boto3", reason="lake-io is installed without its extra `aws`")
    pytest.importorskip("moto", reason="AWS on loopback needs moto[server]")
    with load_once("moto_glue").aws_on_loopback() as found:
        yield found


@pytest.fixture(params=["sqlite", "glue"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """A lake without anything in it, one for every catalogue there is."""
    if request.param == "glue":
        return open_lake(request.getfixturevalue("account").make_bucket())
    return open_lake(str(tmp_path / "lake"))


@pytest.fixture
def raw(tmp_path: Path) -> RawZone:
    """The raw zone of a lake in the test's own folder."""
    return RawZone(LocalStore(tmp_path))


@pytest.fixture(scope="session")
def start(program: ModuleType) -> Iterator[Start]:
    """`start(name, *args)`: a function of `program.py` in a process of its own.

    The processes are forks of one that has imported what they need, and has no threads.
    """
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context(
        "forkserver" if "forkserver" in methods else "spawn"  # Windows
    )

    def started(name: str, *args: object) -> BaseProcess:
        process: BaseProcess = context.Process(target=getattr(program, name), args=args)
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(HERE), *sys.path])))
        patch.syspath_prepend(str(HERE))
        context.set_forkserver_preload(["program"])
        yield started


def pytest_configure(config: Any) -> None:
    """No test passes with a warning of PyIceberg or DuckDB that a user would see."""
    config.addinivalue_line("filterwarnings", "error:Delete operation:UserWarning")
    config.addinivalue_line("filterwarnings", "error:Arrow output:UserWarning")
