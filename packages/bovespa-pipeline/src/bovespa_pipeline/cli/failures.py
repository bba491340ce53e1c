"""Errors of the lower packages as a sentence and an exit code."""

from b3_contracts.errors import ContractError
from b3_contracts.failures import system_failure
from b3_scraper import B3Error, Unreachable
from bovespa_pipeline.cli.exit_codes import REFUSED, UNREACHABLE, USAGE
from bovespa_pipeline.cli.hints import hint
from bovespa_pipeline.cli.language import current
from bovespa_pipeline.queries.results import MissingPackage
from glue_transform import GateMissing, TransformError
from lake_io import LakeError, NotInLake, QueryError

__all__ = ["describe"]


def describe(error: Exception) -> tuple[str, int] | None:
    """Return the message and the exit code of a foreseeable error; None for a defect."""
    if isinstance(error, B3Error | ContractError | LakeError | MissingPackage | TransformError):
        return f"{current().translated(str(error))}{hint(error)}", _code(error)
    failure = system_failure(error)
    return None if failure is None else (current().translated(failure), UNREACHABLE)


def _code(error: Exception) -> int:
    match error:
        case GateMissing() | QueryError() | NotInLake() | MissingPackage():
            return USAGE
        case Unreachable() | LakeError():
            return UNREACHABLE
        case TransformError() if system_failure(error):
            return UNREACHABLE
        case _:
            return REFUSED
