"""Raw of every admitted version of the contract is refined into what that version published."""

import datetime as dt
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from b3_contracts.backends.validation import validate
from b3_contracts.governance import golden
from b3_contracts.specification import REFINED
from glue_transform import DuckDBEngine, refine
from glue_transform.testing import evaluate
from lake_io import open_lake

PACKAGE = Path(__file__).parents[1]
CONTRACTS = PACKAGE.parents[1] / "contracts"
VERSIONS = golden.admitted(CONTRACTS, PACKAGE / "pyproject.toml")
NOW = dt.datetime(2025, 1, 6, 21, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_older_raw_gives_the_tables_it_gave(version: Path, tmp_path: Path) -> None:
    """Row for row, in the columns there were; what a run says of itself differs."""
    lake = open_lake(str(shutil.copytree(version / "lake", tmp_path / "lake")))
    assert len(refine(lake, DuckDBEngine(), NOW, evaluate=evaluate).published) == 3
    snapshot = lake.refined_tables.snapshot()
    for name in REFINED.keys() - {"quality_result"}:
        was = pq.read_table(version / "refined" / f"{name}.parquet")
        now = validate(snapshot.read(name), REFINED[name])
        assert rows(now.select(was.column_names)) == rows(was)


def rows(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))
