"""Files of an export: each writes a table after the other, the same rows as the same bytes.

DuckDB's file is the exception: its rows are the same, not its bytes.
"""

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bovespa_pipeline.export.tables import Exported

__all__ = ["DATABASES", "FOLDERS", "Write", "write_csv", "write_parquet"]

Write = Callable[[Exported], None]
_ROW_GROUP: Final = 1 << 20
_BATCH: Final = 50_000


def write_parquet(folder: Path, table: Exported) -> Path:
    """Parquet with the contract's exact types."""
    path = folder / f"{table.name}.parquet"
    # Row groups of one size: those of the rows as they came depend on how they were published.
    pq.write_table(table.rows.combine_chunks(), path, compression="zstd", row_group_size=_ROW_GROUP)
    return path


def write_csv(folder: Path, table: Exported) -> Path:
    """UTF-8, commas, decimal points, dates as YYYY-MM-DD, times in UTC, nothing for null."""
    path = folder / f"{table.name}.csv"
    options = pa_csv.WriteOptions(quoting_style="needed")
    pa_csv.write_csv(table.rows.combine_chunks(), path, options)
    return path


@contextmanager
def _sqlite(path: Path) -> Iterator[Write]:
    """One SQLite file: decimals, dates and times are text, since it has no such types."""
    with closing(sqlite3.connect(path)) as database:

        def write(table: Exported) -> None:
            names = table.rows.column_names
            columns = ", ".join(f'"{name}" {_sqlite_type(table, name)}' for name in names)
            key = ", ".join(f'"{name}"' for name in table.spec.unique)
            unique = f", unique ({key})" if key else ""
            database.execute(f'create table "{table.name}" ({columns}{unique}) strict')
            marks = ", ".join("?" * len(names))
            statement = f'insert into "{table.name}" values ({marks})'  # noqa: S608 - our own names
            for batch in table.rows.to_batches(max_chunksize=_BATCH):
                cells = [[_plain(value) for value in column.to_pylist()] for column in batch]
                database.executemany(statement, zip(*cells, strict=True))
            database.commit()

        yield write


@contextmanager
def _duckdb(path: Path) -> Iterator[Write]:
    """One DuckDB file with the contract's exact types.

    Every DuckDB since 1.0 reads it. Its bytes are not always the same: the unused part of a block
    is whatever was in memory.
    """
    import duckdb

    with closing(duckdb.connect(config={"threads": 1})) as database:
        place = str(path).replace("'", "''")  # a parameter is not allowed here before DuckDB 2
        database.execute(f"attach '{place}' as export (storage_version 'v1.0.0')")

        def write(table: Exported) -> None:
            rows = table.rows.combine_chunks()  # noqa: F841 - the statement names it
            database.execute(f'create table export."{table.name}" as select * from rows')  # noqa: S608 - our own name

        yield write
        database.execute("checkpoint export")


FOLDERS: Final[Mapping[str, Callable[[Path, Exported], Path]]] = {
    "parquet": write_parquet,
    "csv": write_csv,
}
"""Formats of a file per table."""
DATABASES: Final = {"sqlite": _sqlite, "duckdb": _duckdb}
"""Formats of one file for all tables."""


def _sqlite_type(table: Exported, name: str) -> str:
    kind = table.rows.schema.field(name).type
    is_number = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    return "integer" if is_number else "text"


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:f}"
        case dt.datetime():
            return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
        case dt.date():
            return value.isoformat()
        case _:
            return value
