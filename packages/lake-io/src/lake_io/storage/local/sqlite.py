"""The catalogue of a lake in a folder: a SQLite file, and Iceberg's files beside it."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.catalog.sql import IcebergNamespaceProperties, IcebergTables, SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchNamespaceError, NoSuchTableError
from pyiceberg.table import CommitTableResponse, StaticTable
from pyiceberg.table import Table as IcebergTable
from pyiceberg.typedef import Identifier
from sqlalchemy import URL, CursorResult, Update, create_engine, make_url, text, update
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from b3_contracts.specification import REFINED
from lake_io.errors import (
    LakeDamaged,
    LakeError,
    LakeOutdated,
    LakeUnreachable,
    one_line,
)
from lake_io.storage.local.checksums import ChecksummedFiles
from lake_io.storage.local.scratch import publish_file, scratch_folder
from lake_io.tables.evolution import assert_compatible
from lake_io.tables.refined_tables import NAMESPACE, RefinedTables
from lake_io.verification import damages

__all__ = [
    "DATABASE",
    "WAREHOUSE",
    "FolderTables",
    "assert_new",
    "open_catalog",
    "rebuilt_tables",
]

DATABASE: Final = "catalogue.db"
WAREHOUSE: Final = "warehouse"
SET_ASIDE: Final = "damaged"
ROOT: Final = "bovespa.root"
# Eight publishers on two cores keep each other waiting longer than SQLite's five seconds.
_WAIT_SECONDS: Final = 60
_SOUND: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""SQLite's complaints about the place of a database, and not about the database."""
_FILES: Final = f"{ChecksummedFiles.__module__}.{ChecksummedFiles.__name__}"


class FolderTables(SqlCatalog):
    """The tables of one lake. Errors of the database are raised as those of a lake."""

    def load_table(self, identifier: str | Identifier) -> IcebergTable:
        """Raises LakeDamaged for a table that the database has lost: it is no new one."""
        try:
            with _translate_database_errors():
                return super().load_table(identifier)
        except NoSuchTableError as error:
            name = self.table_name_from(identifier)
            if _was_committed(Path(self.properties["warehouse"]), name):
                raise LakeDamaged(f"{DATABASE} is damaged: it lacks the table {name}") from error
            raise

    def create_table(self, *args: Any, **kwargs: Any) -> IcebergTable:
        with _translate_database_errors():
            return super().create_table(*args, **kwargs)

    def commit_table(self, *args: Any, **kwargs: Any) -> CommitTableResponse:
        with _translate_database_errors():
            return super().commit_table(*args, **kwargs)

    def repoint(self, metadata: Mapping[str, tuple[str, str]], root: Path) -> None:
        """Point each table from one metadata file to another, all of them at once.

        Raises CommitFailedException if a table has another metadata file by now.
        """
        with _translate_database_errors(), Session(self.engine) as session:
            for name, (old, new) in metadata.items():
                row = _row(self.name, name, old)
                changed = session.execute(row.values(metadata_location=new))
                if cast("CursorResult[Any]", changed).rowcount != 1:
                    raise CommitFailedException(f"the table {name} has changed")
            session.execute(_root(self.name).values(property_value=str(root)))
            session.commit()


def _row(catalog: str, name: str, metadata_location: str) -> Update:
    return update(IcebergTables).where(
        IcebergTables.catalog_name == catalog,
        IcebergTables.table_namespace == NAMESPACE,
        IcebergTables.table_name == name,
        IcebergTables.metadata_location == metadata_location,
    )


def _root(catalog: str) -> Update:
    return update(IcebergNamespaceProperties).where(
        IcebergNamespaceProperties.catalog_name == catalog,
        IcebergNamespaceProperties.namespace == NAMESPACE,
        IcebergNamespaceProperties.property_key == ROOT,
    )


@contextmanager
def _translate_database_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise _database_fault(error, DATABASE) from error


def open_catalog(root: Path) -> FolderTables:
    """The catalogue of the lake in `root`, made there if it is not yet.

    Raises LakeDamaged where the file is no catalogue or is missing beside its tables.
    """
    database = root / DATABASE
    if not database.exists():
        assert_new(root)
        _make(root)
    with _translate_faults_of(database):
        _assert_sound(database, root)
        catalog = _connect(database, root)
        try:
            catalog.load_namespace_properties(NAMESPACE)
        except (NoSuchNamespaceError, SQLAlchemyError):
            catalog.engine.dispose()
            raise
    return catalog


@contextmanager
def _translate_faults_of(database: Path) -> Iterator[None]:
    try:
        yield
    except NoSuchNamespaceError as error:
        raise LakeDamaged(f"{database} is no catalogue of a lake: it names none") from error
    except DatabaseError as error:
        fault = _database_fault(error, str(database))
        if isinstance(fault, LakeUnreachable) and database.is_file():
            raise fault from error
        raise LakeDamaged(f"{database} is no catalogue of a lake: {error.orig}") from error
    except SQLAlchemyError as error:
        raise LakeUnreachable(f"cannot open {database}: {one_line(error)}") from error


def rebuilt_tables(root: Path, warn: Callable[[str], None]) -> RefinedTables:
    """The tables for a rebuild, which uses only tables that were read completely.

    Tables that are damaged are set aside with their catalogue; those that cannot be brought up to
    the present contract are dropped. Of both the history of runs is kept.
    """
    try:
        catalog = open_catalog(root)
        _assert_usable(catalog)
        return RefinedTables(catalog)
    except LakeDamaged as error:
        earlier = RefinedTables(NewestMetadata(root)).earlier_runs()
        warn(f"{error}; set aside in {_set_aside(root)}")
    except LakeOutdated:
        earlier = RefinedTables(NewestMetadata(root)).earlier_runs()
        _drop(root)
    return RefinedTables(open_catalog(root), earlier)


def _assert_usable(catalog: FolderTables) -> None:
    """Read every table whole. Raises LakeDamaged or LakeOutdated, with the database closed."""
    try:
        _assert_compatible(catalog)
        for damage in damages(RefinedTables(catalog)):
            raise damage
    except LakeError:
        catalog.engine.dispose()
        raise


class NewestMetadata(NoopCatalog):
    """Tables by their newest metadata file that can be read, for a catalogue that is damaged."""

    def __init__(self, root: Path) -> None:
        warehouse = root / WAREHOUSE
        super().__init__(NAMESPACE, **{"py-io-impl": _FILES, "warehouse": warehouse.as_posix()})
        self._folder = warehouse / NAMESPACE

    def load_table(self, identifier: str | Identifier) -> IcebergTable:
        """Raises NoSuchTableError if there is none."""
        folder = self._folder / self.table_name_from(identifier) / "metadata"
        for path in sorted(folder.glob("*.metadata.json"), reverse=True):
            with suppress(LakeDamaged, ValueError, OSError):
                return StaticTable.from_metadata(path.as_posix(), self.properties)
        raise NoSuchTableError(f"no metadata in {folder}")


def _assert_compatible(catalog: SqlCatalog) -> None:
    for identifier in catalog.list_tables(NAMESPACE):
        if identifier[-1] in REFINED:
            assert_compatible(catalog.load_table(identifier), REFINED[identifier[-1]])


def assert_new(root: Path) -> None:
    """Raise LakeDamaged if a link or tables show that a catalogue was there before."""
    if (root / DATABASE).is_symlink():
        raise LakeDamaged(f"{root / DATABASE} is damaged: a link to nowhere is in its place")
    if any(_was_committed(root / WAREHOUSE, name) for name in REFINED):
        raise LakeDamaged(f"{root / DATABASE} is damaged: file not found beside its tables")


def _was_committed(warehouse: Path, name: str) -> bool:
    """True if a run has written to the table: creation alone leaves a first metadata file."""
    metadata = (warehouse / NAMESPACE / name / "metadata").glob("*.metadata.json")
    return any(not path.name.startswith("00000-") for path in metadata)


def _assert_sound(database: Path, root: Path) -> None:
    """A broken index finds no table, and a commit then changes no row.

    The connection is closed at the end: Windows sets no file aside that is open.
    """
    engine = create_engine(_url(database, root), poolclass=NullPool)
    with engine.connect() as connection:
        verdict = connection.execute(text("pragma integrity_check(1)")).scalar()
        names = set(connection.execute(text("select name from sqlite_master")).scalars())
    if verdict != "ok":
        raise LakeDamaged(f"{DATABASE} is damaged: {verdict}")
    if IcebergNamespaceProperties.__tablename__ not in names:
        raise LakeDamaged(f"{database} is no catalogue of a lake: it has no tables")


def _make(root: Path) -> None:
    """A catalogue takes its place when it is whole: two processes may open a lake at once."""
    with scratch_folder(root, "tables") as folder:
        database = folder / DATABASE
        catalog = _connect(database, root, init_catalog_tables="true")
        catalog.create_namespace(NAMESPACE, {ROOT: str(root)})
        catalog.engine.dispose()
        publish_file(root, database, root / DATABASE)


def _connect(database: Path, root: Path, init_catalog_tables: str = "false") -> FolderTables:
    """The warehouse is a path: PyIceberg takes a URI's `%20` for a name of its own."""
    about = {"py-io-impl": _FILES, "init_catalog_tables": init_catalog_tables}
    warehouse = (root / WAREHOUSE).as_posix()
    return FolderTables(NAMESPACE, uri=_url(database, root), warehouse=warehouse, **about)


def _url(database: Path, root: Path) -> str:
    url = URL.create("sqlite", database=str(database), query={"timeout": str(_WAIT_SECONDS)})
    uri = url.render_as_string()
    if make_url(uri).database != str(database):
        raise LakeUnreachable(f"{root}: SQLAlchemy takes no folder with such a name")
    return uri


def _database_files(root: Path) -> list[Path]:
    """The database, and what SQLite left beside it and would play back into a new one."""
    return [root / f"{DATABASE}{end}" for end in ("", "-journal", "-wal", "-shm")]


def _set_aside(root: Path) -> Path:
    """Nothing is deleted: a damaged table may hold what raw has lost."""
    (root / SET_ASIDE).mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root / SET_ASIDE, prefix="tables-"))
    for path in (root / WAREHOUSE, *_database_files(root)):
        with suppress(FileNotFoundError):
            path.rename(folder / path.name)
    return folder


def _drop(root: Path) -> None:
    for path in _database_files(root):
        path.unlink(missing_ok=True)
    if (root / WAREHOUSE).exists():
        shutil.rmtree(root / WAREHOUSE)


def _database_fault(error: SQLAlchemyError, what: str) -> LakeError:
    """A database that cannot be reached, or one that is broken."""
    raised = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(raised, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if not isinstance(error, DBAPIError) or code in _SOUND:
        return LakeUnreachable(f"cannot read or write {what}: {one_line(error)}")
    return LakeDamaged(f"{what} is damaged: {one_line(error)}")
