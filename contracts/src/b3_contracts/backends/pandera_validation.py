"""Validation of a table by pandera: slow, and the one that gives the reasons."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pandera.pyarrow as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from b3_contracts.backends.shown_rows import columns_in, shown
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.rules import requirement
from b3_contracts.models.tables import TABLES, Table
from b3_contracts.table_spec import TableSpec

__all__ = ["refuse"]


def refuse(table: pa.Table, spec: "TableSpec | type[Table]") -> None:
    """Validate with pandera. Raises ContractError naming rules and first offending rows."""
    schema = _schema(spec)
    try:
        with config_context(
            validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
        ):
            schema.validate(table, lazy=True)
    except SchemaErrors as errors:
        broken = [_broken(error, table) for error in _first_of_each(errors.schema_errors)]
        raise ContractError(str(schema.name), broken) from errors


def _first_of_each(errors: Iterable[SchemaError]) -> list[SchemaError]:
    """A wrong type also breaks every check of the column: only the type is worth telling."""
    mistyped = {e.schema.name for e in errors if e.reason_code is SchemaErrorReason.WRONG_DATATYPE}
    return [
        e
        for e in errors
        if not (e.reason_code is SchemaErrorReason.CHECK_ERROR and e.schema.name in mistyped)
    ]


def _broken(error: SchemaError, table: pa.Table) -> Broken:
    cases = error.failure_cases
    if not isinstance(cases, pa.Table):
        return Broken(*_schema_rule(error))
    columns = [name for name in cases.column_names if name in table.column_names]
    rows = _offending_rows(table, cases.select(columns))
    if error.reason_code is SchemaErrorReason.DUPLICATES:
        return Broken(", ".join(columns), "is not unique", shown(rows, columns))
    if isinstance(error.schema, pandera.Column):
        name = str(error.schema.name)
        return Broken(name, _value_rule(error), shown(rows, [name]))
    rule = _row_rule(error)
    return Broken("row", rule, shown(rows, columns_in(rule, columns)))


def _schema_rule(error: SchemaError) -> tuple[str, str]:
    match error.reason_code:
        case SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
            return str(error.failure_cases), "is missing"
        case SchemaErrorReason.COLUMN_NOT_IN_SCHEMA:
            return str(error.failure_cases), "is not a column of the table"
        case SchemaErrorReason.COLUMN_NOT_ORDERED:
            return str(error.failure_cases), "is out of the contract's order"
        case SchemaErrorReason.WRONG_DATATYPE:
            return str(
                error.schema.name
            ), f"expected {error.schema.dtype}, got {error.failure_cases}"
        case _:
            return str(error.schema.name), _row_rule(error)


def _value_rule(error: SchemaError) -> str:
    if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        return "must not be null"
    return (
        f"must {requirement(error.check)}"
        if isinstance(error.check, pandera.Check)
        else str(error.check)
    )


def _row_rule(error: SchemaError) -> str:
    check: Any = error.check
    return str(getattr(check, "error", None) or check)


def _offending_rows(table: pa.Table, cases: pa.Table) -> pa.Table:
    """The rows of `table` that hold a failing value; the cases where they are rows already."""
    if cases.num_columns != 1:
        return cases
    name = cases.column_names[0]
    return table.filter(pc.is_in(table[name], value_set=cases[name].combine_chunks()))


def _schema(table: "TableSpec | type[Table]") -> Any:
    """The pandera schema of a table; a specification may have dropped the model's key."""
    if not isinstance(table, TableSpec):
        return table.to_schema()
    schema = deepcopy(TABLES[table.name].to_schema())
    schema.unique = list(table.unique) or None
    return schema
