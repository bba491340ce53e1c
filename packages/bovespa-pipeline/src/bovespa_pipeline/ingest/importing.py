"""Import of B3's downloads and bulletins from files."""

import datetime as dt
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from b3_contracts.errors import printable
from b3_scraper import (
    MAX_BODY_BYTES,
    MAX_BULLETIN_BYTES,
    Bulletin,
    Refused,
    Undated,
    Unnamed,
    is_bulletin,
    is_pdf,
    parse_bulletin,
)
from bovespa_pipeline.ingest.contradictions import contradiction
from bovespa_pipeline.ingest.landing import BULLETIN, Landed, Landing
from bovespa_pipeline.ingest.receiving import finish_interrupted, parse_received
from lake_io import RawZone, Receipt

__all__ = ["STANDARD_INPUT", "ImportHints", "import_files"]

STANDARD_INPUT: Final = Path("-")


@dataclass(frozen=True)
class ImportHints:
    """Index and session given for the files, and whether their names may provide them."""

    index_code: str | None = None
    reference_date: dt.date | None = None
    date_from_name: bool = False


def import_files(  # noqa: PLR0913 - every edge of an import is handed in
    raw: RawZone,
    paths: Iterable[Path],
    hints: ImportHints,
    now: Callable[[], dt.datetime],
    progress: Callable[[str], None] = lambda _: None,
    *,
    landing: Landing | None = None,
) -> Landing:
    """Land each file; a refused file is stored and reported, and does not stop the others.

    `landing` is filled as the files are read, so that a caller has what landed before a failure.
    """
    landing = landing or Landing(raw, now)
    try:
        for path in paths:
            progress(path.name)
            _import_one(landing, path, hints)
        finish_interrupted(landing)
    finally:
        landing.write_manifest()
    return landing


def _import_one(landing: Landing, path: Path, hints: ImportHints) -> None:
    receipt = _receipt(path, hints, landing.now())
    try:
        body = _read(path)
    except _NotKept as error:
        landing.reject(receipt, f"{error}, and is not kept")
        return
    except OSError as error:
        landing.reject(receipt, f"cannot be read: {error.strerror}")
        return
    except ValueError:
        landing.reject(receipt, "cannot be read: no file has such a name")
        return
    if is_bulletin(body):
        _import_bulletin(landing, replace(receipt, source=BULLETIN), body, hints)
        return
    landing.raw.store_payload(body, receipt=receipt)
    try:
        portfolio = parse_received((body,), receipt)
    except Refused as error:
        landing.reject(receipt, _message(error, hints), (body,))
        return
    if landed := landing.land(receipt, portfolio):
        _warn_of_contradiction(landing, landed)


def _import_bulletin(landing: Landing, receipt: Receipt, body: bytes, hints: ImportHints) -> None:
    """Land the portfolios of a bulletin, or the one of the index that was given."""
    landing.raw.store_payload(body, receipt=receipt)
    try:
        bulletin = parse_bulletin(body)
        _refuse_contradiction(bulletin, hints)
    except Refused as error:
        landing.reject(receipt, str(error), (body,))
        return
    landing.land_bulletin(receipt, bulletin, [hints.index_code] if hints.index_code else [])


def _refuse_contradiction(bulletin: Bulletin, hints: ImportHints) -> None:
    date, index = hints.reference_date, hints.index_code
    if date not in (None, bulletin.effective_date):
        raise Refused(f"the bulletin's portfolios are of {bulletin.effective_date}, not {date}")
    if index and index not in {portfolio.index_code for portfolio in bulletin.portfolios}:
        raise Refused(f"the bulletin has no whole portfolio of {index}")


def _warn_of_contradiction(landing: Landing, landed: Landed) -> None:
    """Compare a landed file with the other payloads of its session."""
    if warning := contradiction(landing.raw, landed.entry):
        landing.landed[-1] = replace(landed, warnings=(*landed.warnings, warning))


def _receipt(path: Path, hints: ImportHints, received_at: dt.datetime) -> Receipt:
    return Receipt(
        _shown(path),
        "import",
        received_at,
        hints.index_code,
        hints.reference_date,
        hints.date_from_name,
    )


class _NotKept(Exception):
    """The input is not stored: it is no file, or larger than any portfolio."""


def _read(path: Path) -> bytes:
    """The bytes of a file, a pipe or standard input, up to the limit.

    A device is never opened: it might have no end.
    """
    with _opened(path) as file:
        body = file.read(MAX_BODY_BYTES + 1)
        limit = MAX_BULLETIN_BYTES if is_pdf(body) else MAX_BODY_BYTES
        body += file.read(limit - MAX_BODY_BYTES)
    if not body and path != STANDARD_INPUT and path.is_fifo():
        raise _NotKept("is a pipe that nobody writes to")
    if len(body) > limit:
        raise _NotKept(f"is larger than {limit >> 20} MiB")
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
    """Return the path as given, escaped where it could disturb the terminal."""
    return "standard input" if path == STANDARD_INPUT else printable(str(path))


def _message(refused: Refused, hints: ImportHints) -> str:
    """Return the reason of a refusal, and the option that would resolve it, if any."""
    match refused:
        case Undated(dates=[_, *_]):
            return f"{refused}: give --date YYYY-MM-DD"
        case Undated(is_quadrimester=True):
            return (
                "this is the theoretical portfolio of a quadrimester, or its preview, without a "
                "date: give --quadrimester YYYY-N, if it is in force then"
            )
        case Undated() if hints.date_from_name:
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
