"""The operating system's failures, through whatever they came."""

import errno
import shutil
import sqlite3

import pytest

from b3_contracts.failures import system_failure

FULL = OSError(errno.ENOSPC, "No space left on device")
COPYING = shutil.Error([("a", "b", "[Errno 28] No space left on device: 'a' -> 'b'")])


class Wrapped(Exception):
    """A library's own error."""

    orig = sqlite3.OperationalError("attempt to write a readonly database")


def raised(error: Exception, cause: Exception | None, *, explicit: bool) -> Exception:
    """The error as it comes out of a library that met `cause`."""
    try:
        try:
            raise cause or error
        except type(cause or error):
            if explicit:
                raise error from cause
            raise error  # noqa: B904 - as some libraries do
    except Exception as caught:  # noqa: BLE001
        return caught


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FULL, "cannot read or write: No space left on device"),
        (OSError(errno.EFBIG, "x", "a\x1b"), r"cannot read or write a\x1b: File too large"),
        (OSError(errno.ENOSPC, "Error writing. Detail: x"), "cannot read or write: No space left "),
        (MemoryError(), "out of memory"),
        (sqlite3.OperationalError("disk I/O error"), "the catalogue's database: disk I/O error"),
        (Wrapped(), "the catalogue's database: attempt to write a readonly database"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), "a character cannot be written as ascii"),
        (COPYING, "cannot write b: [Errno 28] No space left on device"),
        (raised(RuntimeError("x"), FULL, explicit=True), "No space left on device"),
        (raised(RuntimeError("x"), FULL, explicit=False), "No space left on device"),
    ],
)
def test_a_failure_of_the_system_is_a_sentence(error: Exception, told: str) -> None:
    """With the file, where it is known."""
    found = system_failure(error)
    assert found is not None
    assert told in found


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        sqlite3.ProgrammingError("x"),
        raised(TypeError("x"), FULL, explicit=False),
    ],
)
def test_a_defect_is_none(error: Exception) -> None:
    """Not even one that came beside a failure."""
    assert system_failure(error) is None
