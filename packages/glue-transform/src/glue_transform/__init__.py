"""Raw to refined: the SQL, the engines that run it, the gate, and a run of refine."""

from glue_transform.candidates import Withheld
from glue_transform.engine import DuckDBEngine, Engine
from glue_transform.errors import (
    EngineMissing,
    GateFailed,
    RawLost,
    StatementFailed,
    TransformError,
)
from glue_transform.findings import Finding
from glue_transform.gate import Judge
from glue_transform.pending import Scope, Session
from glue_transform.refine import refine
from glue_transform.report import Choices, Report

__all__ = [
    "Choices",
    "DuckDBEngine",
    "Engine",
    "EngineMissing",
    "Finding",
    "GateFailed",
    "Judge",
    "RawLost",
    "Report",
    "Scope",
    "Session",
    "StatementFailed",
    "TransformError",
    "Withheld",
    "refine",
]
