"""AWS through the SDK's own chain, so that nobody hands a credential or an endpoint about.

boto3 finds account, region and endpoints (`AWS_PROFILE`, `AWS_ENDPOINT_URL_S3`, …). Pyarrow,
through which PyIceberg reads and writes, has a chain of its own that knows less: it is told
what boto3 found, so that raw zone, catalogue and data files are always in one account.
"""

import functools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from pyarrow.fs import S3FileSystem

from lake_io.errors import LakeUnreachable, one_line

__all__ = ["CONNECTIONS", "clear_clients", "filesystem", "glue", "s3", "translate_aws_errors"]

CONNECTIONS: Final = 16
_CONFIG: Final = Config(
    connect_timeout=5,
    max_pool_connections=CONNECTIONS,
    read_timeout=60,
    retries={"mode": "standard"},
)
# Clients may be used by several threads, but not made by several.
_MAKING: Final = threading.Lock()
_AWS_OWN: Final = re.compile(r"https://s3([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


@functools.cache
def s3() -> Any:
    with _MAKING:
        return _session().client("s3", config=_CONFIG)


@functools.cache
def glue() -> Any:
    with _MAKING:
        return _session().client("glue", config=_CONFIG)


def filesystem() -> S3FileSystem:
    """S3 as pyarrow reads it. Temporary credentials are those of now: ask again, do not keep it.

    Raises LakeUnreachable where there are no credentials.
    """
    with translate_aws_errors("use S3"):
        credentials = _session().get_credentials()
        if credentials is None:
            raise NoCredentialsError
        keys = credentials.get_frozen_credentials()
        return S3FileSystem(
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            session_token=keys.token,
            region=_region(),
            endpoint_override=_endpoint(),
            # A small file is then one request, and not the three of a multipart upload.
            allow_delayed_open=True,
        )


def clear_clients() -> None:
    """Look for account, region and endpoints anew: a process's environment has changed."""
    for cached in (_session, s3, glue):
        cached.cache_clear()


@contextmanager
def translate_aws_errors(what: str) -> Iterator[None]:
    """AWS's refusals, and its silence, as a LakeUnreachable that says `what` was not possible."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LakeUnreachable(f"cannot {what}: {_reason(error)}") from error


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session()


def _region() -> str | None:
    """None where none is set: boto3 calls that S3's whole world."""
    name: str = s3().meta.region_name
    return None if name == "aws-global" else name


def _endpoint() -> str | None:
    """The endpoint that somebody has set. AWS's own pyarrow knows better, by the bucket's name."""
    url: str = s3().meta.endpoint_url
    return None if _AWS_OWN.fullmatch(url) else url


def _reason(error: BotoCoreError | ClientError) -> str:
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials were found; log in, or set the SDK's variables"
    if not isinstance(error, ClientError):
        return one_line(error)
    detail = error.response["Error"]
    if detail["Code"] == "NoSuchBucket":
        return "there is no such bucket"
    if detail["Code"] in _DENIED:
        return f"access denied ({detail['Code']})"
    return f"{detail['Code']}, {detail.get('Message', 'without a reason')}"
