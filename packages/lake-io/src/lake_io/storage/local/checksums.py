"""The files of a local warehouse, in the lake's present folder, each with its SHA-256.

Neither Parquet's footer nor Avro nor JSON protects itself: a flipped bit in a statistic, a
bound or a path loses rows without an error. `x.parquet` therefore has `x.parquet.sha256` beside
it, in the form of `sha256sum`, and no byte of it is used before both agree. Other engines
read the table as ever. On S3 the storage checks itself.

Iceberg records absolute paths. Of each, only the part below `warehouse/` is used, so that a lake
that was moved or copied, or is mounted elsewhere, is read and written without another file.
"""

import hashlib
import io
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyiceberg.io import WAREHOUSE, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from lake_io.errors import LakeDamaged
from lake_io.storage.local.platform import is_folder_opened

__all__ = ["SUFFIX", "ChecksummedFiles", "ChecksummedOutput", "present_path", "read_checked"]

SUFFIX: Final = ".sha256"
_WAREHOUSE: Final = "/warehouse/"


def present_path(location: str, lake: Path) -> Path:
    """The path of a file in the lake's present folder, from the path that a table records."""
    _, is_inside, relative = location.replace("\\", "/").rpartition(_WAREHOUSE)
    return lake / _WAREHOUSE.strip("/") / relative if is_inside else Path(location)


class ChecksummedFiles(PyArrowFileIO):
    """PyIceberg's files in a local folder: written with a checksum, read by it."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self._lake = Path(properties[WAREHOUSE]).parent

    def path(self, location: str) -> Path:
        """The file that a table names by this location."""
        return present_path(location, self._lake)

    def new_input(self, location: str) -> Any:
        return _Checked(location, self.path(location), self._lake)

    def new_output(self, location: str) -> Any:
        return ChecksummedOutput(location, self.path(location), self._lake)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        path = self.path(location if isinstance(location, str) else location.location)
        path.unlink()
        path.with_name(path.name + SUFFIX).unlink(missing_ok=True)

    def check(self, path: Path) -> None:
        """Read a file for its checksum alone. Raises LakeDamaged."""
        read_checked(path, self._lake)


def read_checked(path: Path, lake: Path) -> bytes:
    """The bytes of a file, once they are known to be those that were written.

    Raises LakeDamaged, naming the file as it lies in the lake.
    """
    body = _read(path, lake)
    digest = _read(path.with_name(path.name + SUFFIX), lake)[:64].decode("ascii", "replace")
    if digest != hashlib.sha256(body).hexdigest():
        raise LakeDamaged(f"{_shown(path, lake)} is damaged: it does not match its checksum")
    return body


def _read(path: Path, lake: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LakeDamaged(f"{_shown(path, lake)} is damaged: file not found") from error
    except OSError as error:
        if is_folder_opened(error, path):
            shown = _shown(path, lake)
            raise LakeDamaged(f"{shown} is damaged: a folder is in its place") from error
        raise


def _shown(path: Path, lake: Path) -> str:
    return str(path.relative_to(lake) if path.is_relative_to(lake) else path)


class _Checked(InputFile):
    """A file that is read whole: no checksum covers a part of it."""

    def __init__(self, location: str, path: Path, lake: Path) -> None:
        super().__init__(location)
        self._path = path
        self._lake = lake

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.exists()

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002  # it always can
        stream: InputStream = pa.BufferReader(read_checked(self._path, self._lake))
        return stream


class ChecksummedOutput(OutputFile):
    """A file that is written in one piece, with its checksum, when its stream is closed."""

    def __init__(self, location: str, path: Path, lake: Path) -> None:
        super().__init__(location)
        self._path = path
        self._lake = lake

    def __len__(self) -> int:
        return self._path.stat().st_size

    def exists(self) -> bool:
        return self._path.exists()

    def to_input_file(self) -> InputFile:
        return _Checked(self.location, self._path, self._lake)

    def create(self, overwrite: bool = False) -> OutputStream:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return _Buffer(self._path, self._path.open("wb" if overwrite else "xb"))


class _Buffer(io.BytesIO):
    def __init__(self, path: Path, target: BinaryIO) -> None:
        super().__init__()
        self._path = path
        self._target = target

    def close(self) -> None:
        if self.closed:
            return
        body = self.getvalue()
        super().close()
        with self._target as stream:
            stream.write(body)
        digest = hashlib.sha256(body).hexdigest()
        checksum = self._path.with_name(self._path.name + SUFFIX)
        checksum.write_bytes(f"{digest}  {self._path.name}\n".encode())
