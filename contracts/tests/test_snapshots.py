"""The snapshots under version control are the contract that is in force."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import b3_contracts
from b3_contracts.__main__ import SNAPSHOTS, main
from b3_contracts.errors import ContractError
from b3_contracts.governance import snapshots
from b3_contracts.models.tables import TABLES, Position

SOURCE_TREE = Path(__file__).parents[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree with fresh snapshots and dictionary."""
    assert main(["--folder", str(tmp_path), "write"]) == 0
    return tmp_path


def rewrite(tree: Path, version: str, **changed: Any) -> None:
    """Turns the snapshots of `tree` into older ones, in which Position was otherwise."""
    tables = copy.deepcopy(snapshots.current())
    tables["position"] = {**tables["position"], **changed}
    snapshots.write(tree / SNAPSHOTS, version, tables)


def test_the_models_are_as_their_snapshots_say() -> None:
    """`python -m b3_contracts write` was run, so that review sees the change as a diff."""
    version, written = snapshots.read(SOURCE_TREE / SNAPSHOTS)
    assert written == snapshots.current()
    assert version == b3_contracts.__version__


def test_a_snapshot_is_plain_json() -> None:
    """A snapshot is read back unchanged: no figure becomes a float."""
    taken = snapshots.snapshot(Position)
    assert json.loads(json.dumps(taken)) == taken


def test_there_is_one_file_per_table(tree: Path) -> None:
    """A table that is gone takes its file with it."""
    (tree / SNAPSHOTS / "gone.json").write_text("{}")
    assert main(["--folder", str(tree), "write", "--unreleased"]) == 0
    assert {path.stem for path in (tree / SNAPSHOTS).glob("*.json")} == set(TABLES)


def test_a_folder_without_snapshots_is_said_to_be_one(tmp_path: Path) -> None:
    """Nothing to compare with is not the same as nothing changed."""
    with pytest.raises(ContractError, match=r"VERSION: is missing"):
        snapshots.read(tmp_path)


def test_check_is_silent_where_all_is_in_order(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0 and no output."""
    assert main(["--folder", str(tree), "check"]) == 0
    assert not capsys.readouterr().out


def test_check_says_what_breaks_and_which_version_it_asks_for(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names table, column and version."""
    columns = [*snapshots.snapshot(Position)["columns"]]
    gone = {**columns[0], "name": "gone"}
    rewrite(tree, b3_contracts.__version__, columns=[*columns, gone])
    assert main(["--folder", str(tree), "check"]) == 1
    said = capsys.readouterr().out
    assert "position.gone: column from 'string' to None (breaks readers)" in said
    assert f"asks for a new minor version after {b3_contracts.__version__}" in said


def test_check_tells_of_words_that_were_not_written(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A description asks for no version, but the snapshots have to be written."""
    rewrite(tree, b3_contracts.__version__, description="Another sentence.")
    assert main(["--folder", str(tree), "check"]) == 1
    assert "(breaks nothing)" in capsys.readouterr().out


def test_check_wants_the_snapshots_of_a_raised_version(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version without snapshots of its own could not be compared with later."""
    rewrite(tree, "0.0.9")
    assert main(["--folder", str(tree), "check"]) == 1
    assert "the snapshots are of 0.0.9" in capsys.readouterr().out


def test_check_sees_a_dictionary_that_was_not_written(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The dictionary is part of the contract."""
    (tree / "DICTIONARY.md").unlink()
    assert main(["--folder", str(tree), "check"]) == 1
    assert "DICTIONARY.md is not what the models say" in capsys.readouterr().out


def test_write_refuses_while_the_version_does_not_follow(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Writing would forget what the change breaks."""
    rewrite(tree, b3_contracts.__version__, unique=[])
    before = snapshots.read(tree / SNAPSHOTS)
    assert main(["--folder", str(tree), "write"]) == 1
    assert "nothing written" in capsys.readouterr().out
    assert snapshots.read(tree / SNAPSHOTS) == before


def test_write_lets_an_unreleased_version_change(tree: Path) -> None:
    """Nobody relies yet on what was never released."""
    rewrite(tree, b3_contracts.__version__, unique=[])
    assert main(["--folder", str(tree), "write", "--unreleased"]) == 0
    assert main(["--folder", str(tree), "check"]) == 0


def test_write_takes_the_snapshots_of_a_version_that_followed(tree: Path) -> None:
    """From 0.0.9 to a breaking 0.1.0: the minor version was raised."""
    rewrite(tree, "0.0.9", unique=[])
    assert main(["--folder", str(tree), "write"]) == 0
    assert main(["--folder", str(tree), "check"]) == 0
