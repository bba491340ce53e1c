"""Typed rows of payloads as Parquet files, one file a payload."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from b3_contracts import layout
from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.errors import Broken, ContractError
from b3_contracts.layout import ENTRY_KEY, RawEntry, RawPositionKey
from b3_contracts.specification import RAW

__all__ = ["RawRead", "entries_in", "key_name", "only_key", "read_apart", "together", "typed"]


@dataclass(frozen=True)
class RawRead:
    """Typed rows of the entries that could be read, and why the others could not."""

    rows: pa.Table
    broken: Mapping[RawEntry, ContractError]


def read_apart(
    tables: Mapping[RawEntry, pa.Table], broken: dict[RawEntry, ContractError]
) -> RawRead:
    """Validate each table by itself, and add the broken ones to `broken`."""
    good: list[pa.Table] = []
    for entry, table in tables.items():
        try:
            good.append(validate(table, RAW))
        except ContractError as error:
            broken[entry] = error
    return RawRead(together(good), broken)


def together(tables: Iterable[pa.Table]) -> pa.Table:
    """Concatenate tables of contract `raw_position`; none make an empty one."""
    return pa.concat_tables([arrow.empty(RAW), *tables])


def entries_in(rows: pa.Table) -> list[RawEntry]:
    """Return each entry that rows of contract `raw_position` belong to, once."""
    keys = rows.select(ENTRY_KEY).group_by(list(ENTRY_KEY)).aggregate([])
    return [RawEntry(**key) for key in keys.to_pylist()]


def key_name(key: RawPositionKey) -> str:
    """Return the object key of one payload's typed rows."""
    return layout.raw_position_key(key.entry, key.parser_revision)


def typed(rows: pa.Table) -> tuple[RawPositionKey, bytes]:
    """Return the key and the Parquet file of one payload's rows. Raises ContractError."""
    checked = validate(arrow.conform(rows, RAW), RAW)
    sink = pa.BufferOutputStream()
    pq.write_table(checked, sink, compression="zstd", write_page_checksum=True)
    return only_key(checked), sink.getvalue().to_pybytes()


def only_key(rows: pa.Table) -> RawPositionKey:
    """Return the one key of the rows. Raises ContractError for any other number."""
    names = [*ENTRY_KEY, "parser_revision"]
    keys = rows.select(names).group_by(names).aggregate([]).to_pylist()
    if len(keys) != 1:
        broken = [Broken(", ".join(names), f"must be one entry, not {len(keys)}", keys[:5])]
        raise ContractError("raw_position", broken)
    *entry, revision = (keys[0][name] for name in names)
    return RawPositionKey(RawEntry(*entry), revision)
