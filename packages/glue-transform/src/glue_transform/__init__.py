"""Raw to refined: the SQL, the engines that run it, the gate, and a run of refine."""

from glue_transform.candidates import Withheld
from glue_transform.engine import DuckDBEngine, Engine
from glue_transform.findings import Finding
from glue_transform.pending import Scope, Session
from glue_transform.refine import Choices, Report, refine

__all__ = [
    "Choices",
    "DuckDBEngine",
    "Engine",
    "Finding",
    "Report",
    "Scope",
    "Session",
    "Withheld",
    "refine",
]
