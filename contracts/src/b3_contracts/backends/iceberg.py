"""Iceberg schemas from the models, as the JSON of the table specification (version 2).

Nothing of Iceberg is imported: what writes the tables turns this JSON into its own
schema. Ids follow the order of the columns of a **new** table; a table that exists
keeps the ids it has, and whoever evolves it matches columns by name.
"""

from typing import Any, Final

import pyarrow as pa

from b3_contracts.backends.arrow import schema
from b3_contracts.models.tables import Table

__all__ = ["column_type", "schema_json"]

_SIMPLE: Final[dict[pa.DataType, str]] = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamptz",
}


def schema_json(model: type[Table]) -> dict[str, Any]:
    """The model's columns as an Iceberg struct, with its unique key as identifier.

    A key with a nullable column is left out: the specification wants identifiers required.
    """
    fields = [_field(number, field) for number, field in enumerate(schema(model), start=1)]
    struct = {"type": "struct", "schema-id": 0, "fields": fields}
    identifier = _identifier(model, fields)
    return {**struct, "identifier-field-ids": identifier} if identifier else struct


def column_type(arrow_type: pa.DataType) -> str:
    """The specification's name of an Arrow type that a model uses."""
    if pa.types.is_decimal128(arrow_type):
        return f"decimal({arrow_type.precision}, {arrow_type.scale})"
    return _SIMPLE[arrow_type]


def _field(number: int, field: pa.Field) -> dict[str, Any]:
    return {
        "id": number,
        "name": field.name,
        "required": not field.nullable,
        "type": column_type(field.type),
        "doc": field.metadata[b"doc"].decode(),
    }


def _identifier(model: type[Table], fields: list[dict[str, Any]]) -> list[int]:
    names = model.to_schema().unique or []
    key = [field for field in fields if field["name"] in names]
    return [field["id"] for field in key] if all(field["required"] for field in key) else []
