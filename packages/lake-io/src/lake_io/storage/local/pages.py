"""Quality pages in a folder of the lake."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from lake_io.errors import LakeUnreachable, one_line
from lake_io.lake import FRONT_PAGE
from lake_io.storage.local.scratch import scratch_folder

__all__ = ["LocalPages"]


class LocalPages:
    """The pages below `folder`, in the lake at `root`."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.uri = str(folder)
        self._root = root
        self._folder = folder

    @property
    def front_page(self) -> str:
        return str(self._folder / FRONT_PAGE)

    def names(self) -> Iterator[str]:
        return (path.relative_to(self._folder).as_posix() for path in _files(self._folder))

    def read(self, name: str) -> bytes:
        path = self._folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise LakeUnreachable(f"cannot read {path}: {error.strerror}") from error

    def add(self, folder: Path) -> None:
        try:
            # Not `copytree`, which copies the permissions of a scratch folder too.
            for file in _files(folder):
                if file != folder / FRONT_PAGE:
                    target = self._folder / file.relative_to(folder)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {self._folder}: {one_line(error)}") from error

    def write_front_page(self, page: bytes) -> None:
        """Leave the file untouched if it holds the page already."""
        target = self._folder / FRONT_PAGE
        try:
            if not target.is_file() or target.read_bytes() != page:
                self._folder.mkdir(parents=True, exist_ok=True)
                # A reader finds the old page or the new one, never half of either.
                with scratch_folder(self._root, "page", elsewhere=True) as scratch:
                    complete = scratch / FRONT_PAGE
                    complete.write_bytes(page)
                    complete.replace(target)
        except OSError as error:
            raise LakeUnreachable(f"cannot write {target}: {error.strerror}") from error


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
