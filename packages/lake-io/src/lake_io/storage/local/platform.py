"""Differences between operating systems; no other module of this package tests for one.

Windows opens no folder, neither to read nor to sync it, and it neither removes nor renames a file
that is open.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from filelock import FileLock

__all__ = [
    "IS_WINDOWS",
    "is_folder_opened",
    "is_locked_for_reader",
    "release_and_remove",
    "sync_folder",
]

IS_WINDOWS: Final = os.name == "nt"


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk, which Windows does by itself. Raises OSError."""
    if IS_WINDOWS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_folder_opened(error: OSError, path: Path) -> bool:
    """True if a file could not be opened because a folder is in its place.

    Windows calls that a lack of permission.
    """
    if isinstance(error, IsADirectoryError):
        return True
    return IS_WINDOWS and isinstance(error, PermissionError) and path.is_dir()


def is_locked_for_reader(path: Path) -> bool:
    """True if a process holds the lock of a file that this user may read and not write.

    A shared lock needs no right to write, and is refused while another process holds the lock.
    Windows has no lock for a reader: False. Raises OSError.
    """
    if IS_WINDOWS:
        return False
    import fcntl

    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return True
        raise
    finally:
        os.close(descriptor)
    return False


def release_and_remove(lock: FileLock) -> None:
    """Release a lock and remove its file; one that cannot be removed stays.

    The file goes first, so that nobody takes a lock that is about to go; on Windows it is open
    until the lock is released, and another process that takes it in between keeps it.
    """
    path = Path(lock.lock_file)
    if IS_WINDOWS:
        lock.release()
    with suppress(OSError):
        path.unlink(missing_ok=True)
    lock.release()
