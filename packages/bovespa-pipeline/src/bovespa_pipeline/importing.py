"""B3's own downloads, landed from files."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from b3_scraper import (
    MAX_BODY_BYTES,
    Portfolio,
    Refused,
    Undated,
    parse_download_name,
    parse_portfolio,
)
from bovespa_pipeline.landing import Landing
from lake_io import RawZone

__all__ = ["Named", "import_files"]


@dataclass(frozen=True)
class Named:
    """What a person says of the files: their index, their session, or that names may tell."""

    index_code: str | None = None
    reference_date: dt.date | None = None
    date_from_name: bool = False


def import_files(
    raw: RawZone,
    paths: Iterable[Path],
    named: Named,
    now: Callable[[], dt.datetime],
    progress: Callable[[str], None] = lambda _: None,
) -> Landing:
    """Land each file; one that is refused is kept, said, and stops no other."""
    landing = Landing(raw, now)
    try:
        for path in paths:
            progress(path.name)
            _import_one(landing, path, named)
    finally:
        landing.announce()
    return landing


def _import_one(landing: Landing, path: Path, named: Named) -> None:
    try:
        body = _read(path)
    except OSError as error:
        landing.refuse(str(path), f"cannot be read: {error.strerror}")
        return
    if len(body) > MAX_BODY_BYTES:
        landing.refuse(str(path), f"is larger than {MAX_BODY_BYTES >> 20} MiB, and is not kept")
        return
    landing.raw.keep_payload(body)
    try:
        portfolio = _parse(body, path, named)
    except Refused as error:
        landing.refuse(str(path), f"{error}{_hint(error)}", (body,))
        return
    source = "import" if portfolio.complete else "import_incomplete"
    landing.land(str(path), portfolio, source)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BODY_BYTES + 1)


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


def _hint(refused: Refused) -> str:
    if isinstance(refused, Undated):
        return "; say which session with --date YYYY-MM-DD or --date-from-name"
    return ""
