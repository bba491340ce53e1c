"""Golden files: what each version wrote keeps its contract, and nobody passes a version over."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from b3_contracts.backends.arrow import schema
from b3_contracts.backends.validation import validate
from b3_contracts.errors import ContractError
from b3_contracts.events import Manifest
from b3_contracts.governance import golden
from b3_contracts.layout import PreviewKey, RawPositionKey
from b3_contracts.models.tables import RAW, REFINED, RawPreview

CONTRACTS = Path(__file__).parents[1]
CURRENT = CONTRACTS / "golden" / golden.versions(CONTRACTS)[0]


def project(tmp_path: Path, *bounds: str) -> Path:
    file = tmp_path / "pyproject.toml"
    asked = ", ".join(f'"{bound}"' for bound in bounds)
    file.write_text(f'[project]\nname = "reader"\ndependencies = [{asked}]\n', "utf-8")
    return file


def tree(tmp_path: Path, *written: str) -> Path:
    """A source tree that names three versions and has the golden files of some."""
    (tmp_path / "CHANGELOG.md").write_text("## 0.2.0 (unreleased)\n## 0.1.1\n## 0.1.0\n", "utf-8")
    for version in written:
        (tmp_path / "golden" / version).mkdir(parents=True)
        (tmp_path / "golden" / version / "event.json").write_text("{}", "utf-8")
    return tmp_path


def test_every_version_of_the_changelog_has_golden_files() -> None:
    """A version without them could be read wrongly later, and nobody would notice."""
    for version in golden.versions(CONTRACTS):
        assert (CONTRACTS / "golden" / version / "event.json").is_file()


@pytest.mark.parametrize("name", sorted(REFINED))
def test_the_refined_tables_keep_the_present_contract(name: str) -> None:
    """Of the newest version: types and rows."""
    rows = pq.read_table(CURRENT / "refined" / f"{name}.parquet")
    assert rows.schema.equals(schema(REFINED[name]))
    assert validate(rows, REFINED[name]).num_rows > 0


def test_the_raw_rows_keep_the_present_contract_under_keys_of_the_layout() -> None:
    """Three payloads of two indices and two sessions."""
    files = sorted((CURRENT / "lake/raw/position").rglob("*.parquet"))
    keys = [RawPositionKey.parse(file.relative_to(CURRENT / "lake").as_posix()) for file in files]
    assert [key and key.entry.index_code for key in keys] == ["IBOV", "IBOV", "SMLL"]
    assert all(validate(pq.ParquetFile(file).read(), RAW).num_rows for file in files)


def test_typed_previews_keep_the_present_contract() -> None:
    """The expired one of September, that of January, and both again as expired since."""
    files = sorted((CURRENT / "lake/raw/preview").rglob("*.parquet"))
    keys = [PreviewKey.parse(file.relative_to(CURRENT / "lake").as_posix()) for file in files]
    assert [key and key.captured_on.month for key in keys] == [11, 12, 1, 1]
    assert all(validate(pq.ParquetFile(file).read(), RawPreview).num_rows for file in files)


def test_the_manifests_are_read_and_named_after_their_entries() -> None:
    """Their ids are part of the contract: an id that changed would start a job again."""
    files = sorted((CURRENT / "lake" / "raw" / "manifest").iterdir())
    read = [Manifest.from_json(file.read_bytes()) for file in files]
    assert [manifest.id for manifest in read] == [file.stem for file in files]
    assert [manifest.to_json() for manifest in read] == [file.read_bytes() for file in files]


def test_a_consumer_reads_what_its_bounds_admit(tmp_path: Path) -> None:
    """Every such version, and no other."""
    contracts = tree(tmp_path, "0.2.0", "0.1.1", "0.1.0")
    found = golden.admitted(contracts, project(tmp_path, "b3-contracts>=0.1,<0.2"))
    assert [folder.name for folder in found] == ["0.1.1", "0.1.0"]


@pytest.mark.parametrize(
    ("written", "bounds", "told"),
    [
        (["0.1.0"], ["b3-contracts>=0.1,<0.2"], r"lacks .*0\.1\.1"),
        (["0.1.0"], ["b3-contracts>=3"], "none of a version that .* admits"),
        (["0.1.0"], ["pyarrow>=21"], "none of a version that .* admits"),
    ],
    ids=["one is missing", "none is admitted", "no bound at all"],
)
def test_reading_fewer_than_admitted_is_an_error(
    tmp_path: Path, written: list[str], bounds: list[str], told: str
) -> None:
    """A loop over nothing would pass."""
    with pytest.raises(ContractError, match=told):
        golden.admitted(tree(tmp_path, *written), project(tmp_path, *bounds))
