"""`datapackage.json`, the description of an export that Frictionless reads, and the checksums.

Source: the Data Package standard, version 1 (https://specs.frictionlessdata.io).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from b3_contracts.table_spec import ColumnSpec, Limits, TableSpec

__all__ = ["Resource", "checksums", "datapackage"]

_TYPES: Final = {
    "string": {"type": "string"},
    "long": {"type": "integer"},
    "int": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "date", "format": "default"},
    "timestamptz": {"type": "datetime", "format": "any"},
}
_LIMITS: Final = {
    "at_least": "minimum",
    "at_most": "maximum",
}
"""Limits that version 1 of the standard knows: it has none that exclude their own value."""
_WHOLE: Final = re.compile(r"[0-9]+(\.0+)?")
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Resource:
    """A file of the export that holds one table."""

    path: Path
    spec: TableSpec
    row_count: int


def datapackage(about: Mapping[str, Any], folder: Path, resources: Iterable[Resource]) -> bytes:
    """The package's descriptor: `about` is its title, version and the like."""
    described = [_resource(folder, resource) for resource in resources]
    text = json.dumps({**about, "resources": described}, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def checksums(folder: Path, but: Sequence[str] = ()) -> bytes:
    """SHA-256 of every file, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in but)
    lines = (f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    return "".join(lines).encode()


def _resource(folder: Path, resource: Resource) -> Mapping[str, Any]:
    path, spec = resource.path, resource.spec
    kind = path.suffix[1:]
    return {
        "name": f"{spec.name}-{kind}".lower().replace("_", "-"),
        "path": path.relative_to(folder).as_posix(),
        "profile": "tabular-data-resource" if kind == "csv" else "data-resource",
        "description": spec.description,
        "format": kind,
        "mediatype": "text/csv" if kind == "csv" else "application/vnd.apache.parquet",
        **({"encoding": "utf-8"} if kind == "csv" else {}),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{_sha256(path)}",
        "rows": resource.row_count,
        "schema": {
            "fields": [_field(column) for column in spec.columns],
            "missingValues": [""],
            **_keys(spec),
        },
    }


def _keys(spec: TableSpec) -> Mapping[str, Any]:
    """A primary key may hold no null: other keys are uniqueness only."""
    nullable = {column.name for column in spec.columns if column.nullable}
    is_primary = spec.unique and nullable.isdisjoint(spec.unique)
    return {"primaryKey": list(spec.unique)} if is_primary else {}


def _field(column: ColumnSpec) -> Mapping[str, Any]:
    kind = _TYPES.get(column.type, {"type": "number"})
    constraints = {"required": not column.nullable, **_constraints(column.limits)}
    return {
        "name": column.name,
        **kind,
        "description": column.description,
        **({"unit": column.unit} if column.unit else {}),
        "constraints": constraints,
    }


def _constraints(limits: Limits) -> Mapping[str, Any]:
    bounds: dict[str, Any] = {
        name: _figure(value)
        for limit, name in _LIMITS.items()
        if (value := getattr(limits, limit)) is not None
    }
    if limits.matches is not None:
        bounds["pattern"] = _whole(limits.matches)
    return {**bounds, **({"enum": list(limits.one_of)} if limits.one_of else {})}


def _whole(pattern: str) -> str:
    """A pattern of the beginning of a text as one of all of it: readers match it so."""
    return pattern if pattern.endswith("$") else f"{pattern}.*"


def _figure(value: int | str) -> int | str:
    """A whole number as one: the contract keeps the digits of a decimal as a text."""
    return int(value.split(".")[0]) if isinstance(value, str) and _WHOLE.fullmatch(value) else value


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
