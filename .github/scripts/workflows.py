"""Hold the workflows against zizmor and actionlint, as CI's check does.

    hatch run workflows

zizmor comes with the environment and stays offline. actionlint is no Python package: it is used
where it is on the PATH (CI installs it), and said to be missing where it is not.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from workspace import ROOT

__all__ = ["main"]


def main() -> int:
    commands = [["zizmor", "--offline", "--quiet", "--strict-collection", str(ROOT / ".github")]]
    actionlint = shutil.which("actionlint")
    if actionlint:
        files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
        commands.append([actionlint, *map(str, files)])
    else:
        sys.stderr.write("actionlint is not on the PATH; CI runs it\n")
    return max(_return_code(command) for command in commands)


def _return_code(command: list[str]) -> int:
    found = shutil.which(command[0], path=_path())
    if found is None:
        sys.stderr.write(f"{command[0]} is not here: use `hatch run workflows`\n")
        return 1
    return subprocess.run([found, *command[1:]], cwd=ROOT, check=False).returncode  # noqa: S603 (found above, no shell)


def _path() -> str | None:
    """This interpreter's own commands are meant where the environment is not activated."""
    beside = Path(sys.executable).parent
    return str(beside) if (beside / "zizmor").is_file() else None


if __name__ == "__main__":
    sys.exit(main())
