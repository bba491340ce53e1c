"""B3's own downloads, landed from files."""

import datetime as dt
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from b3_contracts.errors import printable
from b3_scraper import (
    MAX_BODY_BYTES,
    Portfolio,
    Refused,
    Undated,
    Unnamed,
    parse_download_name,
    parse_portfolio,
)
from bovespa_pipeline.landing import Landing
from lake_io import RawZone

__all__ = ["STANDARD_INPUT", "Named", "import_files"]

STANDARD_INPUT: Final = Path("-")


@dataclass(frozen=True)
class Named:
    """What a person says of the files: their index, their session, or that names may tell."""

    index_code: str | None = None
    reference_date: dt.date | None = None
    date_from_name: bool = False


def import_files(  # noqa: PLR0913 - every edge of an import is handed in
    raw: RawZone,
    paths: Iterable[Path],
    named: Named,
    now: Callable[[], dt.datetime],
    progress: Callable[[str], None] = lambda _: None,
    *,
    landing: Landing | None = None,
) -> Landing:
    """Land each file; one that is refused is kept, said, and stops no other.

    `landing` is filled as the files are read, so that a caller has what landed before a failure.
    """
    landing = landing or Landing(raw, "import", now)
    try:
        for path in paths:
            progress(path.name)
            _import_one(landing, path, named)
    finally:
        landing.announce()
    return landing


def _import_one(landing: Landing, path: Path, named: Named) -> None:
    name = _shown(path)
    try:
        body = _read(path)
    except _NotKept as error:
        landing.refuse(name, f"{error}, and is not kept")
        return
    except OSError as error:
        landing.refuse(name, f"cannot be read: {error.strerror}")
        return
    except ValueError:
        landing.refuse(name, "cannot be read: no file has such a name")
        return
    landing.raw.keep_payload(body)
    try:
        portfolio = _parse(body, path, named)
    except Refused as error:
        landing.refuse(name, _told(error, named), (body,))
        return
    landing.land(name, portfolio)


class _NotKept(Exception):
    """Not even worth keeping: no file, or larger than any portfolio."""


def _read(path: Path) -> bytes:
    """The bytes of a file, a pipe or standard input, up to the limit.

    A device is never opened: it might have no end.
    """
    with _opened(path) as file:
        body = file.read(MAX_BODY_BYTES + 1)
    if not body and path != STANDARD_INPUT and path.is_fifo():
        raise _NotKept("is a pipe that nobody writes to")
    if len(body) > MAX_BODY_BYTES:
        raise _NotKept(f"is larger than {MAX_BODY_BYTES >> 20} MiB")
    return body


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise _NotKept("is a folder" if stat.S_ISDIR(mode) else "is no file")
    # A pipe that nobody writes to has its end at once instead of being waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _shown(path: Path) -> str:
    """The path as given, unless it could disturb the terminal or forge a line."""
    return "standard input" if path == STANDARD_INPUT else printable(str(path))


def _parse(body: bytes, path: Path, named: Named) -> Portfolio:
    """The portfolio in the file; its own title and date go before what its name says."""
    claimed = parse_download_name(path.name)
    index = named.index_code or (claimed.index_code if claimed else None)
    try:
        return parse_portfolio(body, index=index, reference_date=named.reference_date)
    except Undated:
        date = claimed.reference_date if claimed and named.date_from_name else None
        if date is None:
            raise
        return parse_portfolio(body, index=index, reference_date=date)


def _told(refused: Refused, named: Named) -> str:
    """Why it was refused, and the option that would settle it, if one would."""
    match refused:
        case Undated() if named.date_from_name:
            return "neither a line of it nor its name says which session it is of: give --date"
        case Undated():
            return (
                "no line of it says which session it is of: "
                "give --date YYYY-MM-DD or --date-from-name"
            )
        case Unnamed():
            return "neither it nor its name says which index it is of: give --index CODE"
        case _:
            return str(refused)
