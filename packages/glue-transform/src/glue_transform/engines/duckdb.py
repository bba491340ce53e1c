"""The DuckDB engine: in process, without a JVM or a server."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from glue_transform.engines.base import conform_result, statement
from glue_transform.errors import StatementFailed

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBEngine"]


class DuckDBEngine:
    """DuckDB in this process. A statement sees its own inputs and nothing else."""

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        import duckdb

        with self._database.cursor() as session:
            session.execute("set TimeZone = 'UTC'")
            for table, content in inputs.items():
                session.register(table, content)
            try:
                rows = session.sql(statement(name, "duckdb")).to_arrow_table()
            except duckdb.Error as error:
                raise StatementFailed(f"DuckDB cannot run {name}.sql: {error}") from error
        return conform_result(name, rows)

    @cached_property
    def _database(self) -> "duckdb.DuckDBPyConnection":
        """Opened once: that takes longer than a day's statements."""
        import duckdb

        return duckdb.connect(config={"python_enable_replacements": False})
