"""A raw zone's objects on S3, where a condition on every write keeps what is written once so."""

import hashlib
import mimetypes
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from botocore.exceptions import ClientError

from lake_io.errors import LakeUnreachable, NotInLake, RawDamaged
from lake_io.storage.s3.aws import CONNECTIONS, s3, translate_aws_errors

__all__ = ["S3Store", "parse_s3_uri"]

_URI: Final = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[A-Za-z0-9!_.*'()=-]+)*)/?"
)
# Seconds between tries where another writer of the same key is under way.
_PAUSES: Final = (0.05, 0.2, 0.8, 3.2)


def parse_s3_uri(uri: str) -> tuple[str, str]:
    """The bucket of `s3://bucket[/prefix]`, and the prefix without slashes around it."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise LakeUnreachable(f"{uri}: a lake on S3 is named s3://bucket or s3://bucket/prefix")
    return match["bucket"], match["prefix"].strip("/")


class S3Store:
    """The objects below `s3://bucket[/prefix]`. Nothing is asked of AWS before the first of them.

    A write whose answer was lost is sent again by the SDK and then finds its own object:
    `put` says False, which is true of the key and nothing worse.
    """

    gets_at_once: int = CONNECTIONS

    def __init__(self, uri: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.bucket, self._prefix = parse_s3_uri(uri)
        self._pause = pause

    def put(self, key: str, body: bytes) -> bool:
        for seconds in _PAUSES:
            try:
                return self._put(key, body)
            except _Busy:
                self._pause(seconds)
        raise LakeUnreachable(f"cannot write {self._uri(key)}: other writers of it are under way")

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, key: str) -> bytes:
        with translate_aws_errors(f"read {self._uri(key)}"):
            try:
                answer = s3().get_object(Bucket=self.bucket, Key=self._key(key))
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    raise NotInLake(f"there is no {self._uri(key)}") from error
                raise
            body: bytes = answer["Body"].read()
            return body

    def replace(self, key: str, body: bytes) -> None:  # noqa: ARG002 - the protocol's
        """Raise RawDamaged: the bucket policy forbids to overwrite an object under raw/."""
        self.set_aside(key)

    def set_aside(self, key: str) -> None:
        """Raise RawDamaged: S3 keeps older versions, and no role may delete one under raw/."""
        raise RawDamaged(f"{self._uri(key)} is damaged: restore an older version of the object")

    def keys(self, prefix: str) -> Iterator[str]:
        return (self._name(item["Key"]) for item in self._listed(prefix))

    def overwrite(self, prefix: str, objects: Mapping[str, bytes]) -> None:
        """Write the objects, all below `prefix`; those already there unchanged are skipped."""
        # An object written in one piece has the MD5 of its bytes as its tag.
        tags = {self._name(item["Key"]): item["ETag"] for item in self._listed(prefix)}
        for key, body in sorted(objects.items()):
            if tags.get(key) != f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"':
                self._overwrite(key, body)

    def _put(self, key: str, body: bytes) -> bool:
        with translate_aws_errors(f"write {self._uri(key)}"):
            try:
                s3().put_object(Bucket=self.bucket, Key=self._key(key), Body=body, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) == "PreconditionFailed":
                    return False
                if _code(error) == "ConditionalRequestConflict":
                    raise _Busy from error
                raise
        return True

    def _overwrite(self, key: str, body: bytes) -> None:
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        with translate_aws_errors(f"write {self._uri(key)}"):
            s3().put_object(Bucket=self.bucket, Key=self._key(key), Body=body, ContentType=kind)

    def _listed(self, prefix: str) -> Iterator[dict[str, str]]:
        with translate_aws_errors(f"list {self._uri(prefix)}"):
            pages = s3().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self._key(prefix)):
                yield from page.get("Contents", ())

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    def _name(self, key: str) -> str:
        return key.removeprefix(f"{self._prefix}/") if self._prefix else key

    def _uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{self._key(key)}"


class _Busy(Exception):
    """Another conditional write of this key is under way."""


def _code(error: ClientError) -> str:
    code: str = error.response["Error"]["Code"]
    return code
