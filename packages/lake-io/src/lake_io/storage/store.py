"""Object stores of a lake. An object is written once, whole, or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import damaged_key
from lake_io.errors import LakeUnreachable, NotInLake, RawDamaged
from lake_io.storage.local.platform import is_folder_opened, sync_folder
from lake_io.storage.local.scratch import publish_file, scratch_folder

__all__ = ["LocalStore", "SingleObject", "Store"]

_OBJECTS: Final = frozenset({".gz", ".json", ".parquet"})
"""The endings of objects: a folder with such a name stands where an object was."""


class Store(Protocol):
    """The few things a raw zone asks of a place, `get` from several threads at once."""

    gets_at_once: int
    """How many `get` under way at once are faster than one after the other."""

    def put(self, key: str, body: bytes) -> bool:
        """Write `body` unless the key is taken; whether it was written."""
        ...

    def batch(self) -> AbstractContextManager[None]:
        """Let the objects written meanwhile share what preparing a write costs."""
        ...

    def get(self, key: str) -> bytes:
        """The object's bytes. Raises NotInLake where there is none."""
        ...

    def replace(self, key: str, body: bytes) -> None:
        """Write a whole object in place of a damaged one, which is kept below raw/damaged.

        Raises LakeDamaged if only the owner of the store may do that.
        """
        ...

    def set_aside(self, key: str) -> None:
        """Move a damaged object below raw/damaged; nothing is deleted.

        Raises LakeDamaged if only the owner of the store may do that.
        """
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, which ends in a slash, in no order."""
        ...


class LocalStore:
    """A folder. A half-written object never carries its name: it is linked when it is whole.

    Files and folders get the permissions that the process's umask leaves.
    """

    gets_at_once: int = 1

    def __init__(self, root: Path) -> None:
        self.root = root
        self._shared: Path | None = None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Share one scratch folder: a folder and its lock take longer than a small object."""
        with ExitStack() as stack:
            with suppress(OSError):  # each write then says what is wrong
                self._shared = stack.enter_context(scratch_folder(self.root, "put"))
            try:
                yield
            finally:
                self._shared = None

    def put(self, key: str, body: bytes) -> bool:
        target = self._path(key)
        try:
            return not target.exists() and self._write(target, body)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {target}: {error.strerror}") from error

    def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            if path.is_symlink():
                raise RawDamaged(f"{path} is a link to nowhere, not a file") from error
            raise NotInLake(f"{self.root} holds no {key}") from error
        except OSError as error:
            if is_folder_opened(error, path):
                raise RawDamaged(f"{path} is a folder, not a file") from error
            raise LakeUnreachable(f"cannot read {path}: {error.strerror}") from error

    def replace(self, key: str, body: bytes) -> None:
        """Exchange the files in one step: a kill leaves the damaged object or the whole one."""
        target = self._path(key)
        if not target.is_file() or target.is_symlink():
            self.set_aside(key)
            self.put(key, body)
            return
        try:
            with self._complete_file(body) as complete:
                self._keep_damaged(key, target)
                complete.replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {target}: {error.strerror}") from error

    def set_aside(self, key: str) -> None:
        source = self._path(key)
        try:
            content = source.read_bytes() if source.is_file() else b""
            source.replace(self._damaged_path(key, content))
        except FileNotFoundError:
            return
        except OSError as error:
            raise LakeUnreachable(f"cannot set aside {source}: {error.strerror}") from error

    def keys(self, prefix: str) -> Iterator[str]:
        for folder, subfolders, names in os.walk(self._path(prefix), onerror=_raise_unlistable):
            relative = Path(folder).relative_to(self.root).as_posix()
            displaced = [name for name in subfolders if Path(name).suffix in _OBJECTS]
            yield from (f"{relative}/{name}" for name in (*names, *displaced))

    def _path(self, key: str) -> Path:
        """Keys are made by `layout`, which lets nothing out of the lake; nor does this."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts or "\0" in key:
            raise ContractError("a key of the lake", [Broken("key", f"leads elsewhere: {key!r}")])
        return self.root / key

    def _write(self, target: Path, body: bytes) -> bool:
        folders = [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._complete_file(body) as complete:
            if not publish_file(self.root, complete, target):
                return False
        for folder in (target.parent, *(created.parent for created in folders)):
            sync_folder(folder)
        return True

    @contextmanager
    def _complete_file(self, body: bytes) -> Iterator[Path]:
        """A file of the body, on disk, in a scratch folder."""
        shared = self._shared
        with nullcontext(shared) if shared else scratch_folder(self.root, "put") as scratch:
            path = scratch / f"object-{secrets.token_hex(8)}"
            try:
                with path.open("xb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                yield path
            finally:
                path.unlink(missing_ok=True)

    def _keep_damaged(self, key: str, source: Path) -> None:
        """Copy the damaged object: it keeps its name until a whole one takes it."""
        content = source.read_bytes()
        self._damaged_path(key, content).write_bytes(content)

    def _damaged_path(self, key: str, content: bytes) -> Path:
        path = self._path(damaged_key(key, hashlib.sha256(content).hexdigest()))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@dataclass
class SingleObject:
    """A Store of one object that was read already, for the checks of a raw zone."""

    key: str
    body: bytes
    gets_at_once: int = 1

    def put(self, key: str, body: bytes) -> bool:  # noqa: ARG002 - the protocol's
        raise LakeUnreachable(f"cannot write {key}: only {self.key} is at hand")

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()

    def get(self, key: str) -> bytes:
        if key != self.key:
            raise NotInLake(f"there is no {key}, only {self.key}")
        return self.body

    def replace(self, key: str, body: bytes) -> None:
        self.put(key, body)

    def set_aside(self, key: str) -> None:
        self.put(key, b"")

    def keys(self, prefix: str) -> Iterator[str]:
        return iter([self.key] if self.key.startswith(prefix) else [])


def _raise_unlistable(error: OSError) -> None:
    """A folder that cannot be listed is not an empty one: its sessions would be taken out."""
    if not isinstance(error, FileNotFoundError):
        raise LakeUnreachable(f"cannot list {error.filename}: {error.strerror}") from error
