"""Raw rows in a fifth of their memory, for runs that hold millions of them.

The header of a portfolio is repeated in each of its rows, and its words recur: runs of equal
values are run-end encoded, other strings get a dictionary.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends import arrow
from b3_contracts.specification import RAW

__all__ = ["BATCH_ROWS", "PackedRows", "batches", "pack"]

BATCH_ROWS: Final = 200_000
"""Raw rows unpacked at a time."""

_FEW_RUNS: Final = 8
"""Run-end encode a column whose runs are on average at least this long."""


@dataclass
class PackedRows:
    """Rows of contract `raw_position`, in parts whose columns may be encoded."""

    parts: list[pa.Table] = field(default_factory=list)

    @property
    def num_rows(self) -> int:
        return sum(part.num_rows for part in self.parts)

    def rows(self, columns: Sequence[str] = arrow.column_names(RAW)) -> pa.Table:
        """Return these columns of the rows, in the contract's types."""
        schema = pa.schema([arrow.schema(RAW).field(name) for name in columns])
        return pa.concat_tables(
            [schema.empty_table(), *(_unpacked(part, schema) for part in self.parts)]
        )


def pack(rows: pa.Table, executor: Executor) -> pa.Table:
    """Encode the columns, in parallel."""
    columns = executor.map(_pack, rows.columns)
    return pa.table(dict(zip(rows.column_names, columns, strict=True)))


def batches(tables: Iterable[PackedRows]) -> Iterator[PackedRows]:
    """Group tables so that each group but a single table has at most `BATCH_ROWS` rows."""
    batch, size = PackedRows(), 0
    for table in tables:
        size += table.num_rows
        if size > BATCH_ROWS and batch.parts:
            yield batch
            batch, size = PackedRows(), table.num_rows
        batch.parts += table.parts
    if batch.parts:
        yield batch


def _pack(column: pa.ChunkedArray) -> pa.Array:
    [values] = column.chunks
    runs = pc.run_end_encode(values)
    if len(runs.values) * _FEW_RUNS <= len(values):
        return runs
    return values.dictionary_encode() if pa.types.is_string(values.type) else values


def _unpacked(part: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.table([_decoded(part[field.name], field.type) for field in schema], schema)


def _decoded(column: pa.ChunkedArray, into: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_run_end_encoded(column.type):
        return pc.run_end_decode(column)
    return column.cast(into)
