"""Golden files: what the code of each version wrote, for the tests of those who read it.

    contracts/golden/<version>/lake/raw/…         payloads, typed rows, manifests
    contracts/golden/<version>/refined/*.parquet  the refined tables
    contracts/golden/<version>/event.json         the manifests' event, as SQS hands it to Lambda

A consumer reads every version that its bound admits. A version without its files is an
error and no reason to skip: a test that read nothing would prove nothing.
"""

import re
from pathlib import Path
from typing import Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.governance import consumers

__all__ = ["admitted", "versions"]

_HEADING: Final = re.compile(r"^## ([0-9]+\.[0-9]+\.[0-9]+)", re.MULTILINE)


def versions(contracts: Path) -> list[str]:
    """The versions that the changelog of the source tree `contracts` names, newest first."""
    return _HEADING.findall((contracts / "CHANGELOG.md").read_text("utf-8"))


def admitted(contracts: Path, project: Path) -> list[Path]:
    """The folders of golden files that the package of this `pyproject.toml` has to read.

    Raises ContractError where one is missing, and where its bounds admit no version.
    """
    bounds = consumers.of(project)
    admissible = [v for v in versions(contracts) if bounds and all(one.admits(v) for one in bounds)]
    folders = [contracts / "golden" / version for version in admissible]
    missing = [folder for folder in folders if not (folder / "event.json").is_file()]
    if missing or not folders:
        rule = f"lacks {missing[0]}" if missing else f"none of a version that {project} admits"
        raise ContractError("the golden files", [Broken("version", rule)])
    return folders
