"""The golden files of a version are what its code writes, and stay once it is released."""

import shutil
from pathlib import Path

import golden
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from b3_contracts import __version__

CONTRACTS = Path(__file__).parents[3] / "contracts"


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A source tree of the contracts with what it keeps of this version."""
    folder = tmp_path / "contracts"
    shutil.copytree(CONTRACTS / "golden", folder / "golden")
    (folder / "CHANGELOG.md").write_text(f"## {__version__} (unreleased)\n", "utf-8")
    return folder


def test_what_is_kept_is_what_the_code_writes(contracts: Path) -> None:
    """Row for row and key for key: the sample exchange, capture, refine and the gate."""
    assert golden.main(["--check", "--contracts", str(contracts)]) == 0


def test_a_figure_that_changed_is_told(contracts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the file, and what to do."""
    file = contracts / "golden" / __version__ / "refined" / "position.parquet"
    rows = pq.read_table(file)
    column = rows.column_names.index("theoretical_quantity")
    spoilt = pa.array([1] * rows.num_rows, pa.int64())
    pq.write_table(rows.set_column(column, rows.schema.field(column), spoilt), file)
    assert golden.main(["--check", "--contracts", str(contracts)]) == 1
    said = capsys.readouterr().err
    assert "refined/position.parquet of" in said
    assert "raise the contract's version" in said


def test_a_released_version_is_not_written_again(
    contracts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others rely on reading what it wrote."""
    (contracts / "CHANGELOG.md").write_text(f"## {__version__}\n", "utf-8")
    kept = sorted(contracts.rglob("*"))
    assert golden.main(["--contracts", str(contracts)]) == 1
    assert "is released and" in capsys.readouterr().err
    assert sorted(contracts.rglob("*")) == kept
