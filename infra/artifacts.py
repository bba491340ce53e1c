"""Build what AWS runs, where Terraform looks for it.

    infra/build/trigger-lambda.zip             the functions' code; the runtime brings boto3
    infra/build/glue-VERSION.gluewheels.zip    what the Glue jobs install, our packages included
    infra/build/jobs/*_job.py                  the Glue jobs' scripts
    infra/build/image/                         what the functions' image is built of, only with
                                               `--only image`
    infra/build/wheels/*.whl                   our packages alone, only with `--only wheels`

The same sources and the same locks give the same bytes, so a plan changes only what has changed.
The wheels of others come from the package index by the hashes of `.github/locks`, once: they are
kept in infra/build/downloads. Run it by `hatch run artifacts`; it needs hatchling and pip.
"""

import argparse
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".github" / "scripts"))

# One reading of the packages' requirements, and of the locks, for all scripts.
import locks  # noqa: E402  (the path is set above)
import wheelhouse  # noqa: E402  (the path is set above)
from targets import GLUE, TARGETS  # noqa: E402  (the path is set above)
from workspace import ScriptError  # noqa: E402  (the path is set above)

BUILD: Final = ROOT / "infra" / "build"
EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can say
READABLE: Final = 0o100644 << 16  # a regular file that Lambda's user may read

LAMBDA_SOURCES: Final = ROOT / "packages" / "trigger-lambda" / "src"
CONTRACT_SOURCES: Final = ROOT / "contracts" / "src"
LIGHT_CONTRACTS: Final = ("__init__", "errors", "events", "layout", "vocabulary")

JOBS: Final = ("capture_job.py", "refine_job.py")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build what AWS runs.")
    parser.add_argument("--build-folder", type=Path, default=BUILD, help="default: infra/build")
    parser.add_argument("--glue-version", choices=sorted(GLUE), default="5.1", help="default: 5.1")
    parser.add_argument("--only", choices=sorted(STEPS), help="one step; default: zip, glue, jobs")
    arguments = parser.parse_args()
    try:
        for step in [arguments.only] if arguments.only else DEFAULT_STEPS:
            for file in STEPS[step](arguments.build_folder.resolve(), arguments.glue_version):
                sys.stdout.write(f"{file}  {file.stat().st_size:,} bytes\n")
    except ScriptError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def lambda_zip(build: Path, _glue_version: str = "") -> list[Path]:
    """The functions' code, and the modules of the contracts that need only the standard library."""
    return [packed(build / "trigger-lambda.zip", lambda_files())]


def lambda_files() -> Iterator[tuple[str, bytes]]:
    for source in (LAMBDA_SOURCES / "trigger_lambda").rglob("*.py"):
        yield source.relative_to(LAMBDA_SOURCES).as_posix(), source.read_bytes()
    for module in LIGHT_CONTRACTS:
        source = CONTRACT_SOURCES / "b3_contracts" / f"{module}.py"
        yield f"b3_contracts/{module}.py", source.read_bytes()


def glue_archive(build: Path, glue_version: str) -> list[Path]:
    """A zip of wheels, which Glue 5.0 and later install beside their own packages.

    Its form is a folder `wheels` with the wheels and a `requirements.txt`, as in appendix A of
    docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html.
    """
    target, folder = GLUE[glue_version], build / f"glue-{glue_version}"
    archive = build / f"{target.name}.gluewheels.zip"
    archive.unlink(missing_ok=True)  # an earlier build must not be uploaded as this one
    try:
        wheels = wheelhouse.fill(target, folder)
        pins = "".join(f"{wheel.name}=={wheel.version}\n" for wheel in wheels)
        files = {f"wheels/{wheel.file.name}": wheel.file.read_bytes() for wheel in wheels}
        files["wheels/requirements.txt"] = pins.encode()
        return [packed(archive, files.items())]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wheels(build: Path, glue_version: str) -> list[Path]:
    """Our packages on Glue; hatchling's wheels are reproducible by themselves."""
    folder = build / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    for package in locks.siblings(GLUE[glue_version]):
        wheelhouse.build_wheel(package, folder)
    return sorted(folder.glob("*.whl"))


def image(build: Path, _glue_version: str) -> list[Path]:
    """The context of packages/bovespa-pipeline/Dockerfile.lambda: wheels, and their hashes."""
    folder = build / "image" / "wheels"
    wheelhouse.fill(TARGETS["lambda"], folder)
    return sorted(folder.iterdir())


def packed(target: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """Stored, not deflated: deflated bytes differ between versions of zlib."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, READABLE
            archive.writestr(entry, content)
    return target


def jobs(build: Path, _glue_version: str) -> list[Path]:
    """Each job's script lies in the package it belongs to, under `jobs/`."""
    target = build / "jobs"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return [Path(shutil.copyfile(job_source(name), target / name)) for name in JOBS]


def job_source(name: str) -> Path:
    sources = sorted(ROOT.glob(f"packages/*/jobs/{name}"))
    if len(sources) != 1:
        raise ScriptError(f"expected one packages/*/jobs/{name}, found {len(sources)}")
    return sources[0]


STEPS: Final = {
    "glue": glue_archive,
    "image": image,
    "jobs": jobs,
    "wheels": wheels,
    "zip": lambda_zip,
}
DEFAULT_STEPS: Final = ("zip", "glue", "jobs")

if __name__ == "__main__":
    sys.exit(main())
