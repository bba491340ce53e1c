"""A table against its contract: rows are checked, and the offending ones are named."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandera.pyarrow as pandera
import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from b3_contracts.backends.fast_checks import satisfies
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.rules import requirement
from b3_contracts.models.tables import Table

__all__ = ["SHOWN_ROWS", "columns_in", "shown_columns", "validate"]

SHOWN_ROWS: Final = 5
_KEYS: Final = ("index_code", "reference_date", "ticker", "payload_sha256")


def validate(table: pa.Table, model: type[Table]) -> pa.Table:
    """Return the table if it satisfies the model's contract, schema **and** rows.

    Raises ContractError naming each broken rule and its first offending rows. The depth
    is set here: `PANDERA_VALIDATION_DEPTH` in an environment cannot switch rows off.
    """
    if not satisfies(table, model):
        _judge(table, model)
    return table


def columns_in(words: str, columns: Sequence[str]) -> list[str]:
    """The columns a rule names: a check of rows says in words which ones it compares."""
    words_in_rule = set(re.findall(r"\w+", words))
    return [name for name in columns if name in words_in_rule]


def shown_columns(columns: Sequence[str], what: Sequence[str]) -> list[str]:
    """Of a row that breaks a rule: the keys that say where, then the columns that say what."""
    where = [name for name in _KEYS if name in columns]
    return [*where, *(name for name in what if name not in _KEYS)]


def _judge(table: pa.Table, model: type[Table]) -> None:
    schema = model.to_schema()
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
        return Broken(", ".join(columns), "is not unique", _shown(rows, columns))
    if isinstance(error.schema, pandera.Column):
        name = str(error.schema.name)
        return Broken(name, _value_rule(error), _shown(rows, [name]))
    rule = _row_rule(error)
    return Broken("row", rule, _shown(rows, columns_in(rule, columns)))


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


def _shown(rows: pa.Table, columns: list[str]) -> list[dict[str, object]]:
    """The first rows, with the columns that say where and what."""
    names = shown_columns(rows.column_names, columns)
    shown: list[dict[str, object]] = rows.select(names).slice(0, SHOWN_ROWS).to_pylist()
    return shown
