"""Files of every admitted contract version are read: raw, manifests and tables."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from b3_contracts.backends import arrow
from b3_contracts.events import Manifest
from b3_contracts.governance import golden
from b3_contracts.specification import RAW, REFINED
from lake_io import LocalStore, Publication, RawZone, Replacement, open_lake, query
from lake_io.tables.evolution import add_missing_columns

PACKAGE = Path(__file__).parents[1]
CONTRACTS = PACKAGE.parents[1] / "contracts"
VERSIONS = golden.admitted(CONTRACTS, PACKAGE / "pyproject.toml")


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def version(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A version's golden files, in a folder of their own."""
    return Path(shutil.copytree(request.param, tmp_path / "golden"))


def test_raw_is_read_whole(version: Path) -> None:
    """Every entry, under the present contract, and its payload by its hash."""
    raw = RawZone(LocalStore(version / "lake"))
    entries = raw.entries()
    read = raw.read(list(entries.values()))
    assert read.broken == {}
    assert read.rows.schema == arrow.schema(RAW)
    assert {entry.index_code for entry in entries} == {"IBOV", "SMLL"}
    assert all(raw.payload(entry.payload_sha256) for entry in entries)


def test_the_same_capture_writes_the_same_manifests(version: Path, tmp_path: Path) -> None:
    """Present code gives older entries their older id, or a job would run twice."""
    files = sorted((version / "lake" / "raw" / "manifest").iterdir())
    raw = RawZone(LocalStore(tmp_path / "new"))
    for file in files:
        given = Manifest.from_json(file.read_bytes())
        assert raw.write_manifest(given.entries, given.captured_at).key.endswith(file.name)
    written = sorted((tmp_path / "new" / "raw" / "manifest").iterdir())
    assert [file.read_bytes() for file in written] == [file.read_bytes() for file in files]


def test_the_refined_tables_are_published_and_asked(version: Path, tmp_path: Path) -> None:
    """Rows as written, whatever columns the contract has added since."""
    tables = {file.stem: pq.read_table(file) for file in (version / "refined").iterdir()}
    lake = open_lake(str(tmp_path / "lake"))
    replacements = {name: replacement(name, rows) for name, rows in tables.items()}
    lake.refined_tables.publish(
        Publication("run", version.name, lake.refined_tables.snapshot(), replacements)
    )
    snapshot = lake.refined_tables.snapshot()
    counted = query(
        snapshot, "select count(*) as n from position join portfolio using (index_code)"
    )
    assert counted["n"].to_pylist() == [13]
    for name, rows in tables.items():
        assert rows.num_rows > 0
        assert sorted_rows(snapshot.read(name).select(rows.column_names)) == sorted_rows(rows)


def replacement(name: str, rows: pa.Table) -> Replacement:
    model = REFINED[name]
    whole = add_missing_columns(rows, model, arrow.column_names(model))
    columns = list(model.replaced_by)
    return Replacement(whole, rows.select(columns).group_by(columns).aggregate([]))


def sorted_rows(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))
