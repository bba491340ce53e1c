"""Contracts on Spark: the models' schema, and the check of every row, as Spark sees them.

Pandera's PySpark backend runs a job per check (seconds a table, however few the rows) and
needs pandas below 3. So one job first proves that no row breaks any rule; only a table
that is not proven good goes to pandera, which alone says which rules are broken. It does
not raise and names no rows: its errors are collected here, and each broken rule's own
condition finds the first rows that meet it.

Column rules are read from the models through `rules`. The checks of whole rows are Arrow
code in the models; their twins stand here, and tests compare the two.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

import pyarrow as pa
from pandera.config import ValidationDepth, config_context
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f
from pyspark.sql import types as spark

from b3_contracts.backends import arrow
from b3_contracts.backends.shown_rows import SHOWN_ROWS, columns_in, shown_columns
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.rules import (
    column_checks,
    limits,
    requirement,
    row_checks,
    table_name,
)
from b3_contracts.models.tables import Table
from b3_contracts.table_spec import Limits

__all__ = ["schema", "struct", "validate"]

_SIMPLE: Final[Mapping[pa.DataType, Any]] = {
    pa.string(): spark.StringType(),
    pa.int64(): spark.LongType(),
    pa.bool_(): spark.BooleanType(),
    pa.date32(): spark.DateType(),
    pa.timestamp("us", "UTC"): spark.TimestampType(),
}
_DUPLICATES: Final = "is not unique"
_WHOLE_ROW: Final = "row"


@dataclass(frozen=True)
class _Rule:
    """A rule in the words of the contract's errors, and a query for the rows that break it."""

    column: str
    words: str
    broken: Any

    @property
    def key(self) -> tuple[str, str]:
        return self.column, self.words


def schema(model: type[Table]) -> Any:
    """The model's columns as a Spark StructType."""
    return struct(arrow.schema(model))


def struct(fields: pa.Schema) -> Any:
    """A Spark StructType of the Arrow types that contracts use."""
    return spark.StructType(
        [spark.StructField(field.name, _spark_type(field.type), field.nullable) for field in fields]
    )


def validate(frame: DataFrame, model: type[Table]) -> DataFrame:
    """Return the frame if it satisfies the model's contract, schema **and** rows.

    Raises ContractError naming each broken rule and its first offending rows. The frame
    is read several times: hand in one that is cheap to read again.
    """
    if not _satisfies(frame, model):
        raise ContractError(table_name(model), _evaluate(frame, model))
    return frame


def _satisfies(frame: DataFrame, model: type[Table]) -> bool:
    """One job for all rules of rows, and one for the key."""
    return bool(
        _types(frame.schema) == _types(schema(model))
        and _is_empty(frame.filter(reduce(or_, (rule.broken for rule in _rules(model)))))
        and _is_empty(_duplicates(frame, model))
    )


def _evaluate(frame: DataFrame, model: type[Table]) -> list[Broken]:
    """Pandera's failures; rows are inspected only where the columns are right."""
    if _types(frame.schema) != _types(schema(model)):
        errors = _errors(frame, model, ValidationDepth.SCHEMA_ONLY)
        misfits = [Broken(error["column"], error["error"]) for error in errors]
        return misfits or [_out_of_order(model)]
    failures = {
        (error["column"], error["check"])
        for error in _errors(frame, model, ValidationDepth.SCHEMA_AND_DATA)
    }
    broken = [rule for rule in _rules(model) if rule.key in failures]
    return [
        *(Broken(rule.column, rule.words, _rows(frame, rule)) for rule in broken),
        *_broken_key(frame, model),
    ]


def _errors(
    frame: DataFrame, model: type[Table], depth: ValidationDepth
) -> Iterator[Mapping[str, str]]:
    """Errors that pandera collected: it does not raise, and an environment cannot switch it off."""
    with config_context(validation_enabled=True, validation_depth=depth):
        errors = _pandera_schema(model).validate(frame).pandera.errors
    for reasons in errors.values():
        for reason in reasons.values():
            yield from (
                {**error, "column": _WHOLE_ROW} if error["column"] == table_name(model) else error
                for error in reason
            )


def _pandera_schema(model: type[Table]) -> Any:
    """Pandera's own `ordered` goes through a set and refuses at random: it is not asked."""
    import pandera.pyspark as pandera

    checks: dict[str, list[Any]] = {}
    for rule in _rules(model):
        checks.setdefault(rule.column, []).append(pandera.Check(_holds(rule), error=rule.words))
    return pandera.DataFrameSchema(
        {
            field.name: pandera.Column(
                _spark_type(field.type), checks=checks.get(field.name), nullable=True
            )
            for field in arrow.schema(model)
        },
        checks=checks.get(_WHOLE_ROW),
        unique=model.to_schema().unique,
        strict=True,
        name=table_name(model),
    )


def _holds(rule: _Rule) -> Callable[[DataFrame], bool]:
    return lambda frame: _is_empty(frame.filter(rule.broken))


def _out_of_order(model: type[Table]) -> Broken:
    names = ", ".join(arrow.column_names(model))
    return Broken(_WHOLE_ROW, f"columns do not stand in the contract's order: {names}")


def _broken_key(frame: DataFrame, model: type[Table]) -> list[Broken]:
    rows = [row.asDict() for row in _duplicates(frame, model).limit(SHOWN_ROWS).collect()]
    return [Broken(", ".join(rows[0]), _DUPLICATES, rows)] if rows else []


def _rows(frame: DataFrame, rule: _Rule) -> list[dict[str, object]]:
    what = columns_in(rule.words, frame.columns) if rule.column == _WHOLE_ROW else [rule.column]
    shown = frame.filter(rule.broken).select(shown_columns(frame.columns, what))
    return [row.asDict() for row in shown.limit(SHOWN_ROWS).collect()]


def _duplicates(frame: DataFrame, model: type[Table]) -> DataFrame:
    """Return the keys that occur more than once."""
    key = model.to_schema().unique
    if not key:
        return frame.limit(0)
    counted = frame.groupBy(*key).agg(f.count(f.lit(1)).alias("_count"))
    return counted.filter(f.col("_count") > 1).drop("_count")


def _is_empty(frame: DataFrame) -> bool:
    return bool(frame.isEmpty())


# ── the rules of a model as conditions that a bad row meets ──────────────────────────


def _rules(model: type[Table]) -> list[_Rule]:
    columns = model.to_schema().columns.items()
    rules = [rule for name, column in columns for rule in _column_rules(name, column)]
    return [*rules, *(_row_rule(name, words) for name, words in row_checks(model).items())]


def _column_rules(name: str, column: Any) -> Iterator[_Rule]:
    value = f.col(name)
    if not column.nullable:
        yield _Rule(name, "must not be null", value.isNull())
    for check in column_checks(column):
        broken = reduce(or_, _outside(value, limits(check)))
        yield _Rule(name, f"must {requirement(check)}", f.coalesce(broken, f.lit(False)))


def _outside(value: Column, limit: Limits) -> Iterable[Column]:
    """A condition for each limit; a null value is outside of none."""
    if limit.one_of is not None:
        yield ~value.isin(*limit.one_of)
    if limit.matches is not None:
        yield ~value.rlike(_to_the_very_end(limit.matches))
    for bound, compare in (
        (limit.above, value.__le__),
        (limit.at_least, value.__lt__),
        (limit.at_most, value.__gt__),
        (limit.below, value.__ge__),
    ):
        if bound is not None:
            yield compare(f.lit(Decimal(bound)))


def _to_the_very_end(pattern: str) -> str:
    r"""Java's `$` also matches before a last line break, Arrow's does not: `\z` never does."""
    anchored = pattern.removesuffix("$") + r"\z" if pattern.endswith("$") else pattern
    return f"^(?:{anchored})"


def _row_rule(name: str, words: str) -> _Rule:
    if name not in _ROW_RULES:
        broken = Broken(
            "check", f"{name} has no twin on Spark, which knows {', '.join(_ROW_RULES)}"
        )
        raise ContractError("a model", [broken])
    # A comparison with null holds: nullability is the column's own rule.
    return _Rule(_WHOLE_ROW, words, ~f.coalesce(_ROW_RULES[name](), f.lit(True)))


def _previous_is_before() -> Column:
    return f.col("previous_reference_date") < f.col("reference_date")


def _seen_before_effect() -> Column:
    return f.col("first_seen_on") < f.col("effective_date")


def _quantity_change_adds_up() -> Column:
    """As decimals, because a difference of 64-bit integers may need 65."""
    now, before = (
        f.coalesce(f.col(name), f.lit(0)).cast("decimal(20, 0)")
        for name in ("theoretical_quantity", "previous_theoretical_quantity")
    )
    return f.col("quantity_change") == now - before


def _previous_ticker_fits() -> Column:
    other = f.coalesce(f.col("previous_ticker") != f.col("ticker"), f.lit(False))
    return (f.col("change_type") == "ticker") == other


def _stay_is_not_negative() -> Column:
    return f.col("valid_from") <= f.col("valid_to")


_ROW_RULES: Final[Mapping[str, Callable[[], Any]]] = {
    "previous_is_before": _previous_is_before,
    "previous_ticker_fits": _previous_ticker_fits,
    "quantity_change_adds_up": _quantity_change_adds_up,
    "seen_before_effect": _seen_before_effect,
    "stay_is_not_negative": _stay_is_not_negative,
}


def _types(fields: Any) -> list[tuple[str, Any]]:
    """Names and types: whether a file says that a column may be null says nothing of rows."""
    return [(field.name, field.dataType) for field in fields]


def _spark_type(arrow_type: pa.DataType) -> Any:
    if pa.types.is_decimal128(arrow_type):
        return spark.DecimalType(arrow_type.precision, arrow_type.scale)
    return _SIMPLE[arrow_type]
