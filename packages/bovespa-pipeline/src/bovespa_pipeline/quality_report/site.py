"""Data of the quality site: a state for each index and session, with its reasons.

Read from the tables, the raw zone and the clock alone. Missing sessions and holidays come from the
functions that `bovespa gaps --until today` uses.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from b3_contracts.layout import RawEntry
from b3_scraper import Refused
from b3_scraper.indices import read_indices
from bovespa_pipeline.dates import expected_session
from bovespa_pipeline.quality_report.grid import Cells, cells_of
from bovespa_pipeline.quality_report.reasons import EvaluationRun, Reason, read_reasons, read_runs
from glue_transform import IndexSession
from lake_io import Lake, LakeDamaged, LakeSnapshot, NotInLake, RawZone, Rejection

__all__ = ["DOCS", "Passed", "Site", "read_site"]

DOCS: Final = "validations/"
_COLUMNS: Final = (
    "index_code",
    "reference_date",
    "source",
    "captured_at",
    "position_count",
    "payload_sha256",
)


@dataclass(frozen=True)
class Passed:
    """Facts of a published portfolio shown on the site."""

    source: str
    captured_at: int
    position_count: int
    payload_sha256: str


@dataclass(frozen=True)
class Site:
    """All data of the page."""

    lake: str
    cells: Mapping[str, Cells]
    passed: Mapping[IndexSession, Passed]
    reasons: Mapping[IndexSession, Collection[Reason]]
    withdrawn: Collection[RawEntry]
    runs: Collection[EvaluationRun]
    unread: Collection[Rejection]
    expected: dt.date
    """The newest session that is due."""
    late: Mapping[str, dt.date]
    """The newest session of each index that lacks the expected one and has not ended."""

    @property
    def is_empty(self) -> bool:
        return not (self.cells or self.runs or self.unread)


def read_site(lake: Lake, now: dt.datetime) -> Site:
    """The site of a lake at a time."""
    snapshot = lake.refined_tables.snapshot()
    passed = _passed(snapshot)
    withdrawn = lake.raw.withdrawn()
    results = snapshot.read("quality_result").to_pylist()
    published = {session: about.payload_sha256 for session, about in passed.items()}
    reasons = read_reasons(results, published, withdrawn)
    sources = {session: about.source for session, about in passed.items()}
    expected = expected_session(now)
    newest = dict(sorted(passed))
    ended = _ended(lake.raw, {session.index_code for session in {*passed, *reasons}})
    return Site(
        lake.uri.rstrip("/").rsplit("/", 1)[-1],
        cells_of(sources, reasons, withdrawn, expected, ended),
        passed,
        reasons,
        sorted(withdrawn),
        read_runs(results, _pages(lake)),
        _unread(lake, {*published.values(), *(row["payload_sha256"] for row in results)}),
        expected,
        {code: day for code, day in newest.items() if day < expected and code not in ended},
    )


def _ended(raw: RawZone, codes: Collection[str]) -> frozenset[str]:
    """The indices that B3's newest readable list in raw lacks; none without such a list."""
    for reference in reversed(raw.references("GetStockIndex")):
        try:
            return frozenset(codes) - frozenset(read_indices([raw.reference(reference)]).codes)
        except (Refused, NotInLake, LakeDamaged):
            continue
    return frozenset()


def _passed(snapshot: LakeSnapshot) -> dict[IndexSession, Passed]:
    rows = snapshot.read("portfolio", columns=_COLUMNS).to_pydict()
    return {
        IndexSession(index, date): Passed(source, int(captured_at.timestamp()), count, payload)
        for index, date, source, captured_at, count, payload in zip(
            *(rows[name] for name in _COLUMNS), strict=True
        )
    }


def _pages(lake: Lake) -> list[str]:
    """Yield the Data Docs pages of all runs, relative to the front page."""
    return sorted(
        page for page in lake.quality.names() if page.startswith(DOCS) and page.endswith(".html")
    )


def _unread(lake: Lake, read: Iterable[Any]) -> list[Rejection]:
    """Return the payloads rejected so far, newest first."""
    rejected = set(lake.raw.rejected()) - set(read)
    notes = [lake.raw.rejection(payload) for payload in sorted(rejected)]
    return sorted(notes, key=lambda note: note.rejected_at, reverse=True)
