"""Types of a table's specification: plain data, read without pandera."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from b3_contracts.models.tables import Table

__all__ = ["RULES_VERSION_FILE", "ColumnSpec", "Limits", "TableSpec", "as_spec"]

RULES_VERSION_FILE: Final = "RULES_VERSION"

Number = int | str
"""An exact figure that JSON can hold: digits after the point stand in a string."""


@dataclass(frozen=True)
class Limits:
    """Limits of a column's values; a figure is exact, an absent limit is None."""

    above: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    below: Number | None = None
    matches: str | None = None
    one_of: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ColumnSpec:
    """A column: its Iceberg type, its limits, and what it means."""

    name: str
    type: str
    nullable: bool
    description: str
    limits: Limits
    unit: str | None = None


@dataclass(frozen=True)
class TableSpec:
    """A table: its columns in order, its keys, and the names of its checks of whole rows."""

    name: str
    columns: tuple[ColumnSpec, ...]
    unique: tuple[str, ...]
    replaced_by: tuple[str, ...]
    partition_by: str | None
    row_checks: tuple[str, ...]
    description: str = ""

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> "TableSpec":
        """Return the specification in a table's snapshot."""
        return cls(
            snapshot["table"],
            tuple(map(_column, snapshot["columns"])),
            tuple(snapshot["unique"]),
            tuple(snapshot["replaced_by"]),
            snapshot["partition_by"],
            tuple(snapshot["checks"]),
            snapshot["description"],
        )


@cache
def as_spec(table: "TableSpec | type[Table]") -> TableSpec:
    """Return the specification of a table, which may be given as a model."""
    if isinstance(table, TableSpec):
        return table
    from b3_contracts.governance.snapshots import snapshot

    return TableSpec.of(snapshot(table))


def _column(column: Mapping[str, Any]) -> ColumnSpec:
    limits: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in column["checks"].items()
    }
    return ColumnSpec(
        column["name"],
        column["type"],
        column["nullable"],
        column["description"],
        Limits(**limits),
        column["unit"],
    )
