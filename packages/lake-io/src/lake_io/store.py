"""Where a lake's objects lie. An object is written once, whole, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import STAGING_PREFIX
from lake_io.errors import LakeUnreachable, NotInLake

__all__ = ["LocalStore", "Store"]

_READABLE: Final = 0o644


class Store(Protocol):
    """The few things a raw zone asks of a place, `get` from several threads at once."""

    gets_at_once: int
    """How many `get` under way at once are faster than one after the other."""

    def put(self, key: str, body: bytes) -> bool:
        """Write `body` unless the key is taken; whether it was written."""
        ...

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises NotInLake where there is none."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, which ends in a slash, in no order."""
        ...


class LocalStore:
    """A folder. A half-written object never carries its name: it is linked when it is whole."""

    gets_at_once: int = 1

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, body: bytes) -> bool:
        target = self._path(key)
        try:
            return not target.exists() and self._link(target, body)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {target}: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise NotInLake(f"{self.root} holds no {key}") from error
        except OSError as error:
            raise LakeUnreachable(f"cannot read {self.root / key}: {error.strerror}") from error

    def keys(self, prefix: str) -> Iterator[str]:
        for folder, _, names in os.walk(self._path(prefix), onerror=_tell):
            relative = Path(folder).relative_to(self.root).as_posix()
            yield from (f"{relative}/{name}" for name in names)

    def _path(self, key: str) -> Path:
        """Keys are made by `layout`, which lets nothing out of the lake; nor does this."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts or "\0" in key:
            raise ContractError("a key of the lake", [Broken("key", f"leads elsewhere: {key!r}")])
        return self.root / key

    def _link(self, target: Path, body: bytes) -> bool:
        staging = self.root / STAGING_PREFIX
        staging.mkdir(parents=True, exist_ok=True)
        folders = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=staging, prefix="put-") as scratch:
            scratch.write(body)
            scratch.flush()
            os.fchmod(scratch.fileno(), _READABLE)
            os.fsync(scratch.fileno())
            try:
                target.hardlink_to(scratch.name)
            except FileExistsError:
                return False
        for folder in (target.parent, *(made.parent for made in folders)):
            _sync_folder(folder)
        return True


def _tell(error: OSError) -> None:
    """A folder that cannot be listed is not an empty one: its sessions would be taken out."""
    if not isinstance(error, FileNotFoundError):
        raise LakeUnreachable(f"cannot list {error.filename}: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
