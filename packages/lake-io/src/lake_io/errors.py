"""Errors of a lake, named by the caller's next step.

LakeError
├── LakeUnreachable     the place cannot be read or written: look there, try again
├── LakeDamaged         a file is broken: the message names it; mend it, then try again
│   └── RawDamaged      it is of the raw zone: made anew from the rest, or lost
├── LakeMoved           the catalogue has its tables in another place: name that one
├── LakeOutdated        the tables cannot be brought up to this contract: rebuild
├── Conflict            another run published meanwhile: compute anew and publish again
├── NotInLake           there is no such run, session or entry: the message says what there is
└── QueryError          the SQL is at fault: correct it
"""

from b3_contracts.errors import printable

__all__ = [
    "Conflict",
    "LakeDamaged",
    "LakeError",
    "LakeMoved",
    "LakeOutdated",
    "LakeUnreachable",
    "NotInLake",
    "QueryError",
    "RawDamaged",
    "one_line",
]


class LakeError(Exception):
    """Anything a lake refuses or cannot do. Its text can be printed and stored."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class LakeUnreachable(LakeError):
    """The lake's storage does not answer, or answers with an error."""


class LakeDamaged(LakeError):
    """A file of the lake is not as it was written."""


class RawDamaged(LakeDamaged):
    """An object of the raw zone is not as it was written, or is missing."""


class LakeMoved(LakeError):
    """The Glue Data Catalog has the tables of another lake."""


class LakeOutdated(LakeError):
    """The lake's tables were made under a contract that does not evolve into the present one."""


class Conflict(LakeError):
    """A newer publication has replaced the snapshot that the rows were computed from."""


class NotInLake(LakeError):
    """The lake holds nothing of that name."""


class QueryError(LakeError):
    """The SQL cannot be run."""


def one_line(error: BaseException) -> str:
    """A library's error message without its advice, its SQL and its links."""
    cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
    return str(cause).strip().partition("\n")[0] or type(error).__name__
