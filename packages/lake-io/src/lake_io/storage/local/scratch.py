"""Scratch folders of a local lake: below `staging/`, each held by a lock of its own.

The operating system lets a lock go with its process, so what nobody holds is stale,
whatever a clock says. `clear_stale` removes it; a file system that refuses is left alone.
"""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from b3_contracts.layout import STAGING_PREFIX
from lake_io.storage.local.platform import release_and_remove

__all__ = ["clear_stale", "publish_file", "scratch_folder", "temporary_folder"]

_LOCK: Final = ".lock"
# Another process may remove the empty `staging/` between its creation and its use.
_TRIES: Final = 5


@contextmanager
def scratch_folder(root: Path, name: str, *, elsewhere: bool = False) -> Iterator[Path]:
    """A folder below `staging/` for one piece of work, removed at the end with all in it.

    With `elsewhere`, a lake that cannot be written gets one among the system's temporary
    files. Raises OSError.
    """
    staging = root / STAGING_PREFIX
    folder = staging / f"{name}-{secrets.token_hex(8)}"
    try:
        lock = _locked(folder)
    except OSError:
        if not elsewhere:
            raise
        with temporary_folder(name) as temporary:
            yield temporary
        return
    try:
        folder.mkdir()
        yield folder
    finally:
        _remove(folder, lock)


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A folder among the system's temporary files, removed at the end."""
    with tempfile.TemporaryDirectory(prefix=f"bovespa-{name}-") as folder:
        yield Path(folder)


def clear_stale(root: Path) -> None:
    """Remove the scratch folders that no process holds any more."""
    staging = root / STAGING_PREFIX
    if not staging.is_dir():
        return
    with suppress(OSError):
        for folder in {path.with_suffix("") for path in staging.iterdir()}:
            lock = FileLock(folder.with_suffix(_LOCK), timeout=0)
            with suppress(Timeout, OSError):
                lock.acquire()
                _remove(folder, lock)
        staging.rmdir()


def publish_file(root: Path, whole: Path, target: Path) -> bool:
    """Give a file of a scratch folder its name in the lake; False where the name is taken.

    By a hard link, which cannot overwrite. Some network and FUSE file systems have none: there
    it is a rename under a lock, since Python knows no rename that cannot overwrite.
    Raises OSError.
    """
    try:
        target.hardlink_to(whole)
    except FileExistsError:
        return False
    except OSError:
        with FileLock(root / STAGING_PREFIX / "rename.lock"):
            if os.path.lexists(target):
                return False
            whole.rename(target)
    return True


def _locked(folder: Path) -> FileLock:
    """The lock is taken before the folder exists: a folder without a held lock is stale."""
    for _ in range(_TRIES):
        lock = FileLock(folder.with_suffix(_LOCK))
        with suppress(FileNotFoundError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            # Between its creation and the lock, `clear_stale` may have removed the file.
            if Path(lock.lock_file).is_file():
                return lock
            lock.release()
    raise FileNotFoundError(errno.ENOENT, "another process keeps removing it", str(folder.parent))


def _remove(folder: Path, lock: FileLock) -> None:
    """Remove a folder; one that cannot be removed stays for the next `clear_stale`."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with suppress(OSError):
            folder.unlink(missing_ok=True)
    release_and_remove(lock)
    with suppress(OSError):
        folder.parent.rmdir()
