"""Quality pages below a prefix of a bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lake_io.lake import FRONT_PAGE
from lake_io.storage.s3.store import S3Store

__all__ = ["S3Pages"]

_PREFIX: Final = "quality/"


class S3Pages:
    """The pages below `quality/` of a lake on S3."""

    def __init__(self, uri: str, store: S3Store) -> None:
        self.uri = f"{uri}/{_PREFIX}"
        self._store = store

    @property
    def front_page(self) -> str:
        return f"{self.uri}{FRONT_PAGE}"

    def names(self) -> Iterator[str]:
        return (key.removeprefix(_PREFIX) for key in self._store.keys(_PREFIX))

    def read(self, name: str) -> bytes:
        return self._store.get(f"{_PREFIX}{name}")

    def add(self, folder: Path) -> None:
        files = (path for path in folder.rglob("*") if path.is_file())
        pages = {file.relative_to(folder).as_posix(): file for file in files}
        pages.pop(FRONT_PAGE, None)
        self._store.overwrite(
            _PREFIX, {f"{_PREFIX}{name}": file.read_bytes() for name, file in pages.items()}
        )

    def write_front_page(self, page: bytes) -> None:
        key = f"{_PREFIX}{FRONT_PAGE}"
        self._store.overwrite(key, {key: page})
