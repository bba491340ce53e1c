"""A release, from a tag to what is published: `<package>-vX.Y.Z`, one package at a time.

    python .github/scripts/release.py bump b3-scraper minor    versions, changelog, bounds
    python .github/scripts/release.py check b3-scraper-v0.2.0   may this tag be released?
    python .github/scripts/release.py notes b3-scraper          what its changelog says of it
    python .github/scripts/release.py build b3-scraper --out release
    python .github/scripts/release.py install b3-scraper --out release

`build` leaves the wheel and the sdist in `release/pypi`, and in `release/aws` what AWS runs of the
package; `install` puts that wheel into an empty environment and starts it.

Exit codes: 0 in order; 1 not, and one sentence says what to do; 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import building
import bump
import tags
from workspace import ROOT, Package, ScriptError, packages

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        for line in _done(given):
            sys.stdout.write(f"{line}\n")
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _done(given: argparse.Namespace) -> list[str]:
    root = given.root.resolve()
    if given.task == "check":
        return [f"package={tags.check(given.tag, root).name}"]
    package = tags.named(given.package, packages(root))
    if given.task == "bump":
        return bump.bump_version(package, given.step, root)
    if given.task == "notes":
        return [tags.changelog_entry(package, root)[1]]
    if given.task == "build":
        return [str(file) for file in building.build(package, root, given.out.resolve())]
    return [_installed(package, given)]


def _installed(package: Package, given: argparse.Namespace) -> str:
    links = given.find_links.resolve() if given.find_links else None
    return building.install(package, given.out.resolve(), links)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="release.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    tasks = parser.add_subparsers(dest="task", required=True)
    checking = tasks.add_parser("check", help="whether a tag may be released")
    checking.add_argument("tag", help="<package>-vX.Y.Z")
    bumping = _of_package(tasks.add_parser("bump", help="bump a package's version"))
    bumping.add_argument("step", choices=tags.STEPS)
    _of_package(tasks.add_parser("notes", help="its newest changelog entry"))
    making = _of_package(tasks.add_parser("build", help="its wheel and sdist"))
    making.add_argument("--out", type=Path, required=True, help="the folder to put them in")
    trying = _of_package(tasks.add_parser("install", help="its wheel, into an empty environment"))
    trying.add_argument("--out", type=Path, required=True, help="the folder they were put in")
    trying.add_argument(
        "--find-links", type=Path, help="a folder with wheels of the packages it needs of ours"
    )
    return parser


def _of_package(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("package", help="the distribution's name")
    return parser


if __name__ == "__main__":
    sys.exit(main())
