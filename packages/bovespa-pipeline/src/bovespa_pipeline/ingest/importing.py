"""Import of downloads, bulletins and archives from files."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from b3_scraper import Archive, Portfolio, Refused, Undated, UnknownColumns, Unnamed
from bovespa_pipeline.ingest.contradictions import contradiction
from bovespa_pipeline.ingest.files import NotKept, read_file, shown
from bovespa_pipeline.ingest.landing import Landing, Refusal
from bovespa_pipeline.ingest.many import MANY, Many, parse_many, with_kind
from bovespa_pipeline.ingest.receiving import finish_interrupted, parse_received
from lake_io import RawZone, Receipt

__all__ = ["ImportHints", "Inspected", "import_files", "inspect_files"]


@dataclass(frozen=True)
class ImportHints:
    """What the user says of the files, and whether their names may say it."""

    index_code: str | None = None
    reference_date: dt.date | None = None
    date_from_name: bool = False
    columns: Mapping[str, str] | None = None
    """The columns of archives, by their fields."""


@dataclass(frozen=True)
class Inspected:
    """What an import of a file would land, and refuse."""

    name: str
    portfolios: tuple[Portfolio, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    archive: Archive | None = None


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


def inspect_files(
    paths: Iterable[Path], hints: ImportHints, now: Callable[[], dt.datetime]
) -> Iterator[Inspected]:
    """Read each file as an import would, and keep nothing."""
    for path in paths:
        receipt = _receipt(path, hints, now())
        try:
            body = read_file(path)
            yield _inspected(receipt.name, _parse(body, with_kind(receipt, body)))
        except NotKept as error:
            yield Inspected(receipt.name, refusals=(Refusal(receipt.name, str(error)),))
        except Refused as error:
            refusal = Refusal(receipt.name, _message(error, hints))
            yield Inspected(receipt.name, refusals=(refusal,))


def _inspected(name: str, parsed: Portfolio | Many) -> Inspected:
    if isinstance(parsed, Portfolio):
        return Inspected(name, (parsed,))
    refusals = tuple(Refusal(name, str(refusal)) for refusal in parsed.refusals)
    archive = parsed if isinstance(parsed, Archive) else None
    return Inspected(name, parsed.portfolios, refusals, archive)


def _parse(body: bytes, receipt: Receipt) -> Portfolio | Many:
    if receipt.source in MANY:
        return parse_many(body, receipt)
    return parse_received((body,), receipt)


def _import_one(landing: Landing, path: Path, hints: ImportHints) -> None:
    receipt = _receipt(path, hints, landing.now())
    try:
        body = read_file(path)
    except NotKept as error:
        landing.reject(receipt, str(error))
        return
    receipt = with_kind(receipt, body)
    landing.raw.store_payload(body, receipt=receipt)
    before = len(landing.landed)
    try:
        parsed = _parse(body, receipt)
    except Refused as error:
        landing.reject(receipt, _message(error, hints), (body,))
        return
    if isinstance(parsed, Portfolio):
        landing.land(receipt, parsed)
    else:
        landing.land_many(receipt, parsed)
    _warn_of_contradictions(landing, before)


def _warn_of_contradictions(landing: Landing, start: int) -> None:
    """Compare what landed since `start` with the other payloads of its sessions."""
    for at in range(start, len(landing.landed)):
        landed = landing.landed[at]
        if warning := contradiction(landing.raw, landed.entry):
            landing.landed[at] = replace(landed, warnings=(*landed.warnings, warning))


def _receipt(path: Path, hints: ImportHints, received_at: dt.datetime) -> Receipt:
    return Receipt(
        shown(path),
        "import",
        received_at,
        hints.index_code,
        hints.reference_date,
        hints.date_from_name,
        hints.columns,
    )


def _message(refused: Refused, hints: ImportHints) -> str:
    """Return the reason of a refusal, and the option that would resolve it, if any."""
    match refused:
        case Undated():
            return _undated(refused, hints)
        case UnknownColumns():
            return f"{refused}: give --columns FIELD=COLUMN"
        case Unnamed():
            return "neither it nor its name says which index it is of: give --index CODE"
        case _:
            return str(refused)


def _undated(refused: Undated, hints: ImportHints) -> str:
    if refused.dates:
        return f"{refused}: give --date YYYY-MM-DD"
    if refused.is_quadrimester:
        return (
            "this is the theoretical portfolio of a quadrimester, or its preview, without a "
            "date: give --quadrimester YYYY-N, if it is in force then"
        )
    if hints.date_from_name:
        return "neither a line of it nor its name says which session it is of: give --date"
    return "no line of it says which session it is of: give --date YYYY-MM-DD or --date-from-name"
