"""Every benchmark of the project, one after another, each in a process of its own.

`hatch run bench` runs all of them; `hatch run bench parse session` those named.
"""

import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[2]


def main(names: list[str]) -> int:
    files = sorted(PACKAGES.glob("*/benchmarks/*.py"))
    scripts = {path.stem: path for path in files if "__main__" in path.read_text("utf-8")}
    del scripts[Path(__file__).stem]
    unknown = set(names) - scripts.keys()
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(scripts)}")
        return 2
    failed = 0
    for name in names or scripts:
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(scripts[name])], check=False).returncode != 0  # noqa: S603  # our own
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
