"""The lake of B3's index portfolios: an immutable raw zone and Iceberg tables.

lake = open_lake("./lake")
lake.raw.land(rows)                          # typed rows of one payload, kept for ever
snapshot = lake.refined_tables.snapshot()    # a consistent state of all published tables
query(snapshot, "select * from portfolio")   # SQL, through DuckDB
"""

from lake_io.errors import (
    Conflict,
    LakeDamaged,
    LakeError,
    LakeMoved,
    LakeOutdated,
    LakeUnreachable,
    NotInLake,
    QueryError,
    RawDamaged,
)
from lake_io.lake import Lake
from lake_io.open import are_nested, open_lake, open_store, relocate_lake
from lake_io.query import query
from lake_io.raw.copying import CopiedObject, CopyState, RawCopy
from lake_io.raw.notes import Receipt, Rejection
from lake_io.raw.reader import PreviewReader, RawReader
from lake_io.raw.zone import RawRead, RawZone
from lake_io.storage.store import LocalStore, Store
from lake_io.tables.earlier_runs import Run
from lake_io.tables.refined_tables import LakeSnapshot, Publication, RefinedTables, Replacement

__all__ = [
    "Conflict",
    "CopiedObject",
    "CopyState",
    "Lake",
    "LakeDamaged",
    "LakeError",
    "LakeMoved",
    "LakeOutdated",
    "LakeSnapshot",
    "LakeUnreachable",
    "LocalStore",
    "NotInLake",
    "PreviewReader",
    "Publication",
    "QueryError",
    "RawCopy",
    "RawDamaged",
    "RawRead",
    "RawReader",
    "RawZone",
    "Receipt",
    "RefinedTables",
    "Rejection",
    "Replacement",
    "Run",
    "Store",
    "are_nested",
    "open_lake",
    "open_store",
    "query",
    "relocate_lake",
]
