"""Bump a package's version, and the bounds of the packages that require it."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from tags import changelog_entry, stated_version, stepped
from workspace import Package, canonical, packages

from b3_contracts.governance.versions import compatible_range

__all__ = ["bump_version"]


def bump_version(package: Package, step: str, root: Path) -> list[str]:
    """Write the next version wherever it occurs; return the files written and the next step."""
    new = stepped(package.version)[step]
    folder = root / package.folder
    written = [_replace(folder / "pyproject.toml", f'version = "{package.version}"', new)]
    stated = stated_version(package, root)
    if stated:
        written.append(_replace(stated[0], f'"{stated[1]}"', new, quoted=True))
    written.append(_begin_entry(package, new, root))
    written += _move_bounds(package, new, root)
    lines = [f"wrote {file.relative_to(root).as_posix()}" for file in written]
    return [*lines, f"now describe the changes under '## {new}' in {package.folder}/CHANGELOG.md"]


def _replace(file: Path, old: str, new: str, *, quoted: bool = False) -> Path:
    text = file.read_text("utf-8")
    file.write_text(text.replace(old, f'"{new}"' if quoted else f'version = "{new}"', 1), "utf-8")
    return file


def _begin_entry(package: Package, new: str, root: Path) -> Path:
    """Insert a heading above the newest one, for a person to fill in."""
    file = root / package.folder / "CHANGELOG.md"
    head = f"## {changelog_entry(package, root)[0]}"
    file.write_text(file.read_text("utf-8").replace(head, f"## {new}\n\n{head}", 1), "utf-8")
    return file


def _move_bounds(package: Package, new: str, root: Path) -> list[Path]:
    """Move every bound that excludes the new version."""
    moved = []
    for consumer in packages(root).values():
        excluding = [text for text in consumer.requirements if _leaves_out(text, package, new)]
        file = root / consumer.folder / "pyproject.toml"
        for text in excluding:
            bound = re.sub(r"[<>=!~].*$", "", text) + compatible_range(new)
            file.write_text(file.read_text("utf-8").replace(f'"{text}"', f'"{bound}"'), "utf-8")
        if excluding:
            moved.append(file)
    return moved


def _leaves_out(text: str, package: Package, version: str) -> bool:
    bound = Requirement(text)
    return canonical(bound.name) == package.name and not bound.specifier.contains(version)
