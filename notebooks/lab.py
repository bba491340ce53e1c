"""Open the notebooks in JupyterLab: `hatch run lab`; arguments are JupyterLab's own.

JupyterLab lives in the environment `lab`, whose kernel has this project's packages. Without
`BOVESPA_LAKE` the lake is `demo-lake`, and the sample of the rendered pages where there is none.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["command", "lake_folder", "main"]

FOLDER: Final = Path(__file__).resolve().parent
ROOT: Final = FOLDER.parent
OURS: Final = frozenset({"HATCH_ENV_ACTIVE", "VIRTUAL_ENV"})
"""Set by hatch for the environment that runs this script, and wrong for the other one."""


def main(arguments: Sequence[str]) -> int:
    """Return JupyterLab's exit code."""
    lake = os.environ.get("BOVESPA_LAKE") or str(lake_folder(ROOT / "demo-lake"))
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= {"BOVESPA_LAKE": lake}
    try:
        return subprocess.call([hatch(), *command(arguments)], cwd=ROOT, env=environment)  # noqa: S603  hatch, no shell
    except KeyboardInterrupt:  # how a server is stopped
        return 0


def lake_folder(folder: Path) -> Path:
    """The folder, filled with the sample exchange if it is not a lake yet."""
    if not (folder / "raw").is_dir():
        from sample_lake import sample_lake

        sys.stdout.write(f"making a sample lake in {folder}\n")
        sys.stdout.flush()
        sample_lake(folder)
    return folder


def command(arguments: Sequence[str]) -> list[str]:
    """Arguments of hatch."""
    server = ["python", "-m", "jupyterlab", f"--ServerApp.root_dir={FOLDER}"]
    return ["--env", "lab", "run", *server, *arguments]


def hatch() -> str:
    """On the PATH, or where the README's command puts it."""
    beside = [ROOT / ".venv" / folder for folder in ("bin", "Scripts")]
    found = shutil.which("hatch", path=os.pathsep.join(map(str, [*beside, os.environ["PATH"]])))
    if found is None:
        sys.exit("hatch is not on the PATH: run `.venv/bin/hatch run lab` as in the README")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
