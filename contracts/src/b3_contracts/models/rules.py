"""The checks of the models in one plain form, for everything that is derived from them.

Pandera's own names for checks end here: expectations, snapshots, dictionary and the
messages of `validation` read a column's `Limits` or a check's `requirement`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.tables import Table
from b3_contracts.table_spec import Limits

__all__ = [
    "can_limit",
    "column_checks",
    "limits",
    "requirement",
    "row_checks",
    "table_name",
]

_LIMITS: Final[Mapping[str, Mapping[str, str]]] = {
    "greater_than": {"above": "min_value"},
    "greater_than_or_equal_to": {"at_least": "min_value"},
    "less_than": {"below": "max_value"},
    "less_than_or_equal_to": {"at_most": "max_value"},
    "equal_to": {"at_least": "value", "at_most": "value"},
    "isin": {"one_of": "allowed_values"},
    "str_matches": {"matches": "pattern"},
}
_WORDS: Final[Mapping[str, str]] = {
    "greater_than": "be greater than {min_value}",
    "greater_than_or_equal_to": "be at least {min_value}",
    "less_than": "be less than {max_value}",
    "less_than_or_equal_to": "be at most {max_value}",
    "equal_to": "be {value}",
    "str_matches": "match {pattern}",
}


def column_checks(column: Any) -> list[Any]:
    """The pandera checks of a column, in the order of the model."""
    return list(column.checks)


def row_checks(model: type[Table]) -> dict[str, str]:
    """The checks of whole rows: the name in code, and what must hold in words."""
    return {str(check.name): str(check.error) for check in model.to_schema().checks}


def table_name(model: type[Table]) -> str:
    return str(model.to_schema().name)


def can_limit(check: Any) -> bool:
    """True if `limits` can read this kind of check."""
    return check.name in _LIMITS


def limits(check: Any) -> Limits:
    """Limits of `check`. Raises ContractError for an unsupported kind of check."""
    if not can_limit(check):
        supported = ", ".join(sorted(_LIMITS))
        raise ContractError("a model", [Broken("check", f"{check.name} is none of {supported}")])
    values = _LIMITS[check.name].items()
    return Limits(**{limit: _plain(check.statistics[name]) for limit, name in values})


def requirement(check: Any) -> str:
    """A requirement on a value, to be read after "must"."""
    if check.name == "isin":
        return "be one of " + ", ".join(check.statistics["allowed_values"])
    if check.name in _WORDS:
        return _WORDS[check.name].format(**check.statistics)
    return f"keep {check.error or check.name}"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else str(value)
    return tuple(sorted(value)) if isinstance(value, list | tuple) else value
