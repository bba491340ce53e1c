"""The transform's SQL statements, and the protocol of the engines that run them.

Each statement is written once, in Databricks' dialect (Spark in ANSI mode, where a failing CAST
is an error), with constructs that DuckDB and Spark read the same way.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Protocol

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.specification import TABLES
from glue_transform.errors import StatementFailed

__all__ = ["DIALECT", "STATEMENTS", "Engine", "conform_result", "statement"]

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
    """An engine that runs a statement over named inputs."""

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        """The rows of the statement, with the columns and types of the contract.

        Raises StatementFailed where it does not run, a cast that does not fit included.
        """
        ...


@cache
def statement(name: str, dialect: str) -> str:
    """Return the text of `sql/<name>.sql` in an engine's dialect."""
    import sqlglot

    text = resources.files("glue_transform").joinpath("sql", f"{name}.sql").read_text("utf-8")
    return sqlglot.transpile(text, read=DIALECT, write=dialect)[0]


def conform_result(name: str, rows: pa.Table) -> pa.Table:
    """Return a statement's result with the contract's columns and types.

    Raises StatementFailed where the statement lacks one of the contract's columns.
    """
    model = TABLES[name]
    if missing := sorted(set(arrow.column_names(model)) - set(rows.column_names)):
        raise StatementFailed(f"{name}.sql lacks columns of the contract: {', '.join(missing)}")
    return arrow.conform(rows, model)
