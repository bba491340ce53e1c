"""The packages as their `pyproject.toml` files describe them; nothing is written twice.

The standard library alone, so that CI may ask before anything is installed.
"""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

__all__ = ["ROOT", "Package", "ScriptError", "canonical", "dependents", "output", "packages", "uv"]

ROOT: Final = Path(__file__).resolve().parents[2]
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ScriptError(Exception):
    """A script cannot go on; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Package:
    """One of our packages: its folder under the root, its requirements, its commands."""

    name: str
    folder: str
    version: str
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: tuple[str, ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """Its requirements, those of every extra included."""
        return self.required(self.extras)

    def required(self, extras: Iterable[str]) -> tuple[str, ...]:
        """Its requirements with these extras, of which it may lack some."""
        groups = (self.dependencies, *(self.extras.get(extra, ()) for extra in extras))
        return tuple(requirement for group in groups for requirement in group)

    @property
    def environment(self) -> str:
        """The hatch environment that holds only what the package may import."""
        return Path(self.folder).name

    @property
    def needs(self) -> frozenset[str]:
        """The names of everything it asks for."""
        return frozenset(canonical(requirement) for requirement in self.requirements)


def packages(root: Path = ROOT) -> dict[str, Package]:
    """All packages by name, in their folders' order."""
    folders = [root / "contracts", *sorted((root / "packages").glob("*"))]
    files = [folder / "pyproject.toml" for folder in folders]
    found = [_package(file, root) for file in files if file.is_file()]
    return {package.name: package for package in found}


def dependents(known: Mapping[str, Package], names: Iterable[str]) -> set[str]:
    """The packages of these names, and all that need one of them, directly or not."""
    reached = set(names)
    while True:
        further = {name for name, package in known.items() if package.needs & reached} - reached
        if not further:
            return reached
        reached |= further


def canonical(requirement: str) -> str:
    """The name at the head of a requirement, as package indexes compare names."""
    match = _NAME.match(requirement.strip())
    if match is None:
        raise ScriptError(f"{requirement!r} is no requirement: write a name and its bounds")
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def output(command: Sequence[str | Path], folder: Path) -> str:
    """Return the command's output. Raises ScriptError with its error output where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 (no shell; each caller names its program)
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise ScriptError(f"`{' '.join(map(str, command))}` failed: {said}")
    return done.stdout


def uv(root: Path = ROOT) -> str:
    """The program uv: on the PATH, as hatch names it, or where the README's hatch brought it."""
    beside = root / ".venv" / "bin" / "uv"
    found = shutil.which("uv") or os.environ.get("HATCH_UV") or (beside.is_file() and str(beside))
    if not found:
        raise ScriptError(
            "uv is needed and not here: use `hatch run`, which has it, or pip install uv"
        )
    return found


def _package(file: Path, root: Path) -> Package:
    project: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    return Package(
        name=project["name"],
        folder=file.parent.relative_to(root).as_posix(),
        version=project["version"],
        dependencies=tuple(project.get("dependencies", ())),
        extras={name: tuple(group) for name, group in extras.items()},
        commands=tuple(sorted(project.get("scripts", {}))),
    )
