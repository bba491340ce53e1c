"""The functions' ZIP, as `hatch run artifacts` builds it."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "infra" / "artifacts.py"


@pytest.fixture(scope="session")
def artifacts() -> ModuleType:
    """The script as a module; in the package's own source distribution it is not there."""
    if not SCRIPT.is_file():
        pytest.skip("infra/artifacts.py is not here: this is not the whole repository")
    spec = importlib.util.spec_from_file_location("artifacts", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def packed(artifacts: ModuleType, tmp_path: Path) -> Path:
    (target,) = artifacts.lambda_zip(tmp_path)
    return Path(target)


def test_the_zip_is_small_and_holds_the_handlers_and_the_light_contracts(packed: Path) -> None:
    """Neither boto3, which the runtime brings, nor anything of the tables."""
    assert packed.stat().st_size <= 200_000
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
    assert names == sorted(names)
    assert {"trigger_lambda/trigger.py", "trigger_lambda/watch.py"} <= {*names}
    assert [name for name in names if name.startswith("b3_contracts/")] == [
        "b3_contracts/__init__.py",
        "b3_contracts/errors.py",
        "b3_contracts/events.py",
        "b3_contracts/layout.py",
        "b3_contracts/vocabulary.py",
    ]


def test_the_zip_has_the_same_bytes_twice(
    artifacts: ModuleType, packed: Path, tmp_path: Path
) -> None:
    """Whatever the times and rights of the files it was made of."""
    (again,) = artifacts.lambda_zip(tmp_path / "again")
    assert again.read_bytes() == packed.read_bytes()
    with zipfile.ZipFile(packed) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_the_handlers_import_from_the_zip_with_nothing_else_of_ours(packed: Path) -> None:
    """Environment as in Lambda: the archive, boto3, and no other package of the project."""
    code = (
        "import trigger_lambda.trigger as trigger, trigger_lambda.watch as watch, b3_contracts\n"
        "print(all('.zip' in m.__file__ for m in (trigger, watch, b3_contracts)))\n"
        "print(trigger.handle.__name__, watch.handle.__name__)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(packed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "True\nhandle handle\n"


def test_every_source_of_ours_that_the_handlers_load_is_in_the_zip(packed: Path) -> None:
    """A new module of the contracts that a light one imports would be missed here first."""
    code = (
        "import sys, trigger_lambda.trigger, trigger_lambda.watch\n"
        "print(*[n for n in sys.modules if n.split('.')[0] in ('b3_contracts', 'trigger_lambda')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with zipfile.ZipFile(packed) as archive:
        modules = {
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in archive.namelist()
        }
    assert {*found.stdout.split()} <= modules
