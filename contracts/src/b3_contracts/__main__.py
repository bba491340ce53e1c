"""Check the contract after a change of a model.

    python -m b3_contracts check     compare models, snapshots, dictionaries and version
    python -m b3_contracts write     write snapshots and dictionaries

Exit codes: 0 in order; 1 something differs or the version did not follow; 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from b3_contracts import __version__
from b3_contracts.errors import ContractError
from b3_contracts.governance import consumers, dictionary, snapshots, versions
from b3_contracts.governance.changes import Change, compare
from b3_contracts.governance.expectations import rules_version
from b3_contracts.table_spec import RULES_VERSION_FILE

__all__ = ["main"]

SNAPSHOTS: Final = Path("src", "b3_contracts", "snapshots")
_SOURCE_TREE: Final = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        lines = (
            check(options.folder, options.packages)
            if options.task == "check"
            else write(options.folder, options.unreleased)
        )
    except ContractError as error:
        lines = [str(error)]
    sys.stdout.writelines(f"{sentence}\n" for sentence in lines)
    return 1 if lines else 0


def check(folder: Path, packages: Path | None = None) -> list[str]:
    """Faults in this source tree and its dependents, as sentences."""
    dependents = consumers.read(packages or folder.parent / "packages")
    released, old = snapshots.read(folder / SNAPSHOTS)
    changes = compare(old, snapshots.current())
    lines = versions.check(released, __version__, changes) or [str(change) for change in changes]
    if not lines and released != __version__:
        lines = [f"the snapshots are of {released}, the version is {__version__}: write them"]
    lines += _broken_ones(changes, dependents)
    lines += [] if lines else _stale_rules(folder)
    return [*lines, *_stale_dictionary(folder), *consumers.check(dependents, __version__)]


def write(folder: Path, unreleased: bool) -> list[str]:
    """Writes snapshots and dictionary, unless the version did not follow the changes."""
    if not unreleased and (folder / SNAPSHOTS).is_dir():
        released, old = snapshots.read(folder / SNAPSHOTS)
        refused = versions.check(released, __version__, compare(old, snapshots.current()))
        if refused:
            return [*refused, f"nothing written; if {released} was never released: --unreleased"]
    snapshots.write(folder / SNAPSHOTS, __version__, snapshots.current())
    (folder / SNAPSHOTS / RULES_VERSION_FILE).write_text(f"{rules_version()}\n", "utf-8")
    for name, words in dictionary.FILES.items():
        (folder / name).write_text(dictionary.markdown(words), "utf-8")
    return []


def _broken_ones(changes: list[Change], dependents: list[consumers.Consumer]) -> list[str]:
    names = ", ".join(sorted({one.name for one in dependents}))
    breaking = any(change.breaking for change in changes)
    return [f"what breaks is met by those who depend on it: {names}"] if breaking and names else []


def _stale_rules(folder: Path) -> list[str]:
    file = folder / SNAPSHOTS / RULES_VERSION_FILE
    if file.is_file() and file.read_text("utf-8").strip() == rules_version():
        return []
    return [f"{RULES_VERSION_FILE} is not that of the models: write it"]


def _stale_dictionary(folder: Path) -> list[str]:
    return [
        f"{name} is not what the models say: write it"
        for name, words in dictionary.FILES.items()
        if not (folder / name).is_file()
        or (folder / name).read_text("utf-8") != dictionary.markdown(words)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m b3_contracts", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--folder",
        type=Path,
        default=_SOURCE_TREE,
        help="the source tree of b3-contracts, which holds the models and DICTIONARY.md",
    )
    tasks = parser.add_subparsers(dest="task", required=True)
    checking = tasks.add_parser("check", help="compare models, snapshots, dictionary, version")
    checking.add_argument(
        "--packages",
        type=Path,
        help="the folder of packages that depend on it; default: packages/ beside its source tree",
    )
    writing = tasks.add_parser("write", help="write snapshots and dictionary")
    writing.add_argument(
        "--unreleased",
        action="store_true",
        help="the version of the snapshots was never released, so it may still change",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
