"""Wheels that are really built and installed, so these tests take seconds."""

from pathlib import Path

import pytest
from building import build, install
from workspace import ScriptError, packages


def test_a_built_wheel_installs_where_nothing_else_is(repository, tmp_path: Path) -> None:
    """With what it needs of ours beside it; its command runs."""
    known = packages(repository.root)
    out = tmp_path / "release"
    for name in ("b3-contracts", "asking"):
        build(known[name], repository.root, out)
    said = install(known["asking"], out, out / "pypi")
    assert said.startswith("asking-0.1.0-py3-none-any.whl was installed")


def test_a_wheel_that_cannot_be_installed_is_told(repository, tmp_path: Path) -> None:
    """By pip's own words: here, one whose module is not in it."""
    repository.write("packages/whole/src/whole/__init__.py", "import nowhere\n")
    repository.replace("packages/whole/pyproject.toml", '"asking>=0.1,<0.2", ', "")
    repository.replace(
        "packages/whole/pyproject.toml", '"b3-contracts>=0.1,<0.2", "keeping>=0.1"', ""
    )
    known = packages(repository.root)
    build(known["whole"], repository.root, tmp_path / "release")
    with pytest.raises(ScriptError, match="No module named 'nowhere'"):
        install(known["whole"], tmp_path / "release", None)


def test_a_wheel_that_was_not_built_is_told(repository, tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(ScriptError, match=r"holds no wheel of asking 0\.1\.0: build it first"):
        install(packages(repository.root)["asking"], tmp_path, None)


def test_the_lambdas_zip_and_glues_wheels_are_built_beside(tmp_path: Path) -> None:
    """Of this repository's packages, for those that run there."""
    root = Path(__file__).parents[3]
    known = packages(root)
    built = build(known["trigger-lambda"], root, tmp_path / "a")
    assert tmp_path / "a" / "aws" / "trigger-lambda.zip" in built
    built = build(known["lake-io"], root, tmp_path / "b")
    aws = [file.name for file in built if file.parent.name == "aws"]
    assert aws == ["glue-wheels.zip"]
