"""Building a package's distributions, and installing its wheel where nothing else is."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workspace import Package, ScriptError, output

__all__ = ["build", "install"]

_ON_AWS: Final = {
    "bovespa-pipeline": "wheels",
    "glue-transform": "wheels",
    "lake-io": "wheels",
    "trigger-lambda": "zip",
}


def build(package: Package, root: Path, out: Path) -> list[Path]:
    """Its wheel and sdist in `out/pypi`; what AWS runs of it in `out/aws`."""
    (out / "pypi").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out / "pypi")]
    output(command, root / package.folder)
    if package.name in _ON_AWS:
        _for_aws(_ON_AWS[package.name], root, out / "aws")
    return sorted(file for file in out.rglob("*") if file.is_file())


def _for_aws(step: str, root: Path, out: Path) -> None:
    """Build what Terraform uploads; wheels as one file, since a release names each file once."""
    artifacts = str(root / "infra" / "artifacts.py")
    output([sys.executable, artifacts, "--build-folder", str(out), "--only", step], root)
    if step == "wheels":
        shutil.make_archive(str(out / "glue-wheels"), "zip", out / "wheels")
        shutil.rmtree(out / "wheels")


def install(package: Package, out: Path, links: Path | None) -> str:
    """Its wheel in an environment of its own: it imports, is the version it says, and runs.

    Without `links` the packages of ours that it needs come from the package index, as they
    will for everyone.
    """
    wheel = _wheel(package, out)
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        python = Path(folder) / "bin" / "python"
        output([sys.executable, "-m", "venv", folder], out)
        output([python, "-m", "pip", "install", "-q", *_linked(links), wheel], out)
        for command in _proofs(package, Path(folder)):
            output(command, Path(folder))
    return f"{wheel.name} was installed in an empty environment, imported, and its command ran"


def _wheel(package: Package, out: Path) -> Path:
    name = package.name.replace("-", "_")
    found = sorted((out / "pypi").glob(f"{name}-{package.version}-*.whl"))
    if len(found) != 1:
        raise ScriptError(
            f"{out} holds no wheel of {package.name} {package.version}: build it first"
        )
    return found[0]


def _linked(links: Path | None) -> Iterator[str]:
    if links is not None:
        yield from ("--find-links", str(links))


def _proofs(package: Package, environment: Path) -> Iterator[list[str | Path]]:
    version = f"assert version({package.name!r}) == {package.version!r}"
    module = package.name.replace("-", "_")
    code = f"import {module}; from importlib.metadata import version; {version}"
    yield [environment / "bin" / "python", "-I", "-c", code]
    for command in package.commands:
        yield [environment / "bin" / command, "--help"]
