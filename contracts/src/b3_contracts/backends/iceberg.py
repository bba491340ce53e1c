"""Iceberg schemas of the tables, as the JSON of the table specification (version 2).

Nothing of Iceberg is imported: what writes the tables turns this JSON into its own
schema. Ids follow the order of the columns of a **new** table; a table that exists
keeps the ids it has, and whoever evolves it matches columns by name.
"""

from typing import TYPE_CHECKING, Any

from b3_contracts.table_spec import ColumnSpec, TableSpec, as_spec

if TYPE_CHECKING:
    from b3_contracts.models.tables import Table

__all__ = ["schema_json"]


def schema_json(table: "TableSpec | type[Table]") -> dict[str, Any]:
    """Return the table's columns as an Iceberg struct, with its unique key as identifier.

    A key with a nullable column is left out: the specification requires identifiers.
    """
    spec = as_spec(table)
    fields = [_field(number, column) for number, column in enumerate(spec.columns, start=1)]
    struct = {"type": "struct", "schema-id": 0, "fields": fields}
    identifier = _identifier(spec, fields)
    return {**struct, "identifier-field-ids": identifier} if identifier else struct


def _field(number: int, column: ColumnSpec) -> dict[str, Any]:
    return {
        "id": number,
        "name": column.name,
        "required": not column.nullable,
        "type": column.type,
        "doc": column.description,
    }


def _identifier(spec: TableSpec, fields: list[dict[str, Any]]) -> list[int]:
    key = [field for field in fields if field["name"] in spec.unique]
    return [field["id"] for field in key] if all(field["required"] for field in key) else []
