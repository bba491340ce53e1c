"""Public names, version and import cost of the package."""

import subprocess
import sys
import tomllib
from pathlib import Path

import glue_transform

PACKAGE = Path(__file__).parents[1]


def test_what_is_public_is_listed_sorted_and_there() -> None:
    """Every listed name can be had, and the list is the one users read."""
    assert glue_transform.__all__ == [
        "Announcement",
        "ConflictingImports",
        "DuckDBEngine",
        "Engine",
        "EngineMissing",
        "Finding",
        "GateFailed",
        "GateMissing",
        "IndexSession",
        "MissingRawData",
        "Pending",
        "QualityCheck",
        "RefineOptions",
        "Report",
        "Scope",
        "StatementFailed",
        "TransformError",
        "pending",
        "refine",
    ]
    assert glue_transform.__all__ == sorted(glue_transform.__all__)
    assert all(hasattr(glue_transform, name) for name in glue_transform.__all__)


def test_importing_does_not_bring_great_expectations() -> None:
    """It takes seconds, and only a run with something to evaluate needs it."""
    code = (
        "import sys, glue_transform;"
        "print(sorted({'great_expectations', 'duckdb', 'pyspark'} & {*sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_the_changelog_opens_with_the_version() -> None:
    """The changelog describes the current version."""
    version = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]["version"]
    headings = [
        line for line in (PACKAGE / "CHANGELOG.md").read_text().splitlines() if line[:3] == "## "
    ]
    assert headings[0].split()[1] == version
