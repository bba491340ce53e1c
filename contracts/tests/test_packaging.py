"""Modules another package may import without the heavy extras."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import b3_contracts

SOURCE_TREE = Path(__file__).parents[1]
LIGHT = ["errors", "events", "layout", "vocabulary"]


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after `statement`."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(list(sys.modules)))"
    source = str(Path(b3_contracts.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {source!r})\n{code}"],
        capture_output=True,
        check=True,
        text=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("module", ["", *LIGHT])
def test_the_light_modules_need_the_standard_library_alone(module: str) -> None:
    """A Lambda imports them with no site-packages on its path."""
    statement = f"import b3_contracts.{module}" if module else "import b3_contracts"
    foreign = loaded_by(statement) - set(sys.stdlib_module_names) - {"__main__", "b3_contracts"}
    assert foreign == set()


def test_the_models_work_where_no_dataframe_library_is() -> None:
    """Rows are validated without pandas, so a scraper's installation stays small."""
    absent = ["great_expectations", "pandas", "polars", "pyiceberg", "pyspark"]
    code = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from b3_contracts.backends import arrow
from b3_contracts.governance import dictionary
from b3_contracts.governance import expectations
from b3_contracts.models import tables
from b3_contracts.backends import validation
validation.validate(arrow.empty(tables.Position), tables.Position)
print(len(expectations.suite(tables.Position)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(done.stdout) > 10


def test_the_version_is_the_same_wherever_it_stands() -> None:
    """Package, project file and changelog name one version."""
    project = tomllib.loads((SOURCE_TREE / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (SOURCE_TREE / "CHANGELOG.md").read_text("utf-8")
    assert project["version"] == b3_contracts.__version__
    assert f"## {b3_contracts.__version__}" in changelog
