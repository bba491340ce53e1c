"""Snapshots of the contract: one JSON per table, for reviews as a diff.

What is written is what others rely on: names, types, nulls, units, limits, keys. The
code of a check of whole rows is not in it, only its name and its sentence.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.dtypes import column_type
from b3_contracts.models.rules import column_checks, limits, row_checks, table_name
from b3_contracts.models.tables import TABLES, Table

__all__ = ["Snapshot", "current", "read", "snapshot", "write"]

Snapshot = Mapping[str, Any]
"""One table: `table`, `description`, `grain`, `unique`, …, and `columns` in order."""

_VERSION_FILE: Final = "VERSION"


def snapshot(model: type[Table]) -> Snapshot:
    """The model's promises of today, as plain JSON values."""
    config = model.to_schema()
    metadata: Mapping[str, Any] = model.Config.metadata
    return {
        "table": table_name(model),
        "description": " ".join((model.__doc__ or "").split()),
        "grain": metadata["grain"],
        "unique": list(config.unique or []),
        "replaced_by": list(metadata.get("replaced_by", [])),
        "partition_by": metadata.get("partition_by"),
        "checks": row_checks(model),
        "columns": [_column(model, name) for name in config.columns],
    }


def current() -> dict[str, Snapshot]:
    return {name: snapshot(model) for name, model in TABLES.items()}


def read(folder: Path) -> tuple[str, dict[str, Snapshot]]:
    """The contract version the snapshots in `folder` were taken at, and the snapshots.

    Raises ContractError where the folder holds none.
    """
    version_file = folder / _VERSION_FILE
    if not version_file.is_file():
        raise ContractError("the snapshots", [Broken(str(version_file), "is missing")])
    files = sorted(folder.glob("*.json"))
    tables = {path.stem: json.loads(path.read_text("utf-8")) for path in files}
    return version_file.read_text("utf-8").strip(), tables


def write(folder: Path, version: str, tables: Mapping[str, Snapshot]) -> None:
    """Replace the snapshots in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in tables:
            path.unlink()
    for name, table in tables.items():
        text = json.dumps(table, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    (folder / _VERSION_FILE).write_text(version + "\n", "utf-8")


def _column(model: type[Table], name: str) -> dict[str, Any]:
    column = model.to_schema().columns[name]
    metadata: Mapping[str, Any] = column.metadata or {}
    severity = {"severity": metadata["severity"]} if "severity" in metadata else {}
    return {
        "name": name,
        "type": column_type(column.dtype.type),
        "nullable": column.nullable,
        "unit": metadata.get("unit"),
        **severity,
        "checks": _checks(column),
        "description": column.description,
    }


def _checks(column: Any) -> dict[str, Any]:
    checks: dict[str, Any] = {}
    for check in column_checks(column):
        checks |= {
            name: value for name, value in asdict(limits(check)).items() if value is not None
        }
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(checks.items())
    }
