"""Schema evolution: tables made under an older contract are brought up to the present one.

What a contract adds is added to the table: a column that may be null, a type that holds all
the older one did, a null newly allowed. Rows written before have nulls there. Columns of a
contract newer than this package's are left as they are, with their values. What would break
rows that are there is refused before anything is written.
"""

from collections.abc import Iterator

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable
from pyiceberg.types import DecimalType, IcebergType, NestedField

from b3_contracts.backends import arrow
from b3_contracts.table_spec import TableSpec
from lake_io.errors import LakeOutdated
from lake_io.tables import schema

__all__ = ["add_missing_columns", "assert_compatible", "evolve"]


def evolve(table: IcebergTable, model: TableSpec) -> None:
    """Commit to the table what the contract has added since. Raises LakeOutdated."""
    assert_compatible(table, model)
    changed = [field for field in schema.schema(model).fields if _differs(table.schema(), field)]
    if changed:
        with table.update_schema() as update:
            for field in changed:
                if _column(table.schema(), field.name) is None:
                    update.add_column(field.name, field.field_type, field.doc)
                else:
                    update.update_column(field.name, field.field_type, field.required)


def assert_compatible(table: IcebergTable, model: TableSpec) -> None:
    """Check that the table can follow the contract. Raises LakeOutdated where it cannot."""
    differences = list(_broken(table.schema(), schema.schema(model)))
    if differences:
        name = table.name()[-1]
        reasons = "; ".join(differences)
        raise LakeOutdated(f"the table {name} was made under another contract: {reasons}")


def add_missing_columns(rows: pa.Table, model: TableSpec, names: list[str]) -> pa.Table:
    """These columns of `rows`, null where the rows were written before the column was.

    A column that may not be null stays away, for the contract to refuse.
    """
    for field in (arrow.schema(model).field(name) for name in names):
        if field.name not in rows.column_names and field.nullable:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select([name for name in names if name in rows.column_names])


def _broken(stored: Schema, declared: Schema) -> Iterator[str]:
    for field in declared.fields:
        column = _column(stored, field.name)
        rule = _new(field) if column is None else _changed(stored, column, field)
        if rule:
            yield f"{field.name} {rule}"
    for column in stored.fields:
        if column.required and _column(declared, column.name) is None:
            yield f"{column.name} must be filled there, and is not known here"


def _new(field: NestedField) -> str:
    return "is new and must be filled, as rows that are there do not" if field.required else ""


def _changed(stored: Schema, column: NestedField, field: NestedField) -> str:
    if not _holds(field.field_type, column.field_type):
        return f"is {column.field_type} there, and now {field.field_type}"
    if field.required and not column.required:
        return "may no longer be null, as rows that are there may be"
    if not field.required and column.field_id in stored.identifier_field_ids:
        return "is of the key, and may now be null"
    return ""


def _differs(stored: Schema, field: NestedField) -> bool:
    column = _column(stored, field.name)
    return column is None or (column.field_type, column.required) != (
        field.field_type,
        field.required,
    )


def _column(of: Schema, name: str) -> NestedField | None:
    return next((column for column in of.fields if column.name == name), None)


def _holds(new: IcebergType, old: IcebergType) -> bool:
    """True if every value of the old type is one of the new, as Iceberg promotes types."""
    if isinstance(new, DecimalType) and isinstance(old, DecimalType):
        return new.scale == old.scale and new.precision >= old.precision
    return new == old
