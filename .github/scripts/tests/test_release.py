"""Rules of a release, and the message for each mistake."""

import pytest
import release
from workspace import packages


def told(repository, capsys, tag: str) -> str:
    """The sentence that a refused tag ends in."""
    assert release.main(["--root", str(repository.root), "check", tag]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said.strip()


def raised(repository, package: str, step: str) -> None:
    """A contributor's change without a changelog entry yet."""
    assert release.main(["--root", str(repository.root), "bump", package, step]) == 0


def test_a_first_release_in_order_passes(repository, capsys) -> None:
    """And names its package for the workflow's next steps."""
    repository.git("tag", "asking-v0.1.0")
    assert release.main(["--root", str(repository.root), "check", "asking-v0.1.0"]) == 0
    assert capsys.readouterr().out == "package=asking\n"


@pytest.mark.parametrize(
    ("step", "version"), [("patch", "0.1.1"), ("minor", "0.2.0"), ("major", "1.0.0")]
)
def test_one_step_up_passes(repository, step, version) -> None:
    """Once the changelog says what it brings."""
    repository.git("tag", "asking-v0.1.0")
    raised(repository, "asking", step)
    repository.replace(
        "packages/asking/CHANGELOG.md", f"## {version}\n", f"## {version}\n\n- More.\n"
    )
    repository.commit()
    tag = f"asking-v{version}"
    assert release.main(["--root", str(repository.root), "check", tag]) == 0


@pytest.mark.parametrize("tag", ["v0.1.0", "asking-0.1.0", "asking-v0.1", "asking-v0.1.0rc1"])
def test_a_tag_of_another_shape_is_refused(repository, capsys, tag) -> None:
    """With the shape it should have."""
    assert told(repository, capsys, tag) == (
        f"{tag} is no release: tag it <package>-vX.Y.Z, as b3-scraper-v0.2.0"
    )


def test_a_package_that_is_not_there_is_refused(repository, capsys) -> None:
    """With those that are."""
    assert told(repository, capsys, "nobody-v0.1.0") == (
        "there is no package nobody: take one of b3-contracts, asking, keeping, whole"
    )


def test_a_tag_that_is_not_the_version_is_refused(repository, capsys) -> None:
    """With both."""
    said = told(repository, capsys, "asking-v0.2.0")
    assert said.startswith("packages/asking/pyproject.toml says 0.1.0, the tag 0.2.0: tag the")


def test_a_version_stated_otherwise_in_the_code_is_refused(repository, capsys) -> None:
    """`__version__` has to follow."""
    repository.replace("packages/asking/pyproject.toml", '"0.1.0"', '"0.1.1"')
    assert told(repository, capsys, "asking-v0.1.1") == (
        "packages/asking/src/asking/__init__.py says 0.1.0, the tag 0.1.1: write 0.1.1 there too"
    )


@pytest.mark.parametrize(
    ("changelog", "begins"),
    [
        ("## 0.0.9\n\n- Old.\n", "'0.0.9':"),
        ("## 0.1.0 (unreleased)\n\n- New.\n", "'0.1.0 (unreleased)':"),
        ("## 0.1.0\n\n## 0.0.9\n\n- Old.\n", "'0.1.0', which says nothing:"),
    ],
)
def test_a_changelog_without_the_entry_is_refused(repository, capsys, changelog, begins) -> None:
    """Absent, marked as unreleased, or empty."""
    repository.write("packages/asking/CHANGELOG.md", f"# Changelog\n\n{changelog}")
    said = told(repository, capsys, "asking-v0.1.0")
    assert f"begins with an entry {begins}" in said
    assert said.endswith("say under '## 0.1.0' what has changed")


def test_a_changelog_without_any_entry_is_refused(repository, capsys) -> None:
    """With the heading to begin with."""
    repository.write("packages/asking/CHANGELOG.md", "# Changelog\n")
    said = told(repository, capsys, "asking-v0.1.0")
    assert said == "packages/asking/CHANGELOG.md has no entry: begin one, ## 0.1.0"


@pytest.mark.parametrize("released", ["0.0.8", "0.1.0", "0.2.0"])
def test_a_version_that_is_not_one_step_up_is_refused(repository, capsys, released) -> None:
    """Skipped, or behind; the highest tag counts, of this package alone."""
    for tag in ("asking-v0.0.7", f"asking-v{released}", "asking-extra-v9.0.0", "whole-v3.0.0"):
        repository.git("tag", tag)
    for file in ("pyproject.toml", "src/asking/__init__.py", "CHANGELOG.md"):
        repository.replace(f"packages/asking/{file}", "0.1.0", "0.1.2")
    repository.commit()
    said = told(repository, capsys, "asking-v0.1.2")
    assert said.startswith(f"{released} was released last, so 0.1.2 is not one step up: take ")


def test_a_first_version_is_one_step_up_from_nothing(repository, capsys) -> None:
    """So 0.3.0 is none."""
    for file in ("pyproject.toml", "src/asking/__init__.py", "CHANGELOG.md"):
        repository.replace(f"packages/asking/{file}", "0.1.0", "0.3.0")
    repository.replace("packages/whole/pyproject.toml", "asking>=0.1,<0.2", "asking>=0.3,<0.4")
    repository.commit()
    assert told(repository, capsys, "asking-v0.3.0") == (
        "asking was never released, so 0.3.0 is not one step up: take 1.0.0, 0.1.0 or 0.0.1"
    )


def test_a_consumer_that_leaves_the_version_out_is_refused(repository, capsys) -> None:
    """Packages tested together have to be installable together."""
    repository.replace("packages/keeping/pyproject.toml", ">=0.1,<0.2", ">=0.0.1,<0.1")
    repository.commit()
    assert told(repository, capsys, "b3-contracts-v0.1.0") == (
        "packages/keeping/pyproject.toml asks for b3-contracts[tables]>=0.0.1,<0.1, which leaves "
        "out 0.1.0: move its bound, and say so in its changelog"
    )


def test_a_tree_with_changes_is_refused(repository, capsys) -> None:
    """The built version has to be the tagged one."""
    repository.write("packages/asking/new.py", "")
    said = told(repository, capsys, "asking-v0.1.0")
    assert said.startswith("the tree has changes that no commit holds: commit them")


def test_raising_writes_every_place_and_moves_the_bounds(repository, capsys) -> None:
    """The version, its twin in the code, a heading, and who would be left behind."""
    raised(repository, "asking", "minor")
    known = packages(repository.root)
    assert known["asking"].version == "0.2.0"
    assert '__version__ = "0.2.0"' in repository.read("packages/asking/src/asking/__init__.py")
    assert "## 0.2.0\n\n## 0.1.0" in repository.read("packages/asking/CHANGELOG.md")
    assert "asking>=0.2,<0.3" in known["whole"].requirements
    assert "now describe the changes under '## 0.2.0'" in capsys.readouterr().out


def test_a_bound_that_lets_the_version_in_stays(repository) -> None:
    """`whole` takes any `keeping` from 0.1; extras stay where bounds move."""
    raised(repository, "keeping", "major")
    assert "keeping>=0.1" in packages(repository.root)["whole"].requirements
    raised(repository, "b3-contracts", "major")
    wanted = packages(repository.root)["keeping"].requirements
    assert wanted == ("b3-contracts[tables]>=1.0,<2.0",)


def test_the_notes_are_the_changelogs_newest_entry(repository, capsys) -> None:
    """Without its heading, and without what follows."""
    text = "# Changelog\n\n## 0.2.0\n\nMore:\n\n- a thing.\n\n## 0.1.0\n\n- It began.\n"
    repository.write("packages/asking/CHANGELOG.md", text)
    assert release.main(["--root", str(repository.root), "notes", "asking"]) == 0
    assert capsys.readouterr().out == "More:\n\n- a thing.\n"
