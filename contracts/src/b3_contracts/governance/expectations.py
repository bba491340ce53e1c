"""The models' checks as Great Expectations suites, without importing it.

An `Expectation` is the type and keyword arguments that Great Expectations knows; the
gate builds the objects with ``get_expectation_impl(e.type)(**e.kwargs)``, and finds a
result's rule by a ``meta`` of its own, because kwargs come back changed (0 as 0.0).
Checks of whole rows have no twin there and stay with pandera.

Great Expectations compares decimals as floats, so a suite carries only bounds that a
float holds exactly; a rule about an exact sum is one about a difference and zero.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal

from b3_contracts import __version__
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.rules import column_checks, limits, row_checks, table_name
from b3_contracts.models.tables import TABLES, Table
from b3_contracts.table_spec import Limits

__all__ = ["Expectation", "Severity", "rules_version", "suite"]

Severity = Literal["blocking", "warning"]

_NO_ARGUMENTS: Final[frozenset[str]] = frozenset({"isin", "str_matches"})
"""Checks whose arguments stay out of a rule's name: it is stable while a list grows."""


@dataclass(frozen=True)
class Expectation:
    """One rule: what Great Expectations runs, and how `quality_result` names it."""

    name: str
    type: str
    kwargs: Mapping[str, Any] = field(hash=False)
    column: str | None
    table: str
    severity: Severity


@cache
def suite(model: type[Table]) -> tuple[Expectation, ...]:
    """The model's rules: its columns and their order, its key, then column by column."""
    columns = model.to_schema().columns.items()
    return (
        *_table_rules(model),
        *(rule for name, column in columns for rule in _column_rules(model, name, column)),
    )


@cache
def rules_version() -> str:
    """Contract version and hash of all rules: what a portfolio was evaluated by."""
    rules = {
        name: {
            "suite": [_canonical(rule) for rule in suite(model)],
            "rows": sorted(row_checks(model)),
        }
        for name, model in TABLES.items()
    }
    text = json.dumps(rules, sort_keys=True, ensure_ascii=False)
    return f"{__version__}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _canonical(rule: Expectation) -> list[Any]:
    return [rule.name, rule.type, dict(rule.kwargs), rule.column, rule.table, rule.severity]


def _table_rules(model: type[Table]) -> Iterator[Expectation]:
    schema, table = model.to_schema(), table_name(model)
    yield Expectation(
        "columns in order",
        "expect_table_columns_to_match_ordered_list",
        {"column_list": list(schema.columns)},
        column=None,
        table=table,
        severity="blocking",
    )
    if schema.unique:
        yield Expectation(
            f"unique({', '.join(schema.unique)})",
            "expect_compound_columns_to_be_unique",
            {"column_list": list(schema.unique)},
            column=None,
            table=table,
            severity="blocking",
        )


def _column_rules(model: type[Table], name: str, column: Any) -> Iterator[Expectation]:
    metadata: Mapping[str, Any] = column.metadata or {}
    about: dict[str, Any] = {
        "column": name,
        "table": metadata.get("table", table_name(model)),
        "severity": metadata.get("severity", "blocking"),
    }
    if not column.nullable:
        kind = "expect_column_values_to_not_be_null"
        yield Expectation(f"{name} not_null", kind, {"column": name}, **about)
    for check in column_checks(column):
        kind, arguments = _expected(limits(check))
        kwargs = {"column": name, **arguments}
        yield Expectation(f"{name} {_check_name(check)}", kind, kwargs, **about)


def _check_name(check: Any) -> str:
    if check.name in _NO_ARGUMENTS:
        return str(check.name)
    return f"{check.name}({', '.join(map(str, check.statistics.values()))})"


def _expected(allowed: Limits) -> tuple[str, dict[str, Any]]:
    if allowed.one_of is not None:
        return "expect_column_values_to_be_in_set", {"value_set": list(allowed.one_of)}
    if allowed.matches is not None:
        return "expect_column_values_to_match_regex", {"regex": allowed.matches}
    return "expect_column_values_to_be_between", _between(allowed)


def _between(allowed: Limits) -> dict[str, Any]:
    lower = allowed.at_least if allowed.above is None else allowed.above
    upper = allowed.at_most if allowed.below is None else allowed.below
    bounds = {
        "min_value": None if lower is None else _as_float_holds(lower),
        "max_value": None if upper is None else _as_float_holds(upper),
        "strict_min": True if allowed.above is not None else None,
        "strict_max": True if allowed.below is not None else None,
    }
    return {name: value for name, value in bounds.items() if value is not None}


def _as_float_holds(bound: int | str) -> int | float:
    exact = Decimal(bound)
    if Decimal(float(exact)) != exact:
        raise ContractError("a suite", [Broken("bound", f"no float is exactly {bound}")])
    return bound if isinstance(bound, int) else float(exact)
