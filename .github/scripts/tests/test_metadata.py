"""The metadata of each package is complete and matches the contents of its wheel."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from workspace import Package, packages

ROOT = Path(__file__).parents[3]
PACKAGES = list(packages(ROOT).values())
every_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)


def project(package: Package) -> dict[str, Any]:
    text = (ROOT / package.folder / "pyproject.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


@every_package
def test_what_a_page_on_pypi_shows_is_there(package: Package) -> None:
    """In the same words for each: licence, README, Python versions, types."""
    said = project(package)
    assert said["description"].endswith(".")
    assert (said["license"], said["license-files"]) == ("MIT", ["LICENSE"])
    assert (said["readme"], said["requires-python"]) == ("README.md", ">=3.11")
    assert said["keywords"] == sorted(said["keywords"])
    assert {
        "Development Status :: 4 - Beta",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Typing :: Typed",
    } <= set(said["classifiers"])


@every_package
def test_what_it_names_lies_in_its_folder(package: Package) -> None:
    """A wheel of a package by itself has its own licence and its own marker of types."""
    folder = ROOT / package.folder
    module = package.name.replace("-", "_")
    assert (folder / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")
    assert (folder / "src" / module / "py.typed").is_file()
    assert (folder / "README.md").read_text("utf-8").startswith("# ")


@every_package
def test_every_dependency_has_a_lowest_version(package: Package) -> None:
    """Without one, the lowest that is allowed is one that was never tried."""
    bounds = [Requirement(text) for text in package.requirements]
    others = [bound for bound in bounds if bound.name != package.name]
    floors = {">=", "==", "~="}
    bare = [str(each) for each in others if not floors & {one.operator for one in each.specifier}]
    assert bare == []
