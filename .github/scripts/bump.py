"""Raising a version: every place that states it, and the bounds of those who need it."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from tags import changelog_entry, stated_version, stepped
from workspace import Package, canonical, packages

__all__ = ["raise_version"]


def raise_version(package: Package, step: str, root: Path) -> list[str]:
    """Writes the next version everywhere; says what was written and what is left to do."""
    new = stepped(package.version)[step]
    folder = root / package.folder
    written = [_replace(folder / "pyproject.toml", f'version = "{package.version}"', new)]
    stated = stated_version(package, root)
    if stated:
        written.append(_replace(stated[0], f'"{stated[1]}"', new, quoted=True))
    written.append(_begin_entry(package, new, root))
    written += _move_bounds(package, new, root)
    said = [f"wrote {file.relative_to(root).as_posix()}" for file in written]
    return [*said, f"now say under '## {new}' in {package.folder}/CHANGELOG.md what has changed"]


def _replace(file: Path, old: str, new: str, *, quoted: bool = False) -> Path:
    text = file.read_text("utf-8")
    file.write_text(text.replace(old, f'"{new}"' if quoted else f'version = "{new}"', 1), "utf-8")
    return file


def _begin_entry(package: Package, new: str, root: Path) -> Path:
    """A heading above the newest one; what has changed is for a person to say."""
    file = root / package.folder / "CHANGELOG.md"
    head = f"## {changelog_entry(package, root)[0]}"
    file.write_text(file.read_text("utf-8").replace(head, f"## {new}\n\n{head}", 1), "utf-8")
    return file


def _move_bounds(package: Package, new: str, root: Path) -> list[Path]:
    """Whoever asks for versions that leave the new one out asks for it from now on."""
    moved = []
    for consumer in packages(root).values():
        excluding = [text for text in consumer.requirements if _leaves_out(text, package, new)]
        file = root / consumer.folder / "pyproject.toml"
        for text in excluding:
            bound = re.sub(r"[<>=!~].*$", "", text) + _range(new)
            file.write_text(file.read_text("utf-8").replace(f'"{text}"', f'"{bound}"'), "utf-8")
        moved += [file] * bool(excluding)
    return moved


def _leaves_out(text: str, package: Package, version: str) -> bool:
    bound = Requirement(text)
    return canonical(bound.name) == package.name and not bound.specifier.contains(version)


def _range(version: str) -> str:
    """From this version to the next that may break: while major is 0, the next minor one."""
    major, minor, _ = (int(part) for part in version.split("."))
    return f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 1}"
