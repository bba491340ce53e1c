"""Translation of the errors of files and PyIceberg into those of a lake."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException, ValidationException

from b3_contracts.errors import ContractError
from lake_io.errors import Conflict, LakeDamaged, LakeError, LakeUnreachable, one_line

__all__ = [
    "translate_conflicts",
    "translate_read_errors",
    "translate_storage_errors",
]

_BROKEN_PLACES: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_BROKEN_BYTES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    pa.ArrowException,
    zlib.error,
)
"""PyIceberg, pydantic, pyarrow and Avro's decoders name no errors of their own for this."""


@contextmanager
def translate_storage_errors(what: str) -> Iterator[None]:
    """Translate storage failures to LakeUnreachable, missing or broken files to LakeDamaged."""
    try:
        yield
    except _BROKEN_PLACES as error:
        raise LakeDamaged(f"{what} is damaged: {_message(error)}") from error
    except OSError as error:
        raise LakeUnreachable(f"cannot read or write {what}: {one_line(error)}") from error


@contextmanager
def translate_read_errors(table: str) -> Iterator[None]:
    """Translate unreadable files of a table to LakeDamaged, storage failures as above."""
    try:
        with translate_storage_errors(f"the table {table}"):
            yield
    except (ContractError, LakeError):
        raise
    except _BROKEN_BYTES as error:
        reason = f"its files make no sense ({type(error).__name__}: {one_line(error)})"
        raise LakeDamaged(f"the table {table} is damaged: {reason}") from error


@contextmanager
def translate_conflicts() -> Iterator[None]:
    """Translate PyIceberg's lost races to Conflict."""
    try:
        yield
    except (CommitFailedException, ValidationException) as error:
        raise Conflict(f"another run published meanwhile: {one_line(error)}") from error


def _message(error: OSError) -> str:
    return f"{one_line(error)}: {error.filename}" if error.filename else one_line(error)
