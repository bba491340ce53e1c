"""Consumers of the contract, and checks of their declared version bounds.

A consumer's bound is its word on which versions it was written for: it has to admit the
version there is, and to end before the next one that may break it.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from b3_contracts.errors import Broken, ContractError
from b3_contracts.governance.versions import compatible_range, next_breaking

__all__ = ["Consumer", "check", "of", "read"]

_NAME: Final = "b3-contracts"


@dataclass(frozen=True)
class Consumer:
    """A package, and one bound it puts on the contract's version."""

    name: str
    file: Path
    bound: Requirement

    @property
    def specifier(self) -> SpecifierSet:
        return self.bound.specifier

    def admits(self, version: str) -> bool:
        return self.specifier.contains(Version(version))


def read(packages: Path) -> list[Consumer]:
    """Every bound on the contract below `packages`, extras included, by package.

    Raises ContractError for a project file that cannot be read.
    """
    return [one for file in sorted(packages.glob("*/pyproject.toml")) for one in of(file)]


def of(file: Path) -> list[Consumer]:
    """Every bound on the contract in one `pyproject.toml`. Raises ContractError."""
    try:
        project = tomllib.loads(file.read_text("utf-8"))["project"]
        extras = project.get("optional-dependencies", {}).values()
        texts = [*project.get("dependencies", []), *(text for group in extras for text in group)]
        bounds = [Requirement(text) for text in texts]
    except (tomllib.TOMLDecodeError, KeyError, InvalidRequirement) as error:
        raise ContractError(str(file), [Broken("project", f"cannot be read: {error}")]) from error
    return [Consumer(project["name"], file, bound) for bound in bounds if bound.name == _NAME]


def check(consumers: Iterable[Consumer], version: str) -> list[str]:
    """Sentences that say which bound does not follow `version`, and what to write."""
    return [sentence for one in consumers if (sentence := _mismatch(one, version))]


def _mismatch(consumer: Consumer, version: str) -> str:
    bound, required = consumer.bound, _required(consumer.bound, version)
    if not consumer.admits(version):
        wrong = f"which leaves out {version}"
    elif consumer.admits(breaking := next_breaking(version)):
        wrong = f"which lets in {breaking}, that may break it"
    else:
        return ""
    where = "/".join(consumer.file.parts[-3:])
    return f'{consumer.name} asks for {bound}, {wrong}: write "{required}" in {where}'


def _required(bound: Requirement, version: str) -> str:
    extras = f"[{','.join(sorted(bound.extras))}]" if bound.extras else ""
    return f"{_NAME}{extras}{compatible_range(version)}"
