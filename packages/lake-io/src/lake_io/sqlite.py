"""The catalogue of a lake in a folder: a SQLite file, and Iceberg's files beside it."""

import shutil
from pathlib import Path
from typing import Final

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchNamespaceError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DatabaseError

from b3_contracts.tables import REFINED
from lake_io.catalogue import NAMESPACE
from lake_io.errors import LakeMoved, LakeOutdated, LakeUnreachable
from lake_io.evolution import assert_followed
from lake_io.scratch import publish_file, scratch_folder

__all__ = ["open_catalog"]

DATABASE: Final = "catalogue.db"
WAREHOUSE: Final = "warehouse"
ROOT: Final = "bovespa.root"
_REBUILD: Final = "make the tables anew with `bovespa refine --rebuild`"
# Eight publishers on two cores keep each other waiting longer than SQLite's five seconds.
_WAIT_SECONDS: Final = 60


def open_catalog(root: Path, *, rebuild: bool) -> SqlCatalog:
    """The catalogue of the lake in `root`, made there if it is not yet.

    Raises LakeMoved where its tables were made in another folder, and LakeUnreachable where
    the file is no catalogue; with `rebuild` both are dropped with all tables, and made anew,
    and so are tables that cannot be brought up to the present contract.
    """
    try:
        catalog = _opened(root)
        if rebuild:
            _assert_followed(catalog)
        return catalog
    except (LakeMoved, LakeOutdated, LakeUnreachable):
        if not rebuild:
            raise
    _drop(root)
    return _opened(root)


def _opened(root: Path) -> SqlCatalog:
    database = root / DATABASE
    if not database.exists():
        _make(root)
    try:
        catalog = _connect(database, root)
        made_at = catalog.load_namespace_properties(NAMESPACE).get(ROOT)
    except (DatabaseError, NoSuchNamespaceError) as error:
        raise LakeUnreachable(f"{database} is no catalogue of a lake: {_REBUILD}") from error
    if made_at != str(root):
        raise LakeMoved(
            f"the tables of {root} were made in {made_at} and name files there: "
            f"move the folder back, or {_REBUILD}"
        )
    return catalog


def _assert_followed(catalog: SqlCatalog) -> None:
    for identifier in catalog.list_tables(NAMESPACE):
        if identifier[-1] in REFINED:
            assert_followed(catalog.load_table(identifier), REFINED[identifier[-1]])


def _make(root: Path) -> None:
    """A catalogue takes its place when it is whole: two processes may open a lake at once."""
    with scratch_folder(root, "catalogue") as folder:
        database = folder / DATABASE
        catalog = _connect(database, root)
        catalog.create_namespace(NAMESPACE, {ROOT: str(root)})
        catalog.engine.dispose()
        publish_file(root, database, root / DATABASE)


def _connect(database: Path, root: Path) -> SqlCatalog:
    """The warehouse is a path: PyIceberg takes a URI's `%20` for a name of its own."""
    url = URL.create("sqlite", database=str(database), query={"timeout": str(_WAIT_SECONDS)})
    uri = url.render_as_string()
    if make_url(uri).database != str(database):
        raise LakeUnreachable(f"{root}: SQLAlchemy takes no folder with such a name")
    return SqlCatalog(NAMESPACE, uri=uri, warehouse=str(root / WAREHOUSE))


def _drop(root: Path) -> None:
    """The tables, and what SQLite left beside them and would play back into a new catalogue."""
    for name in (DATABASE, f"{DATABASE}-journal", f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (root / name).unlink(missing_ok=True)
    if (root / WAREHOUSE).exists():
        shutil.rmtree(root / WAREHOUSE)
