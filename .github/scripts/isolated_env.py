"""A package by itself: what it needs, an environment of its own, its tests without sources."""

import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from workspace import Package, ScriptError, canonical, output, uv

__all__ = [
    "RUNS",
    "Environment",
    "accepted",
    "lowest",
    "needed_for_tests",
    "tested",
    "with_siblings",
    "without_sources",
]

RUNS: Final[Mapping[str, tuple[str, list[str]]]] = {
    "bovespa": ("refine", ["demo", "--lake", "demo-lake"])
}
"""What a command can do without network, besides helping, and the extra that this needs."""
_OF_THE_TREE: Final = {"trigger-lambda": ("test_artifacts.py", "test_runtime.py")}
"""Tests of what the repository builds from sources, which are away."""
_LEFT: Final = shutil.ignore_patterns("src", "dist", "__pycache__", ".*")
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Environment:
    """A virtual environment that begins empty, made and filled by uv."""

    folder: Path
    wheels: Path
    root: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def make(self, version: str) -> None:
        output([uv(self.root), "venv", "-q", "--python", version, self.folder], self.root)

    def install(self, package: Package, lowest: list[str], extras: Sequence[str] = ()) -> None:
        """The package's wheel and what it asks for; `lowest` at the lowest versions allowed."""
        resolution = ["--resolution", "lowest-direct"] if lowest else []
        self.add([*resolution, *lowest, f"{_with(package, extras)}=={package.version}"])

    def add(self, requirements: Sequence[str]) -> None:
        install: list[str | Path] = [
            uv(self.root),
            "pip",
            "install",
            "-q",
            "--python",
            self.python,
        ]
        output([*install, "--find-links", self.wheels, *requirements], self.wheels)

    def brought(self, package: Package, extras: Sequence[str] = ()) -> Iterator[str]:
        """Installed distributions and their size on disk."""
        command: list[str | Path] = [
            uv(self.root),
            "pip",
            "list",
            "--python",
            self.python,
            "--format",
            "freeze",
        ]
        found = output(command, self.root).split()
        (site,) = self.folder.glob("lib/python*/site-packages")
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
        wanted, megabytes = _with(package, extras), size / _MEGABYTE
        yield f"pip install {wanted} brings {len(found)} packages, {megabytes:.0f} MB"
        yield f"  {' '.join(found)}"


def accepted(package: Package, wheels: Path, root: Path) -> str:
    """Metadata and README as PyPI wants them. Raises ScriptError with its own words."""
    files = sorted(wheels.glob(f"{package.name.replace('-', '_')}-{package.version}*"))
    renderer = ["--with", "readme-renderer[md]"]
    output([uv(root), "tool", "run", *renderer, "twine", "check", "--strict", *files], root)
    return f"twine accepts {', '.join(file.name for file in files)}"


def with_siblings(package: Package, known: Mapping[str, Package]) -> list[Package]:
    """The package, and those of ours that it needs, directly or not, in any of its extras."""
    reached: dict[str, Package] = {}
    ahead = [package]
    while ahead:
        one = ahead.pop()
        if one.name not in reached:
            reached[one.name] = one
            ahead += [known[name] for name in sorted(one.needs & set(known))]
    return list(reached.values())


def lowest(
    package: Package,
    known: Mapping[str, Package],
    extras: Sequence[str],
    resolution: str,
) -> list[str]:
    """Third-party requirements of the package and of ours below it, for uv to resolve.

    Named on uv's command line, because what is not named there counts as indirect.
    """
    if resolution != "lowest-direct":
        return []
    found: dict[str, None] = {}
    seen: set[tuple[str, str]] = set()
    ahead = [(package.name, extra) for extra in ("", *extras)]
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in _required(known[name], extra):
            bound = Requirement(text)
            if canonical(bound.name) in known:
                ahead += [(canonical(bound.name), each) for each in ("", *sorted(bound.extras))]
            else:
                found[text] = None
    return list(found)


def needed_for_tests(package: Package, root: Path) -> tuple[list[str], list[str]]:
    """The extras and the tools that the package's hatch environment has."""
    environments = tomllib.loads((root / "hatch.toml").read_text("utf-8"))["envs"]
    described: dict[str, Any] = environments.get(package.environment)
    if described is None:
        raise ScriptError(f"hatch.toml has no environment {package.environment}: add it")
    members = described.get("workspace", {}).get("members", described.get("workspace.members", []))
    own = next((one for one in members if _path(one) == package.folder), package.folder)
    features = own.get("features", []) if isinstance(own, dict) else []
    return [*features, *described.get("features", [])], _dependencies(environments, described)


def _dependencies(environments: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    """An environment's dependencies: its own or its template's, and what it adds to them."""
    template: Mapping[str, Any] = environments.get(described.get("template", ""), {})
    own = described.get("dependencies", template.get("dependencies", []))
    return [*own, *described.get("extra-dependencies", [])]


def without_sources(package: Package, root: Path, tree: Path) -> Path:
    """A copy of the package's folder without `src`, at its place in a tree of its own.

    Beside it lie the golden files of the contract, which every package reads.
    """
    shutil.copytree(root / package.folder, tree / package.folder, ignore=_LEFT)
    shutil.copy(root / ".pytest.toml", tree)
    if not (tree / "contracts").exists() and (root / "contracts" / "golden").is_dir():
        shutil.copytree(root / "contracts" / "golden", tree / "contracts" / "golden")
        shutil.copy(root / "contracts" / "CHANGELOG.md", tree / "contracts")
    captures = root.parent / "shared" / "captures"
    if captures.is_dir():
        (tree.parent / "shared").mkdir(exist_ok=True)
        (tree.parent / "shared" / "captures").symlink_to(captures)
    return tree


def tested(package: Package, environment: Environment, tree: Path) -> str:
    """Return pytest's summary. Raises ScriptError where a test fails."""
    tests = f"{package.folder}/tests"
    left = [f"--ignore={tests}/{name}" for name in _OF_THE_TREE.get(package.name, ())]
    command: list[str | Path] = [environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    os.environ.pop("PYTHONPATH", None)
    return output([*command, tests, *left], tree)


def _with(package: Package, extras: Sequence[str]) -> str:
    return f"{package.name}[{','.join(extras)}]" if extras else package.name


def _required(package: Package, extra: str) -> tuple[str, ...]:
    if not extra:
        return package.dependencies
    if extra not in package.extras:
        raise ScriptError(f"{package.name} has no extra {extra}: correct who asks for it")
    return package.extras[extra]


def _path(member: str | dict[str, Any]) -> str:
    return member if isinstance(member, str) else str(member["path"])
