"""PyIceberg's files on S3, by the credentials and the endpoint that everything else uses.

What lies in a table's `metadata/` is small, named once and never changed, and PyIceberg reads
it over and over: a publication would be 217 requests, most of them for what was just read.
"""

import functools
import io
from typing import Any, Final

from botocore.exceptions import ClientError
from pyarrow.fs import S3FileSystem
from pyiceberg.io import InputFile, InputStream, OutputFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from lake_io.storage.s3 import aws
from lake_io.storage.s3.aws import filesystem, translate_aws_errors

__all__ = ["S3Files"]

_METADATA: Final = "/metadata/"
_KEPT_FILES: Final = 128


class S3Files(PyArrowFileIO):
    """Pyarrow's way to data files, and a shorter one to metadata."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self.fs_by_scheme = _one_filesystem()

    def new_input(self, location: str) -> Any:
        return CachedInputFile(location) if _METADATA in location else super().new_input(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """One request, which leaves nothing: pyarrow's own puts an empty object for the folder."""
        uri = location if isinstance(location, str) else location.location
        with translate_aws_errors(f"delete {uri}"):
            aws.s3().delete_object(**_object(uri))


class CachedInputFile(InputFile):
    """A file that is read in one piece, and once."""

    def __len__(self) -> int:
        return len(_read(self.location))

    def exists(self) -> bool:
        try:
            return len(self) >= 0
        except FileNotFoundError:
            return False

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002  # both can seek
        return io.BytesIO(_read(self.location))


@functools.lru_cache(maxsize=_KEPT_FILES)
def _read(uri: str) -> bytes:
    with translate_aws_errors(f"read {uri}"):
        try:
            body: bytes = aws.s3().get_object(**_object(uri))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise FileNotFoundError(f"there is no {uri}") from error
            raise
    return body


def _object(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _one_filesystem() -> Any:
    @functools.cache
    def one() -> S3FileSystem:
        return filesystem()

    return lambda *_: one()
