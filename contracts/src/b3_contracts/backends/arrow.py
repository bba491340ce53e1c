"""Arrow schemas from the models, and tables brought to them."""

from functools import cache
from typing import Any, Final

import narwhals.stable.v1 as nw
import pyarrow as pa

from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.tables import Table

__all__ = ["column_names", "conform", "empty", "schema"]

_SIMPLE: Final[dict[Any, pa.DataType]] = {
    nw.String: pa.string(),
    nw.Int64: pa.int64(),
    nw.Boolean: pa.bool_(),
    nw.Date: pa.date32(),
}


@cache
def schema(model: type[Table]) -> pa.Schema:
    """The model's columns as Arrow fields, each with its description as `doc`."""
    return pa.schema(
        [
            pa.field(
                name,
                _arrow_type(column.dtype.type),
                nullable=column.nullable,
                metadata={"doc": column.description},
            )
            for name, column in model.to_schema().columns.items()
        ]
    )


def column_names(model: type[Table]) -> list[str]:
    return list(schema(model).names)


def empty(model: type[Table]) -> pa.Table:
    return schema(model).empty_table()


def conform(table: pa.Table, model: type[Table]) -> pa.Table:
    """The model's columns of `table`, in order, cast without loss; others are left out.

    Raises ContractError where a column is missing or does not fit its type.
    """
    target = schema(model)
    missing = [name for name in target.names if name not in table.column_names]
    if missing:
        raise ContractError(_name(model), [Broken(name, "is missing") for name in missing])
    arrays = [_cast(table[field.name], field, model) for field in target]
    return pa.Table.from_arrays(arrays, schema=target)


def _cast(array: pa.ChunkedArray, field: pa.Field, model: type[Table]) -> pa.ChunkedArray:
    if _may_lose(array.type, field.type):
        rule = f"does not fit {field.type}: {array.type} may hold more than that"
        raise ContractError(_name(model), [Broken(field.name, rule)])
    try:
        return array.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        broken = Broken(field.name, f"does not fit {field.type}: {error}")
        raise ContractError(_name(model), [broken]) from error


def _may_lose(source: pa.DataType, target: pa.DataType) -> bool:
    """True if a cast by Arrow could silently drop digits or a time of day."""
    to_date = pa.types.is_date(target) and pa.types.is_timestamp(source)
    return to_date or (pa.types.is_floating(source) and not pa.types.is_floating(target))


def _arrow_type(dtype: Any) -> pa.DataType:
    if isinstance(dtype, nw.Decimal):
        return pa.decimal128(dtype.precision, dtype.scale)
    if isinstance(dtype, nw.Datetime):
        return pa.timestamp(dtype.time_unit, dtype.time_zone)
    return _SIMPLE[dtype]


def _name(model: type[Table]) -> str:
    return str(model.to_schema().name)
