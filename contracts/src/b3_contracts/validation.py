"""A table against its contract: rows are checked, and the offending ones are named."""

from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from b3_contracts.errors import Broken, ContractError
from b3_contracts.tables import Table

__all__ = ["validate"]

SHOWN_ROWS: Final = 5
_KEYS: Final = ("index_code", "reference_date", "ticker", "payload_sha256")


def validate(table: pa.Table, model: type[Table]) -> pa.Table:
    """The same table, if it keeps the model's contract, schema **and** rows.

    Raises ContractError naming each broken rule and its first offending rows. The depth
    is set here: `PANDERA_VALIDATION_DEPTH` in an environment cannot switch rows off.
    """
    schema = model.to_schema()
    try:
        with config_context(
            validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
        ):
            schema.validate(table, lazy=True)
    except SchemaErrors as errors:
        broken = [_broken(error, table) for error in _first_of_each(errors.schema_errors)]
        raise ContractError(str(schema.name), broken) from errors
    return table


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
        return Broken(", ".join(columns), "is not unique", rows)
    return Broken(_column(error), _rule(error), rows)


def _schema_rule(error: SchemaError) -> tuple[str, str]:
    match error.reason_code:
        case SchemaErrorReason.COLUMN_NOT_IN_DATAFRAME:
            return str(error.failure_cases), "is missing"
        case SchemaErrorReason.COLUMN_NOT_IN_SCHEMA:
            return str(error.failure_cases), "is not a column of the table"
        case SchemaErrorReason.WRONG_DATATYPE:
            return _column(error), f"expected {error.schema.dtype}, got {error.failure_cases}"
        case _:
            return _column(error), _rule(error)


def _column(error: SchemaError) -> str:
    return str(error.schema.name) if hasattr(error.schema, "dtype") else "row"


def _rule(error: SchemaError) -> str:
    check: Any = error.check
    return str(getattr(check, "error", None) or check)


def _offending_rows(table: pa.Table, cases: pa.Table) -> list[dict[str, object]]:
    """The first rows of `table` that stand among the failure cases, with their keys."""
    if cases.num_columns == 1:
        name = cases.column_names[0]
        found = table.filter(pc.is_in(table[name], value_set=cases[name].combine_chunks()))
    else:
        found = cases
    shown = [n for n in _KEYS if n in found.column_names and n not in cases.column_names]
    names = [*shown, *cases.column_names] if cases.num_columns <= len(_KEYS) else cases.column_names
    rows: list[dict[str, object]] = found.select(names).slice(0, SHOWN_ROWS).to_pylist()
    return rows
