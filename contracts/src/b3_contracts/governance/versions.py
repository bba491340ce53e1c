"""Checks that a version matches the changes since the one before it."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from b3_contracts.errors import Broken, ContractError
from b3_contracts.governance.changes import Change

__all__ = ["Bump", "check", "compatible_range", "next_breaking", "required_bump"]

Bump = Literal["major", "minor", "patch"]

_VERSION: Final = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)")
_ORDER: Final[tuple[Bump, ...]] = ("major", "minor", "patch")


def required_bump(changes: Iterable[Change], version: str) -> Bump | None:
    """The smallest version that may follow `version` with these changes.

    Breaking raises the major version, or the minor one while the major is 0; an addition
    raises the minor one, or the patch while the major is 0; words alone ask for nothing.
    """
    all_changes = list(changes)
    stable = _numbers(version)[0] > 0
    if any(change.breaking for change in all_changes):
        return "major" if stable else "minor"
    if any(change.effect == "adds" for change in all_changes):
        return "minor" if stable else "patch"
    return None


def check(old_version: str, new_version: str, changes: Iterable[Change]) -> list[str]:
    """Sentences that say where the version did not follow the changes; none if it did."""
    all_changes = list(changes)
    old, new = _numbers(old_version), _numbers(new_version)
    if new < old:
        return [f"version {new_version} lies before {old_version}"]
    bump = required_bump(all_changes, old_version)
    if bump is None or _raised(bump, old, new):
        return []
    return [
        f"{change}: asks for a new {bump} version after {old_version}, not {new_version}"
        for change in all_changes
        if required_bump([change], old_version) == bump
    ]


def next_breaking(version: str) -> str:
    """Return the next version that may break: while major is 0, the next minor one."""
    major, minor, _ = _numbers(version)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


def compatible_range(version: str) -> str:
    """Return the bounds of a requirement from this version to the next that may break."""
    lower, upper = (".".join(v.split(".")[:2]) for v in (version, next_breaking(version)))
    return f">={lower},<{upper}"


def _raised(bump: Bump, old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    digits = _ORDER.index(bump) + 1
    return new[:digits] > old[:digits]


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ContractError("a version", [Broken("version", f"must be X.Y.Z, not {version!r}")])
    return tuple(map(int, match.groups()))
