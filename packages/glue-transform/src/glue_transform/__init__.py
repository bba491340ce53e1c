"""Raw to refined: the SQL, the engines that run it, the gate, and a run of refine."""

from glue_transform.announcements import Announcement
from glue_transform.candidates import ConflictingImports
from glue_transform.engines.base import Engine
from glue_transform.engines.duckdb import DuckDBEngine
from glue_transform.errors import (
    EngineMissing,
    GateFailed,
    GateMissing,
    MissingRawData,
    StatementFailed,
    TransformError,
)
from glue_transform.pending import Pending, pending
from glue_transform.planning import IndexSession, Scope
from glue_transform.quality.findings import Finding
from glue_transform.quality.gate import QualityCheck
from glue_transform.refine import refine
from glue_transform.report import RefineOptions, Report

__all__ = [
    "Announcement",
    "ConflictingImports",
    "DuckDBEngine",
    "Engine",
    "EngineMissing",
    "Finding",
    "GateFailed",
    "GateMissing",
    "IndexSession",
    "MissingRawData",
    "Pending",
    "QualityCheck",
    "RefineOptions",
    "Report",
    "Scope",
    "StatementFailed",
    "TransformError",
    "pending",
    "refine",
]
