"""Wheels by their own metadata, and the faults that make one unusable on a target."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from functools import cached_property
from pathlib import Path

import locks
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from targets import Target
from workspace import ScriptError, canonical

__all__ = ["Wheel", "faults"]


@dataclass(frozen=True)
class Wheel:
    """A wheel file."""

    file: Path

    @property
    def name(self) -> str:
        return str(self._parts[0])

    @property
    def version(self) -> str:
        return str(self._parts[1])

    @property
    def tags(self) -> frozenset[Tag]:
        return frozenset(self._parts[3])

    @cached_property
    def sha256(self) -> str:
        with self.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    @property
    def python(self) -> SpecifierSet:
        """The supported versions of Python, from the metadata."""
        return SpecifierSet(self._metadata.get("Requires-Python", ""))

    @property
    def requirements(self) -> list[Requirement]:
        """Those of its extras too, by their markers."""
        return list(map(Requirement, self._metadata.get_all("Requires-Dist", [])))

    @cached_property
    def _metadata(self) -> Message:
        with zipfile.ZipFile(self.file) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            return Parser().parsestr(archive.read(name).decode())

    @cached_property
    def _parts(self) -> tuple[object, object, object, frozenset[Tag]]:
        try:
            return parse_wheel_filename(self.file.name)
        except InvalidWheelFilename as error:
            raise ScriptError(f"{self.file} is no wheel: {error}") from error


def faults(target: Target, wheels: Iterable[Wheel]) -> list[str]:
    """Return a line for each wheel that the target cannot install, and each unmet requirement."""
    wheels = list(wheels)
    return [*_unloadable(target, wheels), *_unmet(target, {one.name: one for one in wheels})]


def _unloadable(target: Target, wheels: Iterable[Wheel]) -> Iterator[str]:
    for wheel in wheels:
        if not wheel.tags & target.tags:
            yield f"{wheel.file.name} is built for another Python or platform"
        elif not wheel.python.contains(target.markers["python_full_version"]):
            yield f"{wheel.file.name} wants Python {wheel.python}"


def _unmet(target: Target, wheels: Mapping[str, Wheel]) -> Iterator[str]:
    """Follow requirements from our packages through all the wheels."""
    versions = locks.base(target) | {name: wheel.version for name, wheel in wheels.items()}
    ahead = [(one, target.name) for one in map(Requirement, target.packages)]
    seen: set[str] = set()
    while ahead:
        wanted, source = ahead.pop()
        name = canonical(wanted.name)
        if str(wanted) in seen or name in target.engine:
            continue
        seen.add(str(wanted))
        version = versions.get(name)
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            yield f"{source} requires {wanted}, and {version or 'no version'} is there"
        elif name in wheels:
            ahead += [(one, name) for one in _active(wheels[name], wanted.extras, target)]


def _active(wheel: Wheel, extras: Iterable[str], target: Target) -> Iterator[Requirement]:
    environments = [{**target.markers, "extra": extra} for extra in ("", *extras)]
    for one in wheel.requirements:
        if one.marker is None or any(one.marker.evaluate(each) for each in environments):
            yield one
