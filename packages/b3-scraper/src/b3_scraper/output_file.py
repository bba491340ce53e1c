"""A file that is written whole or not at all: a full disk leaves the older one untouched."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["NO_SUCH_PLACE", "write_file"]

NO_SUCH_PLACE: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
"""What `write_file` raises where the file cannot exist: the caller named the wrong place."""


def write_file(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename; a device or a pipe is written to as it is.

    Raises OSError that carries `path`, whichever file the system complained about.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        # OSError(errno, …) is of the subclass that belongs to the number.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(target: Path, content: bytes) -> None:
    partial = target.with_name(f".{target.name[:200]}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        if target.exists():
            shutil.copymode(target, partial)
        partial.replace(target)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
