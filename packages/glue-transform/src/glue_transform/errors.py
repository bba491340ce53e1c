"""Errors of a run, named by the caller's next step.

TransformError
├── EngineMissing    Spark or its Java is not installed: the message says what to install
├── GateMissing      Great Expectations is not installed: nothing can be evaluated or published
├── GateFailed       the gate itself could not evaluate: look at its message, nothing was published
├── MissingRawData   raw lost rows while the run read them: refine again
└── StatementFailed  an engine could not run a statement: a defect, of the SQL or the engine

A fault of a portfolio is no error of a run: it is a Finding in the Report.
"""

from b3_contracts.errors import printable

__all__ = [
    "EngineMissing",
    "GateFailed",
    "GateMissing",
    "MissingRawData",
    "StatementFailed",
    "TransformError",
]


class TransformError(Exception):
    """A run that could not go on; nothing of it is visible. Its text can be printed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class EngineMissing(TransformError):
    """A dependency of the chosen engine is not installed."""


class GateMissing(TransformError):
    """The library that evaluates the rules is not installed."""


class GateFailed(TransformError):
    """The gate gave no verdict, so nothing may pass it."""


class MissingRawData(TransformError):
    """Typed rows that the run had read can no longer be read."""


class StatementFailed(TransformError):
    """A statement of the transform did not run over inputs that kept their contracts."""
