"""AWS on loopback, by moto, with what moto's Glue lacks.

moto's `UpdateTable` ignores `VersionId`: of two commits to one table the later overwrites
the earlier and both are told that they succeeded. Glue refuses the later one with a
ConcurrentModificationException, and so does the server of this module.
"""

import functools
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.core.exceptions import JsonRESTError
from moto.core.model_instances import reset_model_data
from moto.glue.responses import GlueResponse
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

from lake_io.storage.s3 import aws

__all__ = ["ACCOUNT", "REGION", "Aws", "aws_on_loopback", "version_check"]

ACCOUNT = "123456789012"  # moto's own
REGION = "us-east-1"
_UNSET = ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3")
_COMMIT = threading.Lock()


@dataclass
class Aws:
    """The server's address, and what it was asked, as IAM names it: `s3:GetObject raw/`."""

    url: str
    asked: set[str] = field(default_factory=set)
    changed: bool = False

    def clear_clients(self) -> None:
        """For a test that has changed the environment, now and when it ends."""
        self.changed = True
        aws.clear_clients()

    def make_bucket(self, name: str = "lake") -> str:
        """A bucket; its URI."""
        aws.s3().create_bucket(Bucket=name)
        self.asked.clear()
        return f"s3://{name}"

    @staticmethod
    def objects(bucket: str = "lake") -> list[str]:
        """The keys that lie in a bucket."""
        found: list[str] = get_backend("s3")[ACCOUNT]["aws"].buckets[bucket].keys
        return sorted(found)


@contextmanager
def aws_on_loopback() -> Iterator[Aws]:
    """An empty account, which the environment's standard variables lead to."""
    server = Aws(_server())
    BackendDict.reset()
    reset_model_data()
    with pytest.MonkeyPatch.context() as patch, version_check():
        for name in _UNSET:
            patch.delenv(name, raising=False)
        for name, value in _environment(server.url).items():
            patch.setenv(name, value)
        patch.setattr(
            recorder, "_record_request", lambda request: server.asked.add(_named(request))
        )
        _new_clients()
        yield server
    _new_clients()
    if server.changed:
        aws.clear_clients()


@contextmanager
def version_check() -> Iterator[None]:
    """`UpdateTable` with another `VersionId` than the table's is refused, as by Glue."""
    unchecked = GlueResponse.update_table

    def update_table(self: GlueResponse) -> Any:
        asked = self.parameters
        with _COMMIT:
            table = self.glue_backend.get_table(asked["DatabaseName"], asked["TableInput"]["Name"])
            if asked.get("VersionId") not in {None, str(table._current_version)}:
                reason = "Update table failed due to concurrent modifications."
                raise JsonRESTError("ConcurrentModificationException", reason)
            return unchecked(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GlueResponse, "update_table", update_table)
        yield


@functools.cache
def _server() -> str:
    """One a process: it starts in half a second and ends with the process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    aws.clear_clients()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def _new_clients() -> None:
    """A test may have put hooks into them. The session stays: making it takes half a second."""
    aws.s3.cache_clear()
    aws.glue.cache_clear()


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }


def _named(request: Any) -> str:
    """The right that a request needs, by IAM's name, and the folder it is about."""
    if target := request.headers.get("X-Amz-Target"):
        service, action = target.split(".")
        return f"{service.removeprefix('AWS').lower()}:{action}"
    url = urlsplit(request.raw_url)
    query = parse_qs(url.query, keep_blank_values=True)
    _, _, key = url.path.lstrip("/").partition("/")
    if not key:
        return f"s3:ListBucket {_folder(query.get('prefix', [''])[0])}"
    if request.method == "DELETE" and "uploadId" in query:
        return f"s3:AbortMultipartUpload {_folder(key)}"
    rights = {"GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}
    return f"s3:{rights.get(request.method, 'PutObject')} {_folder(key)}"


def _folder(key: str) -> str:
    return f"{key.partition('/')[0]}/"
