"""Selection of the packages a change is tested in."""

import io
import json
import subprocess
import sys
from pathlib import Path

import changed
import pytest
from workspace import Package, ScriptError, canonical, dependents, packages

EVERYONE = {"asking", "b3-contracts", "keeping", "whole"}
ROOT = Path(__file__).parents[3]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [entry["name"] for entry in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("path", "tested"),
    [
        ("packages/whole/README.md", {"whole"}),
        ("packages/asking/src/asking/__init__.py", {"asking", "whole"}),
        ("contracts/src/b3_contracts/models/tables.py", EVERYONE),
        ("contracts/golden/0.1.0/position.parquet", EVERYONE),
        ("hatch.toml", EVERYONE),
        (".github/workflows/ci.yml", EVERYONE),
        ("packages/gone/pyproject.toml", EVERYONE),
        ("infra/main.tf", set()),
    ],
)
def test_a_change_is_tested_where_it_can_be_felt(repository, path, tested) -> None:
    """In the package, in those that need it, and everywhere for what all share."""
    assert changed.affected([path], packages(repository.root)) == tested


def test_changes_add_up(repository) -> None:
    """Of several files, every package that one of them touches."""
    paths = ["infra/main.tf", "packages/asking/a.py", "packages/keeping/b.py"]
    assert changed.affected(paths, packages(repository.root)) == {"asking", "keeping", "whole"}


def test_dependents_are_found_through_others() -> None:
    """Whoever needs one that needs it."""
    known = {
        "a": Package("a", "a", "1.0.0", ()),
        "b": Package("b", "b", "1.0.0", ("A_x>=1", "a")),
        "c": Package("c", "c", "1.0.0", ("b[extra]>=1; python_version > '3'",)),
    }
    assert dependents(known, {"a"}) == {"a", "b", "c"}


def test_names_are_compared_as_an_index_compares_them() -> None:
    """Case, dots and underscores make no difference, and bounds are no part of a name."""
    assert canonical(" B3_Contracts.x[tables] >=0.1 ; extra == 'x'") == "b3-contracts-x"


def test_what_is_no_requirement_is_said() -> None:
    """With the text that was written."""
    with pytest.raises(ScriptError, match=r"'>=1' is no requirement: write a name"):
        canonical(">=1")


def test_the_diff_since_a_branch_began_is_read(repository, capsys) -> None:
    """Not what main has got meanwhile."""
    base = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "--quiet", "-b", "work")
    repository.write("packages/keeping/new file é.py", "")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("packages/asking/other.py", "")
    repository.commit()
    repository.git("checkout", "--quiet", "work")
    assert changed.main(["--root", str(repository.root), "main"]) == 0
    assert printed(capsys) == ["keeping", "whole"]
    assert changed.main(["--root", str(repository.root), base]) == 0
    assert printed(capsys) == ["keeping", "whole"]


def test_a_file_that_moves_counts_where_it_was(repository, capsys) -> None:
    """A package that lost a file is tested as well."""
    base = repository.git("rev-parse", "HEAD").strip()
    repository.git("mv", "packages/asking/CHANGELOG.md", "packages/keeping/moved.md")
    repository.commit()
    assert changed.main(["--root", str(repository.root), base]) == 0
    assert printed(capsys) == ["asking", "keeping", "whole"]


def test_paths_may_be_piped(repository, capsys, monkeypatch) -> None:
    """One a line."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("packages/whole/a.py\ninfra/main.tf\n"))
    assert changed.main(["--root", str(repository.root), "-"]) == 0
    assert printed(capsys) == ["whole"]


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_without_a_base_everyone_is_tested(repository, capsys, base) -> None:
    """A new branch has none, nor has a push by force."""
    assert changed.main(["--root", str(repository.root), base]) == 0
    assert set(printed(capsys)) == EVERYONE


def test_an_unknown_base_is_said(repository, capsys) -> None:
    """In words, with what to do."""
    assert changed.main(["--root", str(repository.root), "nowhere"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("there is no way from nowhere to here: fetch it")


def test_it_runs_on_the_standard_library_alone() -> None:
    """Before anything is installed, in this very repository, whose environments it names."""
    script = ROOT / ".github" / "scripts" / "changed.py"
    command = [sys.executable, "-E", "-S", str(script), ""]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    entry = {"name": "b3-contracts", "folder": "contracts", "environment": "contracts"}
    assert entry in json.loads(done.stdout)
