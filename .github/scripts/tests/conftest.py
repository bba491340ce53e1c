"""Fixtures: a small git repository of packages that a test may modify."""

import subprocess
import sys
from pathlib import Path

import pytest

# The scripts beside this folder: tests are imported without it on the path.
SCRIPTS = Path(__file__).parents[1]
sys.path.insert(0, str(SCRIPTS))

PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = {needs}

[project.scripts]
{name} = "{module}:main"

[tool.hatch.build.targets.wheel]
packages = ["src/{module}"]
"""
NEEDS = {
    "contracts": ("b3-contracts", []),
    "packages/asking": ("asking", ["b3-contracts>=0.1,<0.2"]),
    "packages/keeping": ("keeping", ["b3-contracts[tables]>=0.1,<0.2"]),
    "packages/whole": ("whole", ["asking>=0.1,<0.2", "b3-contracts>=0.1,<0.2", "keeping>=0.1"]),
}


class Repository:
    """A root with `contracts` and three packages: `whole` needs `asking` and `keeping`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, "utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new))

    def read(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        command = ["git", *who, "-c", "commit.gpgsign=false", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, check=True, text=True)
        return done.stdout

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture(autouse=True)
def no_index(monkeypatch) -> None:
    """Nothing is asked of a package index: pip has what lies beside it, or nothing."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """All packages at 0.1.0, in order, committed."""
    made = Repository(tmp_path / "repository")
    for folder, (name, needs) in NEEDS.items():
        module = name.replace("-", "_")
        project = PROJECT.format(name=name, module=module, needs=str(needs).replace("'", '"'))
        made.write(f"{folder}/pyproject.toml", project)
        made.write(f"{folder}/CHANGELOG.md", f"# Changelog of {name}\n\n## 0.1.0\n\n- It began.\n")
        made.write(
            f"{folder}/src/{module}/__init__.py",
            '__version__ = "0.1.0"\n\n\ndef main() -> None:\n    print(__version__)\n',
        )
    made.write("README.md", "Packages.\n")
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit()
    return made
