"""The archive of wheels is installed as by Glue: offline, by its pip, beside what it brings."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import artifacts
import locks
import pytest
import wheelhouse
from applied import INFRA, Missing, skipping
from distributions import Wheel
from interpreters import interpreter
from targets import GLUE
from workspace import ScriptError, output, uv

PIP = "24.0"  # of both Glue 5.1 and 6.0
IMPORTS = (
    "import bovespa_pipeline.glue_jobs.capture_job, bovespa_pipeline.glue_jobs.refine_job, duckdb, "
    "great_expectations, pandera.pyarrow, lake_io.storage.s3.aws, pyiceberg.catalog.glue"
)
FREEZE = ("-m", "pip", "list", "--format", "freeze")


class Machine:
    """An environment with the packages that a version of Glue brings."""

    def __init__(self, version: str, folder: Path) -> None:
        self.target = GLUE[version]
        self._python = folder / "bin" / "python"
        try:
            python = interpreter(self.target.python)
            output([uv(), "venv", "--quiet", "--python", python, folder], INFRA)
            self._install_base()
        except ScriptError as error:
            reason = f"Python {self.target.python} and PyPI are needed"
            raise Missing(f"Glue {version} is not set up here, {reason}: {error}") from error

    def _install_base(self) -> None:
        names = [f"{name}=={one}" for name, one in locks.base(self.target).items()]
        options = ("--quiet", "--no-deps", "--python", self._python)
        output([uv(), "pip", "install", *options, *names], INFRA)

    def run(self, *arguments: str) -> str:
        """Run Python without the package index and without this environment's settings."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        environment = {**given, "PIP_CONFIG_FILE": os.devnull}
        command = [self._python, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def versions(self) -> dict[str, str]:
        return dict(line.split("==") for line in self.run(*FREEZE).splitlines())


@pytest.fixture(scope="module", params=sorted(GLUE))
def archive(request, tmp_path_factory):
    """The version of Glue, and the archive for it."""
    with skipping():
        try:
            (file,) = artifacts.glue_archive(tmp_path_factory.mktemp("build"), request.param)
        except ScriptError as error:
            raise Missing(f"the archive was not built: {error}") from error
    return request.param, file


def test_the_archive_installs_offline_beside_what_glue_brings(archive, tmp_path):
    """Glue's other packages stay as they are, and both jobs import what they need."""
    version, file = archive
    with skipping():
        machine = Machine(version, tmp_path / "glue")
    assert machine.run("-m", "pip", "--version").startswith(f"pip {PIP} ")
    before = machine.versions()
    with zipfile.ZipFile(file) as package:
        package.extractall(tmp_path)
    wheels = str(tmp_path / "wheels")
    options = ("--no-index", "--find-links", wheels, "-r", f"{wheels}/requirements.txt")
    machine.run("-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-compile", *options)
    machine.run("-m", "pip", "check")
    machine.run("-c", IMPORTS)
    after = machine.versions()
    other = {name for name, one in before.items() if after[name] != one}
    assert other == {"narwhals", "typing_extensions"}


def test_the_archive_has_the_form_that_glue_documents(archive):
    """A folder `wheels`, and in it the list of what is to be installed."""
    _, file = archive
    assert file.name.endswith(".gluewheels.zip")
    with zipfile.ZipFile(file) as package:
        names = package.namelist()
        pins = package.read("wheels/requirements.txt").decode().splitlines()
    wheels = [Wheel(Path(name)) for name in names if name.endswith(".whl")]
    assert {name.split("/")[0] for name in names} == {"wheels"}
    assert sorted(pins) == sorted(f"{one.name}=={one.version}" for one in wheels)


def test_the_same_sources_and_locks_give_the_same_bytes(archive, tmp_path):
    """So that a plan changes only what has changed."""
    version, file = archive
    (again,) = artifacts.glue_archive(tmp_path, version)
    assert again.read_bytes() == file.read_bytes()


def test_a_wheel_built_for_another_python_ends_the_build(tmp_path, monkeypatch, capsys):
    """With its name, and no archive that Terraform could upload, an earlier one neither."""
    (tmp_path / "glue-5.1.gluewheels.zip").touch()
    wrong = tmp_path / "some-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(wrong, "w") as package:
        package.writestr("some-1.0.dist-info/METADATA", "Name: some\nVersion: 1.0\n")
    monkeypatch.setattr(wheelhouse, "_locked", lambda *_: [wrong])
    monkeypatch.setattr(wheelhouse, "build_wheel", lambda *_: None)
    build = ["artifacts", "--build-folder", str(tmp_path), "--only", "glue"]
    monkeypatch.setattr(sys, "argv", build)
    assert artifacts.main() == 1
    message = capsys.readouterr().err
    assert f"{wrong.name} is built for another Python or platform" in message
    assert "Glue 5.1: Python 3.11 on Amazon Linux 2023, x86_64" in message
    assert not list(tmp_path.glob("*.gluewheels.zip"))
