"""A contract changed and a package released, in a scratch clone; this tree is not touched.

    python .github/scripts/rehearse.py                     b3-scraper
    python .github/scripts/rehearse.py --package lake-io   another; --package all for each

First a breaking change of a contract, which the check has to name, and the same as an addition,
which has to pass. Then a package's version is raised by a minor step, tagged, checked, built, and
its wheel installed in an empty environment. What is committed here is what is rehearsed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workspace import ROOT, Package, ScriptError, dependents, output, packages

__all__ = ["main"]

TABLES: Final = "contracts/src/b3_contracts/models/tables.py"
_ANCHOR: Final = '\n    class Config(Table.Config):\n        name = "portfolio"\n'
_BREAKING: Final = "    revision_count: int = columns.position_count()\n"
_ADDITIVE: Final = "    revision_count: int = columns.position_count(nullable=True)\n"
_NOBODY: Final = ("-c", "user.name=rehearsal", "-c", "user.email=rehearsal@localhost")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="rehearse.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--package", default="b3-scraper", choices=[*packages(), "all"])
    given = parser.parse_args(arguments)
    names = list(packages()) if given.package == "all" else [given.package]
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        clone = Path(folder) / "clone"
        try:
            _git(["clone", "--quiet", str(ROOT), str(clone)], ROOT)
            _change_contract(clone)
            for name in names:
                _release(name, clone, Path(folder) / "release")
        except ScriptError as error:
            sys.stderr.write(f"the rehearsal failed: {error}\n")
            return 1
    _say("rehearsed; nothing was kept")
    return 0


def _change_contract(clone: Path) -> None:
    _say("a new column of `portfolio` that producers must fill, the version as it was")
    _add_column(clone, _BREAKING)
    _must_name("portfolio.revision_count", _contracts(clone, "check"), clone)
    _git(["checkout", "--quiet", "."], clone)

    _say("the same column, but it may be null, and the version a step up")
    _add_column(clone, _ADDITIVE)
    _told(_script(clone, "release.py", "bump", "b3-contracts", "patch"), clone)
    _told(_contracts(clone, "write"), clone)
    _told(_contracts(clone, "check"), clone)
    _say("the check passes")
    _git(["checkout", "--quiet", "."], clone)


def _release(name: str, clone: Path, out: Path) -> None:
    first = packages(clone)[name]
    _say(f"{name}: {first.version} counts as released, and is followed by a minor version")
    _git(["tag", "--force", f"{name}-v{first.version}"], clone)
    _told(_script(clone, "release.py", "bump", name, "minor"), clone)
    _write_entry(packages(clone)[name], clone)
    _git([*_NOBODY, "commit", "--quiet", "--all", "--message", f"Release {name}"], clone)
    tag = f"{name}-v{packages(clone)[name].version}"
    _git(["tag", tag], clone)

    _say(f"{tag}: checked, built, installed in an empty environment")
    _told(_script(clone, "release.py", "check", tag), clone)
    for needed in _needed(name, packages(clone)):
        _told(_script(clone, "release.py", "build", needed, "--out", str(out)), clone, quiet=True)
    links = ["--out", str(out), "--find-links", str(out / "pypi")]
    _told(_script(clone, "release.py", "install", name, *links), clone)


def _write_entry(package: Package, clone: Path) -> None:
    """The changelog entry a person would write."""
    file = clone / package.folder / "CHANGELOG.md"
    head = f"## {package.version}\n"
    file.write_text(file.read_text("utf-8").replace(head, f"{head}\n- Rehearsed.\n", 1), "utf-8")


def _needed(name: str, known: dict[str, Package]) -> list[str]:
    """The package and those of ours it needs: all that reach it as dependents."""
    return [other for other in known if name in dependents(known, {other})]


def _add_column(clone: Path, line: str) -> None:
    file = clone / TABLES
    text = file.read_text("utf-8")
    if _ANCHOR not in text:
        raise ScriptError(f"{TABLES} has no model of `portfolio` where it was: correct rehearse.py")
    file.write_text(text.replace(_ANCHOR, line + _ANCHOR, 1), "utf-8")


def _contracts(clone: Path, task: str) -> list[str]:
    return [sys.executable, "-m", "b3_contracts", "--folder", str(clone / "contracts"), task]


def _script(clone: Path, name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(clone / ".github" / "scripts" / name), *arguments]


def _must_name(what: str, command: list[str], clone: Path) -> None:
    done = _run(command, clone)
    sys.stdout.write(done.stdout)
    if done.returncode != 1 or what not in done.stdout:
        raise ScriptError(f"the check did not name {what}: {done.stderr.strip() or done.stdout}")


def _told(command: list[str], clone: Path, *, quiet: bool = False) -> None:
    done = _run(command, clone)
    if done.returncode:
        raise ScriptError(done.stderr.strip() or done.stdout.strip())
    sys.stdout.write("" if quiet else done.stdout)


def _run(command: list[str], clone: Path) -> subprocess.CompletedProcess[str]:
    """With the clone's contracts before the installed ones."""
    environment = {**os.environ, "PYTHONPATH": str(clone / "contracts" / "src")}
    return subprocess.run(  # noqa: S603 (our own interpreter, no shell)
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )


def _git(arguments: Sequence[str], folder: Path) -> None:
    output(["git", *arguments], folder)


def _say(sentence: str) -> None:
    sys.stdout.write(f"== {sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
