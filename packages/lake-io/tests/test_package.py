"""Public names, version and import cost of the package."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import lake_io

PACKAGE = Path(__file__).parents[1]


def test_the_public_names_are_these() -> None:
    """Sorted; each is there."""
    assert lake_io.__all__ == sorted(lake_io.__all__)
    assert lake_io.__all__ == [
        "Conflict",
        "CopiedObject",
        "CopyState",
        "Lake",
        "LakeDamaged",
        "LakeError",
        "LakeMoved",
        "LakeOutdated",
        "LakeSnapshot",
        "LakeUnreachable",
        "LocalStore",
        "NotInLake",
        "PreviewReader",
        "Publication",
        "QueryError",
        "RawCopy",
        "RawDamaged",
        "RawRead",
        "RawReader",
        "RawZone",
        "Receipt",
        "RefinedTables",
        "Rejection",
        "Replacement",
        "Run",
        "Store",
        "are_nested",
        "open_lake",
        "open_store",
        "query",
        "relocate_lake",
    ]
    assert all(hasattr(lake_io, name) for name in lake_io.__all__)


def test_every_error_is_a_lake_error() -> None:
    """One `except` is enough."""
    names = (
        "Conflict",
        "LakeDamaged",
        "LakeMoved",
        "LakeOutdated",
        "LakeUnreachable",
        "NotInLake",
    )
    errors = [getattr(lake_io, name) for name in names]
    assert all(issubclass(error, lake_io.LakeError) for error in errors)


def test_importing_it_brings_no_engine_and_no_cloud() -> None:
    """DuckDB and boto3 are extras."""
    code = "import sys, lake_io; print(*{'boto3', 'duckdb', 'pyspark'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split() == []


def test_the_version_is_the_changelogs() -> None:
    """Project file and changelog name one version."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"## {project['version']}" in (PACKAGE / "CHANGELOG.md").read_text("utf-8")
