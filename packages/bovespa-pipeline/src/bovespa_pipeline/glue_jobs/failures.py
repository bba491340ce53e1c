"""Failures of a job, as exceptions whose text is the reason: AWS repeats it in its events.

JobFailure
├── PortfoliosRefused   a contract or the gate refused portfolios: look at them, by name and rule
├── SourceUnreachable   B3 did not answer: capture again
├── LakeUnreachable     the lake or the system cannot be read or written: look there, try again
└── RunStopped          the run itself could not go on: look at the message

One type a cause, because a mail says the type first: `PortfoliosRefused: 1: SMLL 2025-02-14: …`.
"""

from collections.abc import Iterable
from typing import Final

from b3_contracts.errors import printable
from b3_scraper import Unreachable
from bovespa_pipeline.cli.exit_codes import UNREACHABLE
from bovespa_pipeline.cli.failures import describe
from bovespa_pipeline.ingest.capturing import CaptureResult
from glue_transform import job

__all__ = [
    "JobFailure",
    "LakeUnreachable",
    "PortfoliosRefused",
    "RunStopped",
    "SourceUnreachable",
    "of_capture",
    "of_error",
    "of_refine",
]

LIMIT: Final = 600
"""Characters of a reason: the log has all of it, a mail its beginning."""


class JobFailure(Exception):
    """A run that has to be looked at. Its text is one line of at most LIMIT characters."""

    def __init__(self, reason: str = "") -> None:
        line = printable(reason)
        super().__init__(line if len(line) <= LIMIT else f"{line[: LIMIT - 1]}…")


class PortfoliosRefused(JobFailure):
    """A contract or the gate refused portfolios; all others were captured or published."""


class SourceUnreachable(JobFailure):
    """B3 did not answer for some or all indices; the others were captured."""


class LakeUnreachable(JobFailure):
    """The lake's storage or the system does not answer."""


class RunStopped(JobFailure):
    """The run stopped for a reason other than a portfolio."""


def of_capture(captured: CaptureResult) -> JobFailure | None:
    """Return the failure of a finished capture, or None; retryable failures come first."""
    if captured.unreachable:
        return SourceUnreachable(_listed(map(str, (*captured.unreachable, *captured.refusals))))
    return PortfoliosRefused(_listed(map(str, captured.refusals))) if captured.refusals else None


def of_refine(outcome: job.Outcome) -> JobFailure | None:
    """Return the failure of a finished refine run, or None."""
    if outcome.refusals:
        return PortfoliosRefused(_listed(outcome.refusals))
    match outcome.code:
        case job.DONE:
            return None
        case job.UNREACHABLE:
            return LakeUnreachable(outcome.reason)
        case _:
            return RunStopped(outcome.reason)


def of_error(error: Exception) -> JobFailure | None:
    """Return the failure for a foreseeable error, or None for a defect."""
    description = describe(error)
    if description is None:
        return None
    message, code = description
    if isinstance(error, Unreachable):
        return SourceUnreachable(message)
    return LakeUnreachable(message) if code == UNREACHABLE else RunStopped(message)


def _listed(reasons: Iterable[str]) -> str:
    """The number comes first, because the end may be cut off."""
    lines = list(reasons)
    return f"{len(lines)}: {'; '.join(lines)}"
