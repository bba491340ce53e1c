"""Locks with hashes for AWS and for the workflows with AWS credentials: `.github/locks/`.

    python .github/scripts/locks.py write            keep what fits, add what is missing
    python .github/scripts/locks.py write --upgrade  forget the versions that are locked now
    python .github/scripts/locks.py check            does each lock belong to our requirements?

Each lock is resolved for the machine that installs it, not for this one. A version that Glue has
is preferred (`glue-*.base.txt`), then the one that CI tests with. Writing needs uv and a package
index; checking needs neither.
"""

import hashlib
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import constraints
from packaging.requirements import Requirement
from targets import TARGETS, Target
from workspace import ROOT, Package, ScriptError, canonical, output, packages, uv

__all__ = ["FOLDER", "Pin", "base", "main", "pins", "reached", "requirements", "siblings"]

FOLDER: Final = ".github/locks"
_HEADER: Final = (
    "# For {target}. `hatch run locks write` makes it anew.\n# requirements: sha256:{digest}\n"
)
_PIN: Final = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE
)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One version of a distribution, and the hashes of its files."""

    name: str
    version: str
    hashes: frozenset[str] = frozenset()


def main(arguments: Sequence[str] | None = None) -> int:
    given = constraints.task_parser("locks.py", __doc__).parse_args(arguments)
    try:
        messages = _check(ROOT) if given.task == "check" else _write(ROOT, given.upgrade)
    except ScriptError as error:
        messages = [str(error)]
    sys.stderr.writelines(f"{message}\n" for message in messages)
    return 1 if messages else 0


def pins(target: Target, root: Path = ROOT) -> dict[str, Pin]:
    """Return the lock's pins by name. Raises ScriptError without a lock."""
    return _pins(_text(_file(target, root)))


def base(target: Target, root: Path = ROOT) -> dict[str, str]:
    """Return the versions of the target's own packages by name; empty if it has none."""
    file = root / FOLDER / f"{target.name}.base.txt"
    found = _pins(_text(file)) if target.has_base else {}
    return {name: pin.version for name, pin in found.items()}


def requirements(target: Target, root: Path = ROOT) -> list[str]:
    """Return the requirements of the target's packages, except our own and those of its engine."""
    known = packages(root)
    names = {str(one): canonical(one.name) for one in reached(target, root)}
    return sorted(
        text for text, name in names.items() if name not in known and name not in target.engine
    )


def siblings(target: Target, root: Path = ROOT) -> list[Package]:
    """Return our own packages on the target."""
    names = {canonical(one.name) for one in reached(target, root)}
    return [package for name, package in packages(root).items() if name in names]


def reached(target: Target, root: Path = ROOT) -> set[Requirement]:
    """Return the requirements of the target's packages, followed through our own packages."""
    known = packages(root)
    ahead = [Requirement(text) for text in target.packages]
    seen: set[Requirement] = set()
    while ahead:
        wanted = ahead.pop()
        if wanted not in seen:
            seen.add(wanted)
            ahead.extend(_required(wanted, known))
    return seen


def _required(wanted: Requirement, known: Mapping[str, Package]) -> list[Requirement]:
    package = known.get(canonical(wanted.name))
    return [] if package is None else list(map(Requirement, package.required(wanted.extras)))


def _check(root: Path) -> list[str]:
    return [message for target in TARGETS.values() for message in _faults(target, root)]


def _faults(target: Target, root: Path) -> Iterator[str]:
    file = f"{FOLDER}/{target.name}.txt"
    text = _text(_file(target, root))
    if _header(target, root) not in text:
        yield f"{file} is of other requirements than ours: run `hatch run locks write`"
    for pin in _pins(text).values():
        if not pin.hashes:
            yield f"{file} pins {pin.name} without a hash: run `hatch run locks write`"


def _write(root: Path, upgrade: bool) -> list[str]:
    for target in TARGETS.values():
        _file(target, root).write_text(_header(target, root) + _resolved(target, root, upgrade))
    return []


def _resolved(target: Target, root: Path, upgrade: bool) -> str:
    """Return uv's resolution for the target. Versions in its output file are its preferences."""
    with tempfile.TemporaryDirectory(prefix="locks-") as folder:
        asked, preferred = Path(folder) / "asked.in", Path(folder) / "preferred.txt"
        asked.write_text("".join(f"{one}\n" for one in requirements(target, root)))
        preferred.write_text("".join(_preferences(target, root, upgrade)))
        output([uv(root), *_compiling(target), "--output-file", str(preferred), str(asked)], root)
        return preferred.read_text()


def _preferences(target: Target, root: Path, upgrade: bool) -> Iterator[str]:
    """Yield one version of each distribution: the lock's, else the target's, else CI's."""
    chosen = {} if upgrade or not _file(target, root).is_file() else pins(target, root)
    versions = base(target, root) | {name: pin.version for name, pin in chosen.items()}
    yield from (f"{name}=={version}\n" for name, version in versions.items())
    for name, tested in constraints.pins(root).items():
        if name not in versions:
            yield from (f"{pin}\n" for pin in tested)


def _compiling(target: Target) -> Iterator[str]:
    yield from ("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--generate-hashes")
    yield from ("--only-binary", ":all:", "--python-version", target.python)
    yield from ("--python-platform", target.uv_platform)


def _header(target: Target, root: Path) -> str:
    """Return the lock's head. The digest covers all inputs of the lock but the package index."""
    given = [target.python, target.uv_platform, *requirements(target, root)]
    given += [f"{name}=={version}" for name, version in sorted(base(target, root).items())]
    digest = hashlib.sha256("\n".join(given).encode()).hexdigest()
    return _HEADER.format(target=target.description, digest=digest)


def _file(target: Target, root: Path) -> Path:
    return root / FOLDER / f"{target.name}.txt"


def _text(file: Path) -> str:
    if not file.is_file():
        raise ScriptError(f"{file} is not there: run `hatch run locks write`")
    return file.read_text("utf-8")


def _pins(text: str) -> dict[str, Pin]:
    found = [
        Pin(canonical(one["name"]), one["version"], frozenset(_HASH.findall(one["rest"])))
        for one in _PIN.finditer(text)
    ]
    return {pin.name: pin for pin in found}


if __name__ == "__main__":
    sys.exit(main())
