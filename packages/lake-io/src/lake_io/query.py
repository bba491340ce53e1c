"""SQL over the published tables, with DuckDB: read only, and only these tables."""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from b3_contracts.specification import REFINED
from lake_io.errors import LakeDamaged, QueryError
from lake_io.tables.refined_tables import LakeSnapshot

if TYPE_CHECKING:
    import duckdb

__all__ = ["query"]


def query(
    snapshot: LakeSnapshot,
    sql: str,
    parameters: Iterable[object] | Mapping[str, object] = (),
) -> pa.Table:
    """Run one SELECT over the tables of `snapshot`, each under its own name.

    Parameters stand for `?` in their order, or for `$name` by their names.

    Raises QueryError where the SQL is wrong, would write, or reaches for anything else, and
    LakeDamaged where a file of the tables is broken.
    """
    duckdb = _duckdb()
    with duckdb.connect(config=_CLOSED) as connection:
        connection.execute("set TimeZone = 'UTC'")
        _register(connection, snapshot, sql)
        connection.execute("set lock_configuration = true")
        try:
            _assert_reads(connection, sql)
            return connection.sql(sql, params=_parameters(parameters)).to_arrow_table()
        except duckdb.Error as error:
            if not isinstance(error, _of_sql(duckdb)):
                _assert_readable(snapshot)
            raise QueryError(_sentence(error)) from error


def _register(connection: "duckdb.DuckDBPyConnection", snapshot: LakeSnapshot, sql: str) -> None:
    """Register each table; a damaged one that the SQL does not name is left out."""
    for name in REFINED:
        is_named = name in sql.lower()
        try:
            if is_named:
                snapshot.check(name)
            connection.register(name, snapshot.dataset(name))
        except LakeDamaged:
            if is_named:
                raise


def _parameters(
    parameters: Iterable[object] | Mapping[str, object],
) -> list[object] | dict[str, object]:
    return dict(parameters) if isinstance(parameters, Mapping) else list(parameters)


def _of_sql(duckdb: ModuleType) -> tuple[type[Exception], ...]:
    """Translate the errors that DuckDB raises before it reads anything."""
    return (
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ParserException,
        duckdb.SyntaxException,
    )


def _assert_readable(snapshot: LakeSnapshot) -> None:
    """Check the files: DuckDB raises one error for a division and for a damaged file."""
    for name in REFINED:
        snapshot.read(name)


_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
}


def _duckdb() -> ModuleType:
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise QueryError("SQL needs DuckDB: pip install 'lake-io[query]'") from error
    return duckdb


def _assert_reads(connection: "duckdb.DuckDBPyConnection", sql: str) -> None:
    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    if not kinds:
        raise QueryError("the SQL is empty: one SELECT is expected")
    if kinds != ["SELECT"]:
        raise QueryError("only one SELECT can be run: queries cannot write the tables")


def _sentence(error: Exception) -> str:
    """DuckDB's sentence with its advice and without the SQL; for a table, which there are."""
    summary = " ".join(str(error).partition("\n\n")[0].split())
    if summary.startswith("Catalog Error: Table with name"):
        return f"{summary.partition('Did you mean')[0].strip()} There are {', '.join(REFINED)}."
    return summary
