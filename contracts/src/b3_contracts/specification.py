"""Specification of the tables as plain data, generated from the pandera models.

Importing pandera takes longer than answering a query. Programs therefore read the tables'
columns, limits and keys from `snapshots/`, which `python -m b3_contracts write` writes and a
test compares with the models; pandera itself is imported where a table breaks its contract.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from b3_contracts.table_spec import RULES_VERSION_FILE, TableSpec
from b3_contracts.vocabulary import TABLE_NAMES

__all__ = ["AUDIT", "RAW", "RAW_PREVIEW", "REFINED", "TABLES", "rules_version"]


@cache
def rules_version() -> str:
    """Return contract version and hash of all rules: the rules a portfolio is evaluated by."""
    return _file(RULES_VERSION_FILE).strip()


def _file(name: str) -> str:
    return files("b3_contracts").joinpath("snapshots", name).read_text("utf-8")


def _read(name: str) -> TableSpec:
    return TableSpec.of(json.loads(_file(f"{name}.json")))


RAW: Final = _read("raw_position")
RAW_PREVIEW: Final = _read("raw_preview")
AUDIT: Final = _read("portfolio_audit")
REFINED: Final[Mapping[str, TableSpec]] = {name: _read(name) for name in TABLE_NAMES}
TABLES: Final[Mapping[str, TableSpec]] = {
    **{table.name: table for table in (RAW, RAW_PREVIEW)},
    **REFINED,
    AUDIT.name: AUDIT,
}
