"""The lake of B3's index portfolios: an immutable raw zone and an Iceberg catalogue.

lake = open_lake("./lake")
lake.raw.land(rows)                          # typed rows of one payload, kept for ever
view = lake.catalogue.view()                 # one moment of all published tables
query(view, "select * from portfolio")       # SQL, through DuckDB
"""

from lake_io.catalogue import Catalogue, Publication, Replacement, Run, View
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
from lake_io.lake import Lake, open_lake
from lake_io.notes import Receipt, Rejection
from lake_io.query import query
from lake_io.raw import RawRead, RawZone
from lake_io.store import LocalStore, Store

__all__ = [
    "Catalogue",
    "Conflict",
    "Lake",
    "LakeDamaged",
    "LakeError",
    "LakeMoved",
    "LakeOutdated",
    "LakeUnreachable",
    "LocalStore",
    "NotInLake",
    "Publication",
    "QueryError",
    "RawDamaged",
    "RawRead",
    "RawZone",
    "Receipt",
    "Rejection",
    "Replacement",
    "Run",
    "Store",
    "View",
    "open_lake",
    "query",
]
