"""A lake: its raw zone and its catalogue in one place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy.exc import SQLAlchemyError

from lake_io.catalogue import NAMESPACE, Catalogue
from lake_io.errors import LakeMoved, LakeUnreachable
from lake_io.raw import RawZone
from lake_io.store import LocalStore

__all__ = ["Lake", "open_lake"]

DATABASE: Final = "catalogue.db"
QUALITY: Final = "quality"
WAREHOUSE: Final = "warehouse"
ROOT: Final = "bovespa.root"


@dataclass(frozen=True)
class Lake:
    """What every stage of the pipeline is handed: where to read and where to publish."""

    uri: str
    raw: RawZone
    catalogue: Catalogue
    quality_folder: Path
    _lock_file: Path

    @property
    def quality_page(self) -> str:
        """Where the pages of the quality report begin, once there are any."""
        return str(self.quality_folder / "index.html")

    @contextmanager
    def refining(self) -> Iterator[None]:
        """Held by one run of `refine` at a time; a second one waits. A crash lets it go."""
        with FileLock(self._lock_file):
            yield


def open_lake(uri: str, *, rebuild: bool = False) -> Lake:
    """The lake in the folder `uri`, made there if it is not yet, or at `s3://bucket[/prefix]`.

    Raises LakeUnreachable where the folder cannot be used, and LakeMoved where its tables
    were made in another folder; with `rebuild` such tables are dropped, raw stays. On S3
    nothing is dropped, and what is wrong is told by the first that is read or written.
    """
    if uri.startswith("s3://"):
        return _open_on_s3(uri)
    if "://" in uri:
        raise LakeUnreachable(f"{uri}: a lake is a local folder, or s3://bucket")
    root = Path(uri).expanduser().resolve()
    try:
        root.mkdir(parents=True, exist_ok=True)
        catalog = _catalog(root, rebuild=rebuild)
    except (OSError, SQLAlchemyError) as error:
        raise LakeUnreachable(f"cannot use {root} as a lake: {error}") from error
    return Lake(
        str(root), RawZone(LocalStore(root)), Catalogue(catalog), root / QUALITY, root / "lock"
    )


def _open_on_s3(uri: str) -> Lake:
    try:
        from lake_io.s3_lake import open_s3_lake
    except ModuleNotFoundError as error:
        needed = "a lake on S3 needs more packages: pip install 'lake-io[aws]'"
        raise LakeUnreachable(f"{uri}: {needed}") from error
    return open_s3_lake(uri)


def _catalog(root: Path, *, rebuild: bool) -> SqlCatalog:
    catalog = _connect(root)
    made_at = catalog.load_namespace_properties(NAMESPACE).get(ROOT)
    if made_at == str(root):
        return catalog
    if not rebuild:
        raise LakeMoved(
            f"the tables of {root} were made in {made_at} and name files there: "
            "move the folder back, or make the tables anew with `bovespa refine --rebuild`"
        )
    catalog.engine.dispose()
    (root / DATABASE).unlink()
    shutil.rmtree(root / WAREHOUSE)
    return _connect(root)


def _connect(root: Path) -> SqlCatalog:
    catalog = SqlCatalog(
        NAMESPACE,
        uri=f"sqlite:///{root / DATABASE}",
        warehouse=(root / WAREHOUSE).as_uri(),
    )
    catalog.create_namespace_if_not_exists(NAMESPACE, {ROOT: str(root)})
    return catalog
