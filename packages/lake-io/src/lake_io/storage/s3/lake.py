"""A lake on AWS: raw zone, data files and quality pages on S3, tables in Glue's catalogue."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lake_io.lake import FRONT_PAGE, QUALITY, Lake
from lake_io.raw.zone import RawZone
from lake_io.storage.s3.glue import GlueTables
from lake_io.storage.s3.store import S3Store
from lake_io.tables.refined_tables import RefinedTables

__all__ = ["S3Lake", "open_s3_lake"]

_PAGES: Final = f"{QUALITY}/"


@dataclass(frozen=True)
class S3Lake(Lake):
    """A lake without a lock: the job that refines it runs once at a time, and of two
    publishers one gets a Conflict. Its quality folder is this machine's, for one run."""

    _store: S3Store

    @property
    def quality_page(self) -> str:
        return f"{self.uri}/{_PAGES}{FRONT_PAGE}"

    def quality_pages(self) -> Iterator[str]:
        return (key.removeprefix(_PAGES) for key in self._store.keys(_PAGES))

    def quality_file(self, name: str) -> bytes:
        return self._store.get(f"{_PAGES}{name}")

    def write_quality_page(self, page: bytes) -> None:
        super().write_quality_page(page)
        self._keep_pages()

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """Among this machine's temporary files."""
        with tempfile.TemporaryDirectory(prefix=f"bovespa-{name}-") as folder:
            yield Path(folder)

    @contextmanager
    def refining(self) -> Iterator[None]:
        """When the run is over, its pages are kept in the lake, whatever became of it."""
        try:
            yield
        finally:
            self._keep_pages()

    def _keep_pages(self) -> None:
        if self.quality_folder.is_dir():
            self._store.mirror(self.quality_folder, _PAGES)
            shutil.rmtree(self.quality_folder)


def open_s3_lake(uri: str) -> S3Lake:
    """The lake at `s3://bucket[/prefix]`. Nothing is asked of AWS yet."""
    store, root = S3Store(uri), uri.rstrip("/")
    pages = Path(tempfile.gettempdir(), f"bovespa-quality-{secrets.token_hex(16)}")
    no_lock = pages / "lock"
    return S3Lake(root, RawZone(store), RefinedTables(GlueTables(root)), pages, no_lock, store)
