"""Runs the transform's SQL. The text is written once; an engine is where it runs.

The SQL is read as Databricks', the dialect of Spark in ANSI mode in which a CAST that
fails is an error, and keeps to what DuckDB and Spark read the same way.
"""

from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Final, Protocol

import pyarrow as pa
import sqlglot

from b3_contracts.backends import arrow
from b3_contracts.models.tables import TABLES
from glue_transform.errors import StatementFailed

if TYPE_CHECKING:
    import duckdb

__all__ = ["DIALECT", "STATEMENTS", "DuckDBEngine", "Engine", "statement"]

DIALECT: Final = "databricks"
STATEMENTS: Final = (
    "portfolio_audit",
    "portfolio",
    "position",
    "position_change",
    "share_class_summary",
    "membership",
)


class Engine(Protocol):
    """Something that runs a statement over named inputs."""

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        """The rows of the statement, with the columns and types of the contract.

        Raises StatementFailed where it does not run, a cast that does not fit included.
        """
        ...


class DuckDBEngine:
    """In process: no JVM, no server. A statement sees its own inputs and nothing else."""

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        import duckdb

        with self._database.cursor() as session:
            session.execute("set TimeZone = 'UTC'")
            for table, rows in inputs.items():
                session.register(table, rows)
            try:
                answer = session.sql(statement(name, "duckdb")).to_arrow_table()
            except duckdb.Error as error:
                raise StatementFailed(f"DuckDB cannot run {name}.sql: {error}") from error
        return arrow.conform(answer, TABLES[name])

    @cached_property
    def _database(self) -> "duckdb.DuckDBPyConnection":
        """Opened once: that takes longer than a day's statements."""
        import duckdb

        return duckdb.connect(config={"python_enable_replacements": False})


@cache
def statement(name: str, dialect: str) -> str:
    """The text of `sql/<name>.sql` in an engine's dialect."""
    text = resources.files("glue_transform").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return sqlglot.transpile(text, read=DIALECT, write=dialect)[0]
