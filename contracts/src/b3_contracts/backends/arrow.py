"""Arrow schemas of the tables, and tables brought to them."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from b3_contracts.errors import Broken, ContractError
from b3_contracts.table_spec import TableSpec, as_spec

if TYPE_CHECKING:
    from b3_contracts.models.tables import Table

__all__ = ["column_names", "conform", "empty", "schema"]

_SIMPLE: Final = {
    "string": pa.string(),
    "long": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", "UTC"),
}
_DECIMAL: Final = re.compile(r"decimal\((\d+), (\d+)\)")


@cache
def schema(table: "TableSpec | type[Table]") -> pa.Schema:
    """Return the table's columns as Arrow fields, each with its description as `doc`."""
    return pa.schema(
        [
            pa.field(
                column.name,
                _arrow_type(column.type),
                nullable=column.nullable,
                metadata={"doc": column.description},
            )
            for column in as_spec(table).columns
        ]
    )


def column_names(table: "TableSpec | type[Table]") -> list[str]:
    return list(schema(table).names)


def empty(table: "TableSpec | type[Table]") -> pa.Table:
    return schema(table).empty_table()


def conform(rows: pa.Table, table: "TableSpec | type[Table]") -> pa.Table:
    """Return the table's columns of `rows`, in order, cast without loss; others are left out.

    Raises ContractError if a column is missing or does not fit its type.
    """
    target, name = schema(table), as_spec(table).name
    missing = [column for column in target.names if column not in rows.column_names]
    if missing:
        raise ContractError(name, [Broken(column, "is missing") for column in missing])
    arrays = [_cast(rows[field.name], field, name) for field in target]
    return pa.Table.from_arrays(arrays, schema=target)


def _cast(array: pa.ChunkedArray, field: pa.Field, table: str) -> pa.ChunkedArray:
    if _may_lose(array.type, field.type):
        rule = f"does not fit {field.type}: {array.type} may hold more than that"
        raise ContractError(table, [Broken(field.name, rule)])
    try:
        return array.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        broken = Broken(field.name, f"does not fit {field.type}: {error}")
        raise ContractError(table, [broken]) from error


def _may_lose(source: pa.DataType, target: pa.DataType) -> bool:
    """True if a cast by Arrow could silently drop digits or a time of day."""
    to_date = pa.types.is_date(target) and pa.types.is_timestamp(source)
    return to_date or (pa.types.is_floating(source) and not pa.types.is_floating(target))


def _arrow_type(name: str) -> pa.DataType:
    """Return the Arrow type of an Iceberg type that the contracts use."""
    if match := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _SIMPLE[name]
