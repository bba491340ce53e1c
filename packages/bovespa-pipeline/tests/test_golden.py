"""The command goes on with a lake that any admitted version of the contract began."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow.parquet as pq
import pytest

from b3_contracts.governance import golden

PACKAGE = Path(__file__).parents[1]
CONTRACTS = PACKAGE.parents[1] / "contracts"
VERSIONS = golden.admitted(CONTRACTS, PACKAGE / "pyproject.toml")


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_an_older_lake_is_refined_and_answers(
    version: Path, lake: Path, bovespa: Callable[..., CompletedProcess[str]]
) -> None:
    """Changes and their causes as that version published them."""
    shutil.copytree(version / "lake", lake)
    assert bovespa("refine").returncode == 0
    said = bovespa("changes", "IBOV", "--format", "csv").stdout
    told = {(row["ticker"], row["cause"]) for row in csv.DictReader(io.StringIO(said))}
    was = pq.read_table(version / "refined" / "position_change.parquet").to_pylist()
    assert told == {(row["ticker"], row["cause"]) for row in was}
    assert told
