"""The infrastructure on a moto server: what a test asks about is what AWS would hold.

`apply()` copies infra/ to a temporary folder, points the provider there at a moto server on
loopback, applies, and destroys when it is left. Nothing of this touches infra/ itself, a real
account, or the network: Terraform and its provider have to be on the machine.
"""

import json
import logging
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
import pytest
from api_requests import ValidatedRequests, validated
from moto.server import ThreadedMotoServer
from moto_gaps import filled

__all__ = [
    "ACCOUNT",
    "INFRA",
    "LAB_ROLE",
    "LAKE_BUCKET",
    "OWN",
    "REGION",
    "STUDENT",
    "Applied",
    "Kind",
    "Missing",
    "Terraform",
    "apply",
    "built",
    "copied",
    "skipping",
]

INFRA: Final = Path(__file__).parents[1]
LAKE_BUCKET: Final = "example-lake"
REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's own
LAB_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/LabRole"

# Moto does not know every attribute that a provider waits for: an apply that hangs is an error.
_PATIENCE_SECONDS: Final = 300
_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
_PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_OPTIONS: Final = ("-input=false", "-no-color", "-parallelism=30")
# The endpoint itself comes from the SDK's standard variable, AWS_ENDPOINT_URL.
_OVERRIDE: Final = """
provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""


@dataclass(frozen=True)
class Kind:
    """A kind of account: its region, its lake, and the variables that are given for it."""

    region: str
    lake_bucket: str
    variables: tuple[str, ...]
    role: str | None = None
    """Role that is there already, in an account that may make none."""

    @property
    def arguments(self) -> tuple[str, ...]:
        given = (f"lake_bucket={self.lake_bucket}", f"region={self.region}", *self.variables)
        return tuple(f"-var={variable}" for variable in given)


OWN: Final = Kind(
    REGION,
    LAKE_BUCKET,
    (
        "github_repository=owner/name",
        "github_repository_ids={owner=583231,repository=1296269}",
        "github_export=true",
        'alarm_emails=["someone@example.org"]',
    ),
)
# Another region, for moto's servers in one process are one account.
STUDENT: Final = Kind(
    "us-west-2",
    "example-student-lake",
    (f"lab_role_arn={LAB_ROLE}", "protect_raw=false", 'alarm_emails=["someone@example.org"]'),
    role="LabRole",
)


class Missing(Exception):
    """Something that these tests need is not on the machine; the message says how to get it."""


@contextmanager
def skipping() -> Iterator[None]:
    """Name a missing program and how to install it; in CI nothing may be missing."""
    try:
        yield
    except Missing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@dataclass(frozen=True)
class Terraform:
    """Terraform in one folder, with a provider that is already on the machine."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        """Return the command's output. Raises AssertionError with all of it if it fails."""
        done = subprocess.run(
            [_binary(), *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        if done.returncode not in accept:
            command = " ".join(arguments)
            raise AssertionError(
                f"terraform {command}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def init(self) -> None:
        """Raises Missing where the provider is neither here nor to be downloaded."""
        mirror = _mirror()
        options = (f"-plugin-dir={mirror}",) if mirror else ()
        try:
            self("init", "-input=false", "-no-color", "-backend=false", *options)
        except AssertionError as error:
            if "Failed to query available provider packages" not in str(error):
                raise
            raise Missing(
                "terraform init found no AWS provider: the registry cannot be reached, and no "
                "folder shaped as a plugin mirror is named in TF_PLUGIN_DIR"
            ) from error


@dataclass(frozen=True)
class Applied:
    """The applied infrastructure."""

    endpoint: str
    outputs: Mapping[str, Any]
    terraform: Terraform
    requests: ValidatedRequests
    """Every request to the server since the first one of the apply."""
    kind: Kind

    @property
    def environment(self) -> dict[str, str]:
        """The SDK's standard variables, for a process that is to find this AWS."""
        return _environment(self.endpoint, self.kind.region)

    def plan(self, *arguments: str) -> str:
        """A further plan; raises AssertionError, with all of it, where it would change anything."""
        arguments = (*self.kind.arguments, *arguments)
        return self.terraform("plan", "-detailed-exitcode", *_OPTIONS, *arguments)

    def change(self, *arguments: str) -> None:
        """Apply once more, with further arguments or without those of the last time."""
        self.terraform("apply", "-auto-approve", *_OPTIONS, *self.kind.arguments, *arguments)

    def boto3_session(self) -> boto3.Session:
        """For clients that are made with `endpoint_url=applied.endpoint`."""
        return boto3.Session("testing", "testing", region_name=self.kind.region)

    def client(self, service: str) -> Any:
        return self.boto3_session().client(service, endpoint_url=self.endpoint)


@contextmanager
def apply(scratch: Path, build: Path, kind: Kind = OWN) -> Iterator[Applied]:
    """The infrastructure with what `build` holds, until it is destroyed. Raises Missing."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        terraform = copied(scratch, build, endpoint, kind.region)
        (terraform.folder / "moto_override.tf").write_text(_OVERRIDE)
        terraform.init()
        with filled(), validated() as requests:
            yield from _applied(terraform, endpoint, requests, kind)
    finally:
        server.stop()


def _applied(
    terraform: Terraform, endpoint: str, requests: ValidatedRequests, kind: Kind
) -> Iterator[Applied]:
    _make_role(endpoint, kind)
    terraform("apply", "-auto-approve", *_OPTIONS, *kind.arguments)
    answers = json.loads(terraform("output", "-json"))
    outputs = {name: answer["value"] for name, answer in answers.items()}
    applied = Applied(endpoint, outputs, terraform, requests, kind)
    yield applied
    _take_down(applied)


def _make_role(endpoint: str, kind: Kind) -> None:
    """The role that a student finds in the account."""
    if kind.role:
        session = boto3.Session("testing", "testing", region_name=kind.region)
        iam = session.client("iam", endpoint_url=endpoint)
        iam.create_role(RoleName=kind.role, AssumeRolePolicyDocument="{}")


def _take_down(applied: Applied) -> None:
    """As README.md does: the lake stays with all that is in it, but a student's goes as well."""
    destroy = ("destroy", "-auto-approve", "-refresh=false", *_OPTIONS, *applied.kind.arguments)
    s3, bucket = applied.client("s3"), applied.kind.lake_bucket
    if applied.kind is STUDENT:
        applied.terraform(*destroy)
        assert bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}
        return
    applied.terraform("state", "rm", "module.lake")
    applied.terraform(*destroy)
    s3.get_bucket_policy(Bucket=bucket)


def copied(
    scratch: Path, build: Path, endpoint: str = "http://127.0.0.1:9", region: str = REGION
) -> Terraform:
    """infra/ without its Python, state and plugins, with `build`; its AWS is at `endpoint`."""
    folder = scratch / "infra"
    ignored = shutil.ignore_patterns(".terraform", "build", "*.py", "*.tfstate*", "backend.tf")
    shutil.copytree(INFRA, folder, ignore=ignored)
    shutil.copytree(build, folder / "build")
    return Terraform(folder, _environment(endpoint, region))


def built(scratch: Path) -> Path:
    """Artifacts built anew by `hatch run artifacts`: infra/build may be outdated.

    Raises Missing without the wheels of the locks, which the first build downloads.
    """
    folder = scratch / "build"
    command = [sys.executable, str(INFRA / "artifacts.py"), "--build-folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "were not downloaded" in done.stderr:
        raise Missing(f"the package index cannot be reached: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return folder


def _environment(endpoint: str, region: str) -> dict[str, str]:
    return {
        **_CREDENTIALS,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "CHECKPOINT_DISABLE": "1",
    }


def _binary() -> str:
    found = shutil.which("terraform")
    if found is None:
        raise Missing(
            "terraform is not on the PATH: https://developer.hashicorp.com/terraform/install"
        )
    return found


def _mirror() -> Path | None:
    """A folder shaped as a plugin mirror, or None to ask the registry."""
    named = os.environ.get("TF_PLUGIN_DIR")
    folders = [Path(named)] if named else sorted(Path("/opt").glob("*/"))
    return next((folder for folder in folders if (folder / _PROVIDER).is_dir()), None)
