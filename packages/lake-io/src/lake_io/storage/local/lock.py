"""The lock of a local lake, held by one refine run at a time, and a note about its holder.

The operating system releases it when its process ends. The note beside it names the holder, and
is used only while the lock is held.
"""

import datetime as dt
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from lake_io.errors import LakeUnreachable
from lake_io.storage.local.platform import is_locked_for_reader

__all__ = ["LOCK", "Holder", "LakeLock"]

LOCK: Final = "lock"
_FOREVER: Final = -1


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock; `since` is its own clock's time, in UTC."""

    process_id: int
    host: str
    since: dt.datetime

    def __str__(self) -> str:
        since = f"{self.since.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"process {self.process_id} on {self.host}, since {since}"


class LakeLock:
    """The lock of one lake."""

    def __init__(self, root: Path) -> None:
        self._file = root / LOCK
        self._note = root / f"{LOCK}.holder"

    @contextmanager
    def __call__(
        self, wait: float | None = None, told: Callable[[str], None] = lambda _: None
    ) -> Iterator[None]:
        """Hold the lock; another's is waited for, for ever or for so many seconds.

        `told` is called once, with who holds it. Raises LakeUnreachable where it is not had.
        """
        lock = self._acquired(wait, told)
        try:
            self._write_note()
            yield
        finally:
            with suppress(OSError):
                self._note.unlink(missing_ok=True)
            lock.release()

    def holder(self) -> Holder | None:
        """The process that holds the lock now; None if there is none, or it cannot be determined.

        A user who may only read the lake is answered too, except on Windows.
        """
        return self._read_note() if self._file.is_file() and self._is_held() else None

    def _is_held(self) -> bool:
        lock = FileLock(self._file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            with suppress(OSError):
                return is_locked_for_reader(self._file)
            return False
        lock.release()
        return False

    def _acquired(self, wait: float | None, told: Callable[[str], None]) -> FileLock:
        lock = FileLock(self._file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return self._waited(lock, wait, told)
        except OSError as error:
            raise self._unusable(error) from error
        return lock

    def _waited(self, lock: FileLock, wait: float | None, told: Callable[[str], None]) -> FileLock:
        holder = self._read_note() or "another process"
        told(f"waiting for the lock of the lake, held by {holder}")
        try:
            lock.acquire(timeout=_FOREVER if wait is None else wait)
        except Timeout as error:
            unit = "second" if wait == 1 else "seconds"
            raise LakeUnreachable(
                f"the lake is locked by {holder}; waited {wait:g} {unit} for it"
            ) from error
        except OSError as error:
            raise self._unusable(error) from error
        return lock

    def _unusable(self, error: OSError) -> LakeUnreachable:
        action = "; remove it" if self._file.is_dir() else ""
        return LakeUnreachable(f"cannot lock {self._file}: {error.strerror}{action}")

    def _write_note(self) -> None:
        holder = Holder(os.getpid(), socket.gethostname(), dt.datetime.now(dt.UTC))
        with suppress(OSError):  # it is a courtesy
            text = json.dumps({**asdict(holder), "since": holder.since.isoformat()})
            self._note.write_text(text, "utf-8")

    def _read_note(self) -> Holder | None:
        try:
            note = json.loads(self._note.read_text("utf-8"))
            since = dt.datetime.fromisoformat(note["since"])
            return Holder(int(note["process_id"]), str(note["host"]), since)
        except (OSError, ValueError, KeyError, TypeError):
            return None
