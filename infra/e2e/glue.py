"""Glue as far as moto has none: a run's script, run with the run's arguments and the job's role.

moto records that a run was started, and with which arguments. Here the script and the archive of
wheels are fetched from where the applied job says, the archive is installed offline beside what
Glue brings, by Glue's own pip, and what becomes of the run is told as Glue tells it.
"""

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import locks
from applied import ACCOUNT, INFRA
from cloud import Cloud, Role, foreign
from moto.backends import get_backend
from moto.moto_api import state_manager
from targets import GLUE
from workspace import output, uv

from glue_transform.engines.java import provide_java

__all__ = ["Ended", "Glue"]

_RAISED = re.compile(r"^(?:\w+\.)+(?=[A-Z]\w+: )")
PATIENCE = 900  # seconds until a run that does not end fails the test

# A cluster's own settings. What the rows depend on, the job has to set itself: Spark 3.5 has no
# ANSI mode unless it is asked for, and 200 partitions.
_CLUSTER = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "America/Sao_Paulo",
    "spark.sql.shuffle.partitions": "200",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@dataclass(frozen=True)
class Ended:
    """A run that has ended: what it was given, and what it said on standard output."""

    arguments: Mapping[str, str]
    code: int
    lines: tuple[str, ...]
    error: str = ""
    """The exception that ended the script, as Glue names it."""

    @property
    def said(self) -> list[dict[str, object]]:
        """The events among its lines, beside the traceback of a run that failed."""
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [line for line in found if "event" in line]


class Glue:
    """The applied jobs. Their runs stay as started until they have been run here."""

    def __init__(self, cloud: Cloud, scratch: Path) -> None:
        self._cloud = cloud
        self._scratch = scratch
        state_manager.set_transition("glue::job_run", {"progression": "manual", "times": 10**6})

    def started(self, job: str) -> list[str]:
        """The ids of the job's runs that have not been run yet."""
        return [run.job_run_id for run in self._runs(job) if run.status == "STARTING"]

    def run(
        self, job: str, role: str, prelude: str = "", more: Mapping[str, str] | None = None
    ) -> Ended:
        """Run the only run that was started, with `more` arguments than it was started with.

        `prelude` is Python to run before its script.
        """
        (run,) = (run for run in self._runs(job) if run.status == "STARTING")
        named = {"--JOB_NAME": job, "--JOB_RUN_ID": run.job_run_id, **run.arguments, **(more or {})}
        ended = self._execute(job, self._cloud.role(role), named, prelude)
        run.status = "FAILED" if ended.code else "SUCCEEDED"
        self._tell(run, ended)
        return ended

    def _runs(self, job: str) -> list[object]:
        region = self._cloud.applied.kind.region
        found: list[object] = get_backend("glue")[ACCOUNT][region].jobs[job].job_runs
        return found

    def _execute(self, job: str, role: Role, arguments: Mapping[str, str], prelude: str) -> Ended:
        command = self._cloud.client("glue").get_job(JobName=job)["Job"]["Command"]
        folder = self._scratch / job
        script = _fetched(role, command["ScriptLocation"], folder)
        script.write_text(prelude + script.read_text())
        python = self._python(role, arguments, folder)
        pairs = [part for pair in arguments.items() for part in pair]
        done = subprocess.run(
            [*_launcher(python, is_spark=job.endswith("refine")), str(script), *pairs],
            cwd=folder,
            env={**foreign(), **role.environment, **_variables(python)},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if done.returncode not in {0, 1}:
            raise AssertionError(f"{job}: {done.returncode}\n{done.stdout}{done.stderr[-5000:]}")
        lines = tuple(done.stdout.splitlines())
        # spark-submit passes the script's error output on as its own output.
        error = _error(done.stdout) or _error(done.stderr)
        return Ended(arguments, done.returncode, lines, error)

    def _python(self, role: Role, arguments: Mapping[str, str], folder: Path) -> Path:
        """Return the interpreter of a machine of the run's own, once the archive is installed."""
        python = folder / "machine" / "bin" / "python"
        if not python.is_file():
            archive = _fetched(role, arguments["--additional-python-modules"], folder)
            _set_up(python)
            with zipfile.ZipFile(archive) as package:
                package.extractall(folder)
            wheels = folder / "wheels"
            options = (arguments["--python-modules-installer-option"], "--find-links", wheels)
            listed = ("-r", wheels / "requirements.txt")
            output([python, "-m", "pip", "install", "--quiet", *options, *listed], folder)
        return python

    def _tell(self, run: object, ended: Ended) -> None:
        """docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html"""
        detail = {
            "jobName": run.job_name,
            "severity": "ERROR" if ended.code else "INFO",
            "state": run.status,
            "jobRunId": run.job_run_id,
            "message": ended.error if ended.code else "Job run succeeded",
        }
        event = {
            "Source": "aws.glue",
            "DetailType": "Glue Job State Change",
            "Detail": json.dumps(detail),
        }
        self._cloud.client("events").put_events(Entries=[event])


def _error(output: str) -> str:
    """The exception that ended a script, as Glue names it: its class without the module."""
    lines = [line for line in output.splitlines() if _RAISED.match(line)]
    return _RAISED.sub("", lines[-1]) if lines else ""


def _fetched(role: Role, address: str, folder: Path) -> Path:
    """Glue reads what it runs under the job's role."""
    url = urlsplit(address)
    body = role.client("s3").get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))["Body"]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / Path(url.path).name
    target.write_bytes(body.read())
    return target


def _set_up(python: Path) -> None:
    """Make an environment with what Glue brings: its packages, its pip among them, and Spark."""
    target = GLUE["5.1"]
    names = [f"{name}=={version}" for name, version in locks.base(target).items()]
    output([uv(), "venv", "--quiet", "--python", target.python, python.parents[1]], INFRA)
    options = ("--quiet", "--python", python, "pyspark==3.5.6", "py4j")
    output([uv(), "pip", "install", *options, *names], INFRA)


def _launcher(python: Path, *, is_spark: bool) -> list[str]:
    """Spark's own launcher, as on Glue. The capture uses no Spark, and is spared its start."""
    if not is_spark:
        return [str(python)]
    settings = [part for name, value in _CLUSTER.items() for part in ("--conf", f"{name}={value}")]
    return [str(python.with_name("spark-submit")), "--master", "local[2]", *settings]


def _variables(python: Path) -> dict[str, str]:
    provide_java("3.5")
    return {
        "GX_ANALYTICS_ENABLED": "false",
        "JAVA_HOME": os.environ.get("JAVA_HOME", ""),
        "PYSPARK_PYTHON": str(python),
    }
