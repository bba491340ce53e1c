"""Failures of the operating system, unwrapped from the errors of libraries.

A full or read-only disk, a file size limit, a lack of memory, a database that cannot be
written: not a defect, not a refusal, and what a scheduler may try again.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from typing import Final

from b3_contracts.errors import printable

__all__ = ["system_failure"]

# What a mistake in the code raises: that it happened beside a failure does not excuse it.
_DEFECTS: Final = (AssertionError, AttributeError, LookupError, NameError, TypeError)


def system_failure(error: BaseException) -> str | None:
    """Describe the system failure in a sentence; None for any other kind of error."""
    for cause in _causes(error):
        reason = _reason(cause)
        if reason:
            return printable(reason)
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it was raised from, SQLAlchemy's `orig` included, the nearest first."""
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        yield error
        own = getattr(error, "orig", None)
        if isinstance(own, BaseException):
            yield own
        error = error.__cause__ or (None if isinstance(error, _DEFECTS) else error.__context__)


def _reason(error: BaseException) -> str | None:
    match error:
        case sqlite3.ProgrammingError():
            return None
        case MemoryError():
            return "out of memory"
        case OSError():
            return _of_system(error)
        case sqlite3.Error():
            return f"the catalogue's database: {error}"
        case UnicodeEncodeError():
            return f"a character cannot be written as {error.encoding}: {error.reason}"
        case _:
            return None


def _of_system(error: OSError) -> str:
    """The system's words, and the file where it is known; libraries hide both in a text."""
    if isinstance(error, shutil.Error):
        return _of_copying(error)
    words = os.strerror(error.errno) if error.errno else error.strerror or str(error)
    reason = words.strip().partition("\n")[0] or type(error).__name__
    name = error.filename
    if not isinstance(name, str | bytes):
        return reason if error.errno is None else f"cannot read or write: {reason}"
    return f"cannot read or write {os.fsdecode(name)}: {reason}"


def _of_copying(error: shutil.Error) -> str:
    """The first of the files that could not be copied; shutil lists them all."""
    files = error.args[0] if error.args else ()
    if not isinstance(files, list) or not files:
        return f"cannot copy: {error}"
    _, target, why = files[0]
    return f"cannot write {target}: {str(why).partition(': ')[0]}"
