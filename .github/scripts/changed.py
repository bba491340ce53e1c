"""List the packages a change has to be tested in: those it touches and their dependents.

    python .github/scripts/changed.py origin/main     what has changed since the branch began
    git diff --name-only | python .github/scripts/changed.py -
    python .github/scripts/changed.py ""              all: a base that is empty or all zeros is none

A change of `contracts/` or of the root (`.github/` too) tests everyone; a change of `infra/` alone
no package, for it has a workflow of its own. Prints one JSON list, which CI takes for its matrix:
of each package its name, its folder and its hatch environment.

The standard library alone: it runs before anything is installed.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from workspace import ROOT, Package, ScriptError, dependents, output, packages

__all__ = ["affected", "main"]

_WITHOUT_PACKAGES: Final = ("infra/",)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        known = packages(given.root)
        everyone = not given.base.strip("0")
        names = set(known) if everyone else affected(_paths(given.base, given.root), known)
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps([_entry(known[name]) for name in known if name in names]) + "\n")
    return 0


def affected(paths: Iterable[str], known: Mapping[str, Package]) -> set[str]:
    """The names of the packages to test after a change of these files."""
    touched: set[str] = set()
    for path in paths:
        touched |= _touched(path, known)
    return dependents(known, touched)


def _touched(path: str, known: Mapping[str, Package]) -> set[str]:
    if path.startswith(_WITHOUT_PACKAGES):
        return set()
    inside = {name for name, one in known.items() if path.startswith(f"{one.folder}/")}
    everyone = path.startswith("contracts/") or not inside
    return set(known) if everyone else inside


def _paths(base: str, root: Path) -> list[str]:
    if base == "-":
        return sys.stdin.read().splitlines()
    # A rename counts in the folder it left as well; -z keeps names as they are.
    command = ["git", "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD", "--"]
    try:
        return [path for path in output(command, root).split("\0") if path]
    except ScriptError as error:
        raise ScriptError(
            f"there is no way from {base} to here: fetch it (in CI, fetch-depth: 0); {error}"
        ) from error


def _entry(package: Package) -> dict[str, str]:
    return {
        "name": package.name,
        "folder": package.folder,
        "environment": package.environment,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="changed.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("base", help="a commit or branch; - reads paths from stdin; empty: all")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
