"""Benchmark: import of the handlers, boto3 excluded, from the packed files in a new process.

No bytecode is kept, as in Lambda, whose /var/task cannot be written. Run it by hand:
`python packages/trigger-lambda/benchmarks/cold_import.py`; the bound is 0.2 s.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 15
MODULES = ("trigger_lambda.trigger", "trigger_lambda.watch")
CODE = """
import sys, time, boto3
before = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - before)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        zipped = pack(folder)
        print(f"trigger-lambda.zip: {zipped.stat().st_size / 1000:.0f} kB (at most 200)")
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(folder / "task")
        for module in MODULES:
            seconds = [import_once(module, folder / "task") for _ in range(ROUNDS)]
            print(f"import {module}: median {1000 * statistics.median(seconds):.0f} ms,", end=" ")
            print(f"worst {1000 * max(seconds):.0f} ms (at most 200)")


def pack(folder: Path) -> Path:
    script = ROOT / "infra" / "artifacts.py"
    command = [sys.executable, str(script), "--only", "zip", "--build-folder", str(folder)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  our own script
    return folder / "trigger-lambda.zip"


def import_once(module: str, task: Path) -> float:
    found = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-B", "-c", CODE, module],
        env={**os.environ, "PYTHONPATH": str(task)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(found.stdout)


if __name__ == "__main__":
    main()
