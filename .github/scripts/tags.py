"""Check that a tag may be released: it names a package, its version, and one step upwards."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from workspace import Package, ScriptError, canonical, output, packages

__all__ = [
    "STEPS",
    "changelog_entry",
    "check",
    "check_bounds",
    "named",
    "numbers",
    "stated_version",
    "stepped",
]

STEPS: Final = ("major", "minor", "patch")
_TAG: Final = re.compile(r"(?P<name>.+)-v(?P<version>[0-9]+\.[0-9]+\.[0-9]+)")
_ENTRY: Final = re.compile(r"^## (?P<head>.+)\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)
_STATED: Final = re.compile(r'^__version__(?:: Final)? = "(?P<version>[^"]+)"$', re.MULTILINE)

Numbers = tuple[int, int, int]


def check(tag: str, root: Path) -> Package:
    """The package that this tag releases. Raises ScriptError where it may not be."""
    match = _TAG.fullmatch(tag)
    if match is None:
        raise ScriptError(f"{tag} is no release: tag it <package>-vX.Y.Z, as b3-scraper-v0.2.0")
    known = packages(root)
    package = named(match["name"], known)
    _check_versions(package, match["version"], root)
    _check_step(package, match["version"], tag, root)
    check_bounds(package, known)
    if output(["git", "status", "--porcelain"], root).strip():
        raise ScriptError(
            "the tree has changes that no commit holds: commit them or take them back"
        )
    return package


def named(name: str, known: Mapping[str, Package]) -> Package:
    if name not in known:
        raise ScriptError(f"there is no package {name}: take one of {', '.join(known)}")
    return known[name]


def check_bounds(package: Package, known: Mapping[str, Package]) -> None:
    """Packages tested together have to be installable together."""
    for consumer in known.values():
        for text in consumer.requirements:
            bound = Requirement(text)
            ours = canonical(bound.name) == package.name and consumer.name != package.name
            if ours and not bound.specifier.contains(package.version):
                raise ScriptError(
                    f"{consumer.folder}/pyproject.toml asks for {text}, which leaves out "
                    f"{package.version}: move its bound, and say so in its changelog"
                )


def changelog_entry(package: Package, root: Path) -> tuple[str, str]:
    """The newest entry: its heading, and what it says."""
    file = root / package.folder / "CHANGELOG.md"
    match = _ENTRY.search(file.read_text("utf-8")) if file.is_file() else None
    if match is None:
        raise ScriptError(
            f"{package.folder}/CHANGELOG.md has no entry: begin one, ## {package.version}"
        )
    return match["head"].strip(), match["body"].strip()


def stated_version(package: Package, root: Path) -> tuple[Path, str] | None:
    """The file that states `__version__` once more, if one does."""
    for file in sorted((root / package.folder / "src").glob("*/*.py")):
        match = _STATED.search(file.read_text("utf-8"))
        if match is not None:
            return file, match["version"]
    return None


def stepped(version: str) -> dict[str, str]:
    """The versions one step up."""
    major, minor, patch = numbers(version)
    return {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }


def numbers(version: str) -> Numbers:
    parts = version.split(".")
    if len(parts) != len(STEPS) or not all(part.isascii() and part.isdigit() for part in parts):
        raise ScriptError(f"{version} is no version: write X.Y.Z")
    return int(parts[0]), int(parts[1]), int(parts[2])


def _check_versions(package: Package, tagged: str, root: Path) -> None:
    if package.version != tagged:
        raise ScriptError(
            f"{package.folder}/pyproject.toml says {package.version}, the tag {tagged}: "
            "tag the version that stands there, or bump it first (release.py bump)"
        )
    stated = stated_version(package, root)
    if stated and stated[1] != tagged:
        where = stated[0].relative_to(root).as_posix()
        raise ScriptError(f"{where} says {stated[1]}, the tag {tagged}: write {tagged} there too")
    head, body = changelog_entry(package, root)
    if head != tagged or not body:
        begins = f"'{head}'" + ("" if body else ", which says nothing")
        raise ScriptError(
            f"{package.folder}/CHANGELOG.md begins with an entry {begins}: "
            f"say under '## {tagged}' what has changed"
        )


def _check_step(package: Package, tagged: str, tag: str, root: Path) -> None:
    before = _released(package, tag, root)
    allowed = stepped(before or "0.0.0")
    if tagged not in allowed.values():
        *first, last = allowed.values()
        after = f"{before} was released last" if before else f"{package.name} was never released"
        raise ScriptError(
            f"{after}, so {tagged} is not one step up: take {', '.join(first)} or {last}"
        )


def _released(package: Package, tag: str, root: Path) -> str | None:
    """The highest version that is tagged, other than by this tag."""
    listed = output(["git", "tag", "--list", f"{package.name}-v*"], root).split()
    matches = [_TAG.fullmatch(one) for one in listed if one != tag]
    found = [match["version"] for match in matches if match and match["name"] == package.name]
    return max(found, key=numbers, default=None)
