"""A package is tried by itself, and what it lacks there is told."""

import os
import shutil
from pathlib import Path

import installed
import isolated_env
import pytest
from workspace import ScriptError, packages

HATCH = """\
[envs.contracts]
workspace.members = [{ path = "contracts", features = ["tables"] }]
dependencies = ["pytest>=9"]

[envs.whole]
workspace.members = ["contracts", "packages/asking", "packages/whole"]
dependencies = ["pytest>=9", "hypothesis"]
"""


@pytest.fixture
def repository(repository, monkeypatch):
    """With test environments; uv asks no index, and PyPI's own checker is another test's."""
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setattr(isolated_env, "accepted", lambda *_: "accepted")
    repository.write("hatch.toml", HATCH)
    repository.write(".pytest.toml", "[pytest]\n")
    return repository


def try_alone(repository, *arguments: str) -> int:
    return installed.main(["--root", str(repository.root), "--without-tests", *arguments])


def test_a_wheel_brings_what_it_asks_for_and_no_more(repository, capsys) -> None:
    """Those of ours beneath it come along; `keeping` and `whole` do not."""
    need_uv(repository)
    assert try_alone(repository, "--package", "asking") == 0
    said = capsys.readouterr().out
    assert "pip install asking brings 2 packages" in said
    assert "asking==0.1.0 b3-contracts==0.1.0" in said
    assert "ran asking --help" in said


def test_a_wheel_that_does_not_import_what_it_ships_fails(repository, capsys) -> None:
    """A module left out of the wheel is there in the sources, and nowhere else."""
    need_uv(repository)
    repository.replace("packages/asking/pyproject.toml", "src/asking", "src/asking/absent")
    repository.write("packages/asking/src/asking/absent/__init__.py", "")
    assert try_alone(repository, "--package", "asking") == 1
    assert "failed" in capsys.readouterr().err


def test_an_unknown_package_is_one_sentence(repository, capsys) -> None:
    """It says which there are."""
    assert try_alone(repository, "--package", "nonsense") == 1
    assert capsys.readouterr().err == (
        "there is no package nonsense: choose of b3-contracts, asking, keeping, whole\n"
    )


def test_the_lowest_versions_are_those_of_everything_of_ours_beneath(repository) -> None:
    """uv takes the lowest of what it is told by name alone."""
    repository.replace("packages/asking/pyproject.toml", '["b3', '["requests>=2.32", "b3')
    known = packages(repository.root)
    with pytest.raises(ScriptError, match="b3-contracts has no extra tables"):
        isolated_env.lowest(known["whole"], known, (), "lowest-direct")
    extra = '[project.optional-dependencies]\ntables = ["pyarrow>=21"]\n\n[project.scripts]'
    repository.replace("contracts/pyproject.toml", "[project.scripts]", extra)
    known = packages(repository.root)
    args = (known["whole"], known, ())
    assert set(isolated_env.lowest(*args, "lowest-direct")) == {"pyarrow>=21", "requests>=2.32"}
    assert isolated_env.lowest(*args, "highest") == []


def test_tests_need_what_the_hatch_environment_names(repository) -> None:
    """Extras and tools stand in hatch.toml, once."""
    known = packages(repository.root)
    found = isolated_env.needed_for_tests(known["b3-contracts"], repository.root)
    assert found == (["tables"], ["pytest>=9"])
    assert isolated_env.needed_for_tests(known["whole"], repository.root) == (
        [],
        ["pytest>=9", "hypothesis"],
    )
    with pytest.raises(ScriptError, match=r"hatch\.toml has no environment asking"):
        isolated_env.needed_for_tests(known["asking"], repository.root)


def test_the_sources_are_away_and_the_golden_files_are_there(repository, tmp_path: Path) -> None:
    """A test that passes there passes on what is installed."""
    repository.write("contracts/golden/0.1.0/event.json", "{}")
    repository.write("packages/asking/tests/test_it.py", "")
    package = packages(repository.root)["asking"]
    tree = isolated_env.without_sources(package, repository.root, tmp_path / "alone" / "tree")
    found = {file.relative_to(tree).as_posix() for file in tree.rglob("*") if file.is_file()}
    assert found == {
        ".pytest.toml",
        "contracts/CHANGELOG.md",
        "contracts/golden/0.1.0/event.json",
        "packages/asking/CHANGELOG.md",
        "packages/asking/pyproject.toml",
        "packages/asking/tests/test_it.py",
    }


def need_uv(repository) -> None:
    """A tool a person may lack and CI may not; hatch installs one beside itself."""
    beside = Path(__file__).parents[3] / ".venv" / "bin" / "uv"
    if shutil.which("uv") is not None:
        return
    if beside.is_file():
        (repository.root / ".venv" / "bin").mkdir(parents=True)
        (repository.root / ".venv" / "bin" / "uv").symlink_to(beside)
    elif os.environ.get("CI"):
        pytest.fail("uv is not here: pip install uv")
    else:
        pytest.skip("uv is not here: pip install uv")
