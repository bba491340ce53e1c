"""Consumers' bounds on the contract follow its version."""

from pathlib import Path

import pytest

import b3_contracts
from b3_contracts.__main__ import SNAPSHOTS, main
from b3_contracts.errors import ContractError
from b3_contracts.governance import consumers, snapshots
from b3_contracts.models.tables import Position

PACKAGES = Path(__file__).parents[2] / "packages"


def write(tmp_path: Path, *bounds: str, extra: str = "") -> Path:
    """A folder of packages with one that asks for these."""
    file = tmp_path / "packages" / "lake-io" / "pyproject.toml"
    file.parent.mkdir(parents=True)
    asked = ", ".join(f'"{bound}"' for bound in bounds)
    optional = f'[project.optional-dependencies]\nmore = ["{extra}"]\n' if extra else ""
    file.write_text(f'[project]\nname = "lake-io"\ndependencies = [{asked}]\n{optional}', "utf-8")
    return tmp_path / "packages"


def test_a_bound_that_ends_before_the_next_breaking_version_is_in_order(tmp_path: Path) -> None:
    """For 0.1.x that is 0.2, for 1.x it is 2."""
    packages = write(tmp_path, "pyarrow>=21", "b3-contracts[tables]>=0.1,<0.2")
    assert consumers.check(consumers.read(packages), "0.1.7") == []


@pytest.mark.parametrize(
    ("bound", "version", "told"),
    [
        (
            "b3-contracts[tables]>=0.1,<0.2",
            "0.2.0",
            (
                "lake-io asks for b3-contracts[tables]<0.2,>=0.1, which leaves out 0.2.0: "
                'write "b3-contracts[tables]>=0.2,<0.3" in packages/lake-io/pyproject.toml'
            ),
        ),
        (
            "b3-contracts>=0.1",
            "0.1.0",
            (
                "lake-io asks for b3-contracts>=0.1, which lets in 0.2.0, that may break it: "
                'write "b3-contracts>=0.1,<0.2" in packages/lake-io/pyproject.toml'
            ),
        ),
        (
            "b3-contracts>=1.2",
            "1.2.3",
            (
                "lake-io asks for b3-contracts>=1.2, which lets in 2.0.0, that may break it: "
                'write "b3-contracts>=1.2,<2.0" in packages/lake-io/pyproject.toml'
            ),
        ),
    ],
)
def test_a_bound_that_does_not_follow_is_one_sentence(
    tmp_path: Path, bound: str, version: str, told: str
) -> None:
    """Package, bound, version, and what to write."""
    assert consumers.check(consumers.read(write(tmp_path, bound)), version) == [told]


def test_a_bound_of_an_extra_counts(tmp_path: Path) -> None:
    """Whoever installs the extra would meet it."""
    packages = write(tmp_path, "b3-contracts>=0.1,<0.2", extra="b3-contracts[spark]>=9")
    (told,) = consumers.check(consumers.read(packages), "0.1.0")
    assert "asks for b3-contracts[spark]>=9" in told


def test_a_project_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Nothing is passed over."""
    packages = write(tmp_path, "b3-contracts >>= nonsense")
    with pytest.raises(ContractError, match=r"lake-io/pyproject\.toml.*cannot be read"):
        consumers.read(packages)


def test_check_fails_where_a_bound_leaves_the_version_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though models, snapshots and dictionary are in order."""
    write(tmp_path, "b3-contracts>=9,<10")
    tree = tmp_path / "contracts"
    assert main(["--folder", str(tree), "write"]) == 0
    assert main(["--folder", str(tree), "check"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1
    assert f"which leaves out {b3_contracts.__version__}" in said[0]


def test_check_names_those_whom_a_change_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that one knows where to look."""
    packages = write(tmp_path, "b3-contracts>=0.1,<0.2")
    tables = snapshots.current()
    tables["position"] = {**snapshots.snapshot(Position), "unique": []}
    folder = tmp_path / "contracts"
    assert main(["--folder", str(folder), "write"]) == 0
    snapshots.write(folder / SNAPSHOTS, b3_contracts.__version__, tables)
    assert main(["--folder", str(folder), "check", "--packages", str(packages)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "what breaks is met by those who depend on it: lake-io" in said


@pytest.mark.skipif(not PACKAGES.is_dir(), reason="the packages that depend on it are not here")
def test_every_package_here_follows() -> None:
    """All of them depend on the contract, and none lets in what may break it."""
    found = consumers.read(PACKAGES)
    assert {one.file.parent for one in found} == {
        file.parent for file in PACKAGES.glob("*/pyproject.toml")
    }
    assert consumers.check(found, b3_contracts.__version__) == []
