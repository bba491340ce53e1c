"""Each package as people get it: its wheel where nothing else is, its tests with the sources away.

    python .github/scripts/installed.py                                  every package
    python .github/scripts/installed.py --package lake-io --python 3.13
    python .github/scripts/installed.py --resolution lowest-direct       lowest versions allowed

Builds the package and those of ours that it needs, checks what PyPI would say of them, installs
the wheel into an empty environment, prints what that brought and its size, runs its command, adds
the extras and tools that its hatch environment names, and runs a copy of its tests there.

Exit codes: 0 in order; 1 not, and what failed is printed; 2 wrong usage. Needs uv and hatchling.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import isolated_env
from workspace import ROOT, Package, ScriptError, output, packages

__all__ = ["main"]

RESOLUTIONS: Final = ("highest", "lowest-direct")


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    root = given.root.resolve()
    try:
        known = packages(root)
        for package in _chosen(given.package, known):
            for line in _tried(package, known, root, given):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _chosen(names: list[str] | None, known: dict[str, Package]) -> list[Package]:
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise ScriptError(f"there is no package {unknown[0]}: choose of {', '.join(known)}")
    return [known[name] for name in names or known]


def _tried(
    package: Package, known: dict[str, Package], root: Path, given: argparse.Namespace
) -> Iterator[str]:
    """Yield one line for each property verified of a package. Raises ScriptError."""
    yield f"== {package.name} {package.version}, Python {given.python}, {given.resolution}"
    with tempfile.TemporaryDirectory(prefix="installed-") as name:
        folder = Path(name)
        wheels = _built(package, known, root, folder / "wheels")
        yield isolated_env.accepted(package, wheels, root)
        empty = isolated_env.Environment(folder / "environment", wheels, root)
        empty.make(given.python)
        empty.install(package, isolated_env.lowest(package, known, (), given.resolution))
        yield from empty.brought(package)
        yield from _proved(package, empty, folder)
        yield from _run(package, known, empty, given.resolution)
        if not given.without_tests:
            extras, tools = isolated_env.needed_for_tests(package, root)
            lowest = isolated_env.lowest(package, known, extras, given.resolution)
            empty.install(package, lowest, extras)
            empty.add(tools)
            tree = isolated_env.without_sources(package, root, folder / "tree")
            yield _last_line(isolated_env.tested(package, empty, tree))


def _built(package: Package, known: dict[str, Package], root: Path, out: Path) -> Path:
    for each in isolated_env.with_siblings(package, known):
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
        output(command, root / each.folder)
    return out


def _proved(package: Package, empty: isolated_env.Environment, folder: Path) -> Iterator[str]:
    module = package.name.replace("-", "_")
    code = f"import sys, {module}; assert {module}.__file__.startswith(sys.prefix)"
    output([empty.python, "-I", "-c", code], folder)
    for command in package.commands:
        output([empty.python.parent / command, "--help"], folder)
        yield f"ran {command} --help"


def _run(
    package: Package,
    known: dict[str, Package],
    environment: isolated_env.Environment,
    resolution: str,
) -> Iterator[str]:
    """Run a command with one of its extras, whose packages come first."""
    for command in isolated_env.RUNS.keys() & set(package.commands):
        extra, words = isolated_env.RUNS[command]
        lowest = isolated_env.lowest(package, known, [extra], resolution)
        environment.install(package, lowest, [extra])
        yield from environment.brought(package, [extra])
        output([environment.python.parent / command, *words], environment.folder)
        yield f"ran {' '.join([command, *words])}"


def _last_line(said: str) -> str:
    return said.strip().splitlines()[-1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="installed.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--package", action="append", help="its name; may be given again")
    parser.add_argument("--python", default="3.11", help="default: 3.11, the oldest")
    parser.add_argument("--resolution", choices=RESOLUTIONS, default="highest")
    parser.add_argument(
        "--without-tests", action="store_true", help="install, list and run the command only"
    )
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
