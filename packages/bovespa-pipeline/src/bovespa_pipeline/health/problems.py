"""Problems of a lake, found by reading: nothing is published, written or asked of B3.

A problem stays until it is mended, or until it is older than the days looked at: a session that
nobody captured cannot be had later, so that it is told for a month and not for ever.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from b3_contracts.counts import counted
from b3_contracts.layout import RawEntry
from bovespa_pipeline.dates import SAO_PAULO
from bovespa_pipeline.quality_report.site import Site, read_site
from bovespa_pipeline.queries.gaps import missing_sessions
from glue_transform.quality.findings import WITHHELD_RULE
from glue_transform.quality.words import reason
from glue_transform.selection import session_of
from lake_io import Lake

__all__ = ["DAYS", "Problem", "find_problems"]

DAYS: Final = 30
LONG: Final = dt.timedelta(hours=1)
"""No run takes so long."""
_SHOWN: Final = 5


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong; `index_code` is None where it is about the whole lake."""

    kind: str
    index_code: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {f'{self.index_code}: ' if self.index_code else ''}{self.text}"


def find_problems(
    lake: Lake, now: dt.datetime, codes: Collection[str] = (), days: int = DAYS
) -> list[Problem]:
    """The problems of these indices, or of all, in an order of their own.

    Raises LakeDamaged or LakeUnreachable where the lake cannot be read.
    """
    since = now.astimezone(SAO_PAULO).date() - dt.timedelta(days)
    looking = _Looking(lake, read_site(lake, now), since)
    looks = (looking.late, looking.refused, looking.gaps, looking.rows)
    found = [*looking.lock(now), *(problem for look in looks for problem in look())]
    chosen = [each for each in found if not codes or each.index_code in {None, *codes}]
    return sorted(chosen, key=lambda each: (each.kind, each.index_code or "", each.text))


@dataclass(frozen=True)
class _Looking:
    """One look at a lake."""

    lake: Lake
    site: Site
    since: dt.date

    def lock(self, now: dt.datetime) -> Iterator[Problem]:
        """A lock that one process has held for long: its run hangs, or the machine sleeps."""
        holder = self.lake.lock_holder()
        if holder and now - holder.since > LONG:
            yield Problem("lock", None, f"the lake is locked by {holder}")

    def late(self) -> Iterator[Problem]:
        """Indices whose newest session is older than the calendar asks for."""
        if not self.site.passed:
            yield Problem("empty", None, "nothing is published")
        for index, newest in self.site.late.items():
            text = f"newest session {newest}, the calendar asks for {self.site.expected}"
            yield Problem("late", index, text)

    def refused(self) -> Iterator[Problem]:
        """Sessions that are refused or withheld, and recent answers that could not be read."""
        for session, reasons in self.site.reasons.items():
            standing = [reason for reason in reasons if reason.stands]
            if session in self.site.passed or not standing:
                continue
            verdicts = [each for each in standing if each.expectation != WITHHELD_RULE]
            if not verdicts:
                text = f"{session.reference_date}: {standing[0].expectation}: they do not"
                yield Problem("withheld", session.index_code, text)
                continue
            verdict = verdicts[0]
            words = reason(verdict.expectation, verdict.observed_value)
            text = f"{session.reference_date}: {words} ({verdict.expectation})"
            yield Problem("refused", session.index_code, text)
        for note in self.site.unread:
            if note.source == "capture" and note.rejected_at.date() >= self.since:
                day = note.rejected_at.date()
                yield Problem("refused", note.name, f"answer of {day}: {note.reason}")

    def gaps(self) -> Iterator[Problem]:
        """Recent sessions that nobody captured."""
        for index, dates in self._sessions().items():
            missing = [day for day in missing_sessions(dates) if day >= self.since]
            if missing:
                yield Problem("gap", index, _days(missing))

    def rows(self) -> Iterator[Problem]:
        """What raw holds and the tables do not, and the other way round."""
        entries = self.lake.raw.entries()
        withdrawn = set(self.site.withdrawn)
        refused = {session for session, those in self.site.reasons.items() if those}
        pending: dict[str, list[dt.date]] = {}
        for entry in sorted(entries.keys() - withdrawn):
            if session_of(entry) not in self.site.passed and session_of(entry) not in refused:
                pending.setdefault(entry.index_code, []).append(entry.reference_date)
        for index, days in pending.items():
            yield Problem("pending", index, f"not published: {_days(days)}; run `bovespa refine`")
        for session, about in sorted(self.site.passed.items()):
            entry = RawEntry(*session, about.payload_sha256)
            key = entries.get(entry)
            is_recent = session.reference_date >= self.since
            if key is None or (is_recent and not self.lake.raw.is_readable(key)):
                fault = "missing" if key is None else "damaged"
                text = f"{session.reference_date}: typed rows are {fault}; run `bovespa reparse`"
                yield Problem("rows", session.index_code, text)

    def _sessions(self) -> dict[str, list[dt.date]]:
        """The published sessions of each index, in order."""
        sessions: dict[str, list[dt.date]] = {}
        for session in sorted(self.site.passed):
            sessions.setdefault(session.index_code, []).append(session.reference_date)
        return sessions


def _days(days: Collection[dt.date]) -> str:
    """Some sessions by their dates, many by their number."""
    first, last = min(days), max(days)
    if len(days) > _SHOWN:
        return f"{counted(len(days), 'session', 'sessions')} from {first} to {last}"
    return ", ".join(map(str, sorted(days)))
