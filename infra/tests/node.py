"""The programs of `node/`, run by Node.js with the npm packages that its lock file pins.

The packages are installed in a temporary folder, each compared with its hash in the lock file.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from applied import INFRA, Missing

__all__ = ["Node", "installed"]

_SOURCE: Final = INFRA / "tests" / "node"
_PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True)
class Node:
    """A folder with the programs and their packages."""

    folder: Path

    def run(self, program: str, question: object) -> Any:
        """Return the program's answer to the question, both JSON."""
        done = _run("node", program, folder=self.folder, text=json.dumps(question))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def trino_errors(self, queries: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the syntax errors of each query, by Trino's grammar."""
        errors: dict[str, list[str]] = self.run("trino.mjs", queries)
        return errors


def installed(scratch: Path) -> Node:
    """Install the packages under `scratch`. Raises Missing without Node.js, npm or its registry."""
    folder = scratch / "node"
    shutil.copytree(_SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
    done = _run("npm", "ci", *options, folder=folder)
    if "EINTEGRITY" in done.stderr:
        raise AssertionError(done.stderr)
    if done.returncode:
        raise Missing(f"npm ci installed nothing from {_SOURCE}: {done.stderr}")
    return Node(folder)


def _run(
    command: str, *arguments: str, folder: Path, text: str = ""
) -> subprocess.CompletedProcess[str]:
    binary = shutil.which(command)
    if binary is None:
        raise Missing(f"{command} is not on the PATH: https://nodejs.org/en/download")
    return subprocess.run(
        [binary, *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
