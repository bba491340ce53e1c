"""The versions that CI tests with: `.github/constraints.txt`, for every package and extra.

    python .github/scripts/constraints.py write            keep what fits, add what is missing
    python .github/scripts/constraints.py write --upgrade  the newest that fit
    python .github/scripts/constraints.py check            is every requirement pinned, and fits?

Only CI sets UV_CONSTRAINT to it: at home the newest versions are welcome. Writing needs uv, which
`hatch run constraints` brings. pyspark is pinned where it is used, by the environments `spark` and
`spark4`, which want different ones.
"""

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from workspace import ROOT, ScriptError, canonical, output, packages, uv

__all__ = ["main", "missing", "pins", "task_parser", "wanted"]

FILE: Final = ".github/constraints.txt"
_ELSEWHERE: Final = frozenset({"pyspark"})
_CI_TOOLS: Final = frozenset({"hatch", "pip-audit", "uv"})
_HEADER: Final = "# What CI tests with; `hatch run constraints write --upgrade` raises it.\n"


def main(arguments: Sequence[str] | None = None) -> int:
    given = task_parser("constraints.py", __doc__).parse_args(arguments)
    try:
        said = missing(ROOT) if given.task == "check" else _write(ROOT, given.upgrade)
    except ScriptError as error:
        said = [str(error)]
    sys.stderr.writelines(f"{sentence}\n" for sentence in said)
    return 1 if said else 0


def wanted(root: Path) -> list[str]:
    """Requirements of our packages, the default environment and CI, without our own packages."""
    known = packages(root)
    asked = {requirement for package in known.values() for requirement in package.requirements}
    return sorted(one for one in asked | _tools(root) if canonical(one) not in known)


def pins(root: Path) -> dict[str, list[Requirement]]:
    """Pins of the file by name; several where Pythons differ."""
    found: dict[str, list[Requirement]] = {}
    for line in (root / FILE).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            found.setdefault(canonical(line), []).append(Requirement(line))
    return found


def missing(root: Path) -> list[str]:
    """Requirements that the file does not pin, or pins to what they leave out."""
    pinned = pins(root)
    return [
        f"{FILE} pins nothing that meets {text}: run `hatch run constraints write`"
        for text in wanted(root)
        if canonical(text) not in _ELSEWHERE and not _met(Requirement(text), pinned)
    ]


def _met(asked: Requirement, pinned: dict[str, list[Requirement]]) -> bool:
    found = pinned.get(canonical(asked.name), [])
    versions = [next(iter(pin.specifier)).version for pin in found]
    return bool(versions) and all(
        asked.specifier.contains(one, prereleases=True) for one in versions
    )


def _tools(root: Path) -> set[str]:
    environments = tomllib.loads((root / "hatch.toml").read_text("utf-8"))["envs"]
    return {*_CI_TOOLS, *environments["default"]["dependencies"]}


def _write(root: Path, upgrade: bool) -> list[str]:
    """Resolved for all Pythons and systems at once; what is pinned stays, unless upgrading."""
    target = root / FILE
    with tempfile.TemporaryDirectory(prefix="constraints-") as folder:
        asked, pinned = Path(folder) / "asked.in", Path(folder) / "pinned.txt"
        asked.write_text("".join(f"{one}\n" for one in wanted(root)), "utf-8")
        if target.is_file() and not upgrade:
            shutil.copyfile(target, pinned)
        output([uv(root), *_compiling(asked, pinned)], root)
        target.write_text(_HEADER + pinned.read_text("utf-8"), "utf-8")
    return []


def _compiling(asked: Path, pinned: Path) -> Iterator[str]:
    yield from ("pip", "compile", "--quiet", "--universal", "--python-version", "3.11")
    yield from ("--no-header", "--no-annotate", "--output-file", str(pinned), str(asked))
    for name in sorted(_ELSEWHERE):
        yield from ("--no-emit-package", name)


def task_parser(program: str, description: str | None) -> argparse.ArgumentParser:
    """The arguments of a script that checks pins, or writes them: here and in `locks`."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("check", help="whether the pins are those of our requirements")
    writing = tasks.add_parser("write", help="resolve again")
    writing.add_argument("--upgrade", action="store_true", help="take the newest that fit")
    return parser


if __name__ == "__main__":
    sys.exit(main())
