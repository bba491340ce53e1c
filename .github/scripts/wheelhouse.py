"""The wheels of one lock, from the package index by their hashes, and our own beside them.

    python .github/scripts/wheelhouse.py runner --out wheels

The folder holds the wheels that the target lacks and `requirements.txt`, which names each with its
hash: `pip install --no-index --find-links wheels --require-hashes -r wheels/requirements.txt`.

A wheel for another Python or platform, one that is not what the lock names, and a requirement that
nothing meets are refused here, before anything is uploaded. Needs pip and hatchling.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import locks
from distributions import Wheel, faults
from locks import Pin
from targets import TARGETS, Target
from workspace import ROOT, Package, ScriptError

__all__ = ["build_wheel", "fill", "main", "missing_pins"]

CACHE: Final = ROOT / "infra" / "build" / "downloads"
REQUIREMENTS: Final = "requirements.txt"


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        wheels = fill(TARGETS[given.target], given.out.resolve())
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{given.out}: {len(wheels)} wheels for {given.target}\n")
    return 0


def fill(target: Target, folder: Path, cache: Path | None = None) -> list[Wheel]:
    """Fill the folder with the target's missing wheels. Raises ScriptError for an unusable one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in _locked(target, cache or CACHE / target.name):
        shutil.copyfile(file, folder / file.name)
    for package in locks.siblings(target):
        build_wheel(package, folder)
    wheels = [Wheel(file) for file in sorted(folder.glob("*.whl"))]
    refused = faults(target, wheels)
    if refused:
        raise ScriptError("\n".join((f"these wheels are not for {target.description}:", *refused)))
    lines = [f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    (folder / REQUIREMENTS).write_text("".join(lines), "utf-8")
    return wheels


def build_wheel(package: Package, folder: Path) -> None:
    """Build one of our packages; hatchling's wheels are the same bytes from the same sources."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    _run(command, ROOT / package.folder, f"no wheel of {package.name} (hatchling is needed)")


def missing_pins(target: Target) -> list[Pin]:
    """Return the lock's pins that the target lacks in that version."""
    brought = locks.base(target)
    return [pin for pin in locks.pins(target).values() if brought.get(pin.name) != pin.version]


def _locked(target: Target, cache: Path) -> list[Path]:
    """Return a file of each pin. The package index is used only for files missing in the cache."""
    wanted = missing_pins(target)
    lacking = [pin for pin in wanted if _cached(pin, target, cache) is None]
    if lacking:
        _download(lacking, target, cache)
    files = {pin.name: _cached(pin, target, cache) for pin in wanted}
    absent = [name for name, file in files.items() if file is None]
    if absent:
        raise ScriptError(f"no wheel of {', '.join(absent)} has a hash of {target.name}'s lock")
    return [file for file in files.values() if file is not None]


def _cached(pin: Pin, target: Target, cache: Path) -> Path | None:
    """Return the pin's file, whose bytes are those of the lock, or None."""
    for wheel in map(Wheel, sorted(cache.glob("*.whl"))):
        is_named = (wheel.name, wheel.version) == (pin.name, pin.version)
        if is_named and wheel.tags & target.tags and wheel.sha256 in pin.hashes:
            return wheel.file
    return None


def _download(pins: Iterable[Pin], target: Target, cache: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="wheelhouse-") as folder:
        asked = Path(folder) / "asked.txt"
        asked.write_text("".join(map(_line, pins)), "utf-8")
        command = [sys.executable, "-m", "pip", *_downloading(target, cache), "-r", str(asked)]
        _run(command, ROOT, f"the wheels for {target.name} were not downloaded")


def _line(pin: Pin) -> str:
    hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes))
    return f"{pin.name}=={pin.version} {hashes}\n"


def _downloading(target: Target, cache: Path) -> Iterator[str]:
    yield from ("download", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    yield from ("--implementation", "cp", "--python-version", target.python, "--dest", str(cache))
    for platform in target.platforms:
        yield from ("--platform", platform)


def _run(command: Sequence[str], folder: Path, failure: str) -> None:
    """Run pip or hatchling. A constraint without hashes would make pip refuse every hash."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    done = subprocess.run(  # noqa: S603 (our own interpreter, no shell)
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ScriptError(f"{failure}:\n{done.stderr.strip()}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wheelhouse.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--out", type=Path, required=True, help="the folder, made anew")
    return parser


if __name__ == "__main__":
    sys.exit(main())
