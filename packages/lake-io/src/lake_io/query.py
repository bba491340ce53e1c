"""SQL over the published tables, with DuckDB: read only, and only these tables."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import pyarrow as pa
import pyarrow.dataset as ds

from b3_contracts import arrow
from b3_contracts.tables import REFINED
from lake_io.catalogue import View
from lake_io.errors import QueryError

if TYPE_CHECKING:
    import duckdb

__all__ = ["query"]


def query(view: View, sql: str, parameters: Iterable[object] = ()) -> pa.Table:
    """The answer to one SELECT over the tables of `view`, each under its own name.

    Raises QueryError where the SQL is wrong, would write, or reaches for anything else.
    """
    import duckdb

    connection = duckdb.connect(
        config={"enable_external_access": False, "python_enable_replacements": False}
    )
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        for name in REFINED:
            connection.register(name, _rows(view, name))
        try:
            _assert_reads(connection, sql)
            return connection.sql(sql, params=list(parameters)).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(_first_line(error)) from error


def _rows(view: View, name: str) -> pa.Table | ds.Dataset:
    paths = [unquote(urlparse(path).path) for path in view.data_files(name)]
    schema = arrow.schema(REFINED[name])
    return ds.dataset(paths, schema=schema, format="parquet") if paths else schema.empty_table()


def _assert_reads(connection: "duckdb.DuckDBPyConnection", sql: str) -> None:
    import duckdb

    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise QueryError(
            "only one SELECT can be run: the tables are written by `bovespa refine` alone"
        )


def _first_line(error: Exception) -> str:
    return str(error).split("\n\n", maxsplit=1)[0]
