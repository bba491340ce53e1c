"""The infrastructure, applied to a moto server: what a test asks about is what AWS would hold.

`apply()` copies infra/ to a temporary folder, points the provider there at a moto server on
loopback, applies, and destroys when it is left. Nothing of this touches infra/ itself, a real
account, or the network: Terraform and its provider have to be on the machine.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from moto.server import ThreadedMotoServer

__all__ = [
    "ACCOUNT",
    "INFRA",
    "LAKE_BUCKET",
    "REGION",
    "Applied",
    "Missing",
    "Terraform",
    "apply",
    "built",
    "copied",
]

INFRA: Final = Path(__file__).parents[1]
LAKE_BUCKET: Final = "example-lake"
REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's own

_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
_ARGUMENTS: Final = (
    f"-var=lake_bucket={LAKE_BUCKET}",
    "-var=github_repository=owner/name",
    '-var=alarm_emails=["someone@example.org"]',
)
# The endpoint itself comes from the SDK's standard variable, AWS_ENDPOINT_URL.
_OVERRIDE: Final = """
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""


class Missing(Exception):
    """Something that these tests need is not on the machine; the message says how to get it."""


@dataclass(frozen=True)
class Terraform:
    """Terraform in one folder, with a provider that is already on the machine."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        """What the command printed. Raises AssertionError, with all of it, for a bad end."""
        done = subprocess.run(
            [_binary(), *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in accept:
            command = " ".join(arguments)
            raise AssertionError(f"terraform {command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def init(self) -> None:
        """Raises Missing where the provider is neither here nor to be downloaded."""
        mirror = _mirror()
        options = (f"-plugin-dir={mirror}",) if mirror else ()
        try:
            self("init", "-input=false", "-backend=false", *options)
        except AssertionError as error:
            raise Missing(
                "terraform init found no AWS provider: run it once in infra/ where the registry "
                f"can be reached, or name a mirror's folder in TF_PLUGIN_DIR ({error})"
            ) from error


@dataclass(frozen=True)
class Applied:
    """The applied infrastructure."""

    endpoint: str
    outputs: Mapping[str, Any]
    terraform: Terraform

    @property
    def environment(self) -> dict[str, str]:
        """The SDK's standard variables, for a process that is to find this AWS."""
        return _environment(self.endpoint)

    def boto3_session(self) -> boto3.Session:
        """For clients that are made with `endpoint_url=applied.endpoint`."""
        return boto3.Session("testing", "testing", region_name=REGION)

    def client(self, service: str) -> Any:
        return self.boto3_session().client(service, endpoint_url=self.endpoint)


@contextmanager
def apply(scratch: Path, build: Path) -> Iterator[Applied]:
    """The infrastructure with what `build` holds, until it is destroyed. Raises Missing."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        terraform = copied(scratch, build, _environment(f"http://{host}:{port}"))
        (terraform.folder / "moto_override.tf").write_text(_OVERRIDE)
        terraform.init()
        yield from _applied(terraform, f"http://{host}:{port}")
    finally:
        server.stop()


def _applied(terraform: Terraform, endpoint: str) -> Iterator[Applied]:
    terraform("apply", "-auto-approve", "-input=false", "-parallelism=30", *_ARGUMENTS)
    answers = json.loads(terraform("output", "-json"))
    outputs = {name: answer["value"] for name, answer in answers.items()}
    applied = Applied(endpoint, outputs, terraform)
    yield applied
    _empty(applied.client("s3"), LAKE_BUCKET)
    terraform("destroy", "-auto-approve", "-input=false", "-parallelism=30", *_ARGUMENTS)


def planned_changes(applied: Applied) -> str:
    """What a second plan would change: nothing, or the plan."""
    return applied.terraform(
        "plan", "-detailed-exitcode", "-input=false", "-parallelism=30", *_ARGUMENTS, accept=(0, 2)
    )


def copied(scratch: Path, build: Path, environment: Mapping[str, str]) -> Terraform:
    """infra/ without its tests' Python, its state and its plugins, beside `build`."""
    folder = scratch / "infra"
    ignored = shutil.ignore_patterns(".terraform", "build", "*.py", "*.tfstate*", "backend.tf")
    shutil.copytree(INFRA, folder, ignore=ignored)
    shutil.copytree(build, folder / "build")
    return Terraform(folder, environment)


def built(scratch: Path) -> Path:
    """infra/build as `hatch run artifacts` makes it, built if it is not there."""
    folder = INFRA / "build"
    script = INFRA / "artifacts.py"
    if not folder.exists() and script.exists():
        subprocess.run([sys.executable, str(script)], cwd=INFRA.parent, check=True)
    return folder if folder.exists() else _stand_in(scratch / "build")


def _stand_in(folder: Path) -> Path:
    """Files of the right names, for what looks at names alone."""
    for name in ("wheels/example-0.1.0-py3-none-any.whl", "trigger-lambda.zip"):
        _write(folder / name, b"PK\x05\x06" + bytes(18))
    for name in ("jobs/refine_job.py", "jobs/capture_job.py"):
        _write(folder / name, b"")
    _write(folder / "glue-modules.json", b'["pyiceberg==0.12.0"]')
    return folder


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _environment(endpoint: str) -> dict[str, str]:
    return {
        **_CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "CHECKPOINT_DISABLE": "1",
    }


def _empty(s3: Any, bucket: str) -> None:
    """Moto, unlike AWS, lets raw/ be deleted: nobody could take this bucket down otherwise."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for one in found:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def _binary() -> str:
    found = shutil.which("terraform")
    if found is None:
        raise Missing("terraform is not on the PATH: https://developer.hashicorp.com/terraform/install")
    return found


def _mirror() -> str | None:
    """A folder shaped as a plugin mirror, or None to ask the registry."""
    places = (os.environ.get("TF_PLUGIN_DIR", ""), "/opt/tf-plugins")
    return next((place for place in places if place and Path(place).is_dir()), None)
