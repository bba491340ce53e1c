"""Problems of a lake, found by reading: nothing is published, written or asked of B3.

A problem stays until it is mended, or until it is older than the days looked at: a session that
nobody captured cannot be had later, so that it is told for a month and not for ever.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from b3_contracts.layout import RawEntry
from bovespa_pipeline.dates import SAO_PAULO
from bovespa_pipeline.quality_report.reasons import Reason
from bovespa_pipeline.quality_report.site import Site, read_site
from bovespa_pipeline.queries.gaps import missing_sessions
from bovespa_pipeline.queries.indices import assert_in_lake
from bovespa_pipeline.texts import LANGUAGES, PORTUGUESE, Texts, texts
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
    portuguese: str = field(default="", compare=False)
    """The text in Portuguese; programs and webhooks receive English."""

    def message(self, words: Texts) -> str:
        """The text in a language."""
        return (words.language == PORTUGUESE and self.portuguese) or self.text

    def __str__(self) -> str:
        return f"{self.kind}: {f'{self.index_code}: ' if self.index_code else ''}{self.text}"


def find_problems(
    lake: Lake, now: dt.datetime, codes: Collection[str] = (), days: int = DAYS
) -> list[Problem]:
    """The problems of these indices, or of all, in an order of their own.

    Raises NotInLake for an index that the lake does not hold, unless nothing is published, and
    LakeDamaged or LakeUnreachable where the lake cannot be read.
    """
    since = now.astimezone(SAO_PAULO).date() - dt.timedelta(days)
    looking = _Looking(lake, read_site(lake, now), since)
    if looking.site.passed:
        assert_in_lake(lake, codes)
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
            yield _problem("lock", None, "lock", holder=holder)

    def late(self) -> Iterator[Problem]:
        """Indices whose newest session is older than the calendar asks for."""
        if not self.site.passed:
            yield _problem("empty", None, "empty")
        for index, newest in self.site.late.items():
            yield _problem("late", index, "late", newest=newest, expected=self.site.expected)

    def refused(self) -> Iterator[Problem]:
        """Sessions that are refused or withheld, and recent answers that could not be read."""
        for session, reasons in self.site.reasons.items():
            standing = [reason for reason in reasons if reason.stands]
            if session in self.site.passed or not standing:
                continue
            verdicts = [each for each in standing if each.expectation != WITHHELD_RULE]
            kind = "refused" if verdicts else "withheld"
            verdict = (verdicts or standing)[0]
            yield _problem(
                kind,
                session.index_code,
                kind,
                day=session.reference_date,
                reason=partial(_reason, verdict),
                rule=verdict.expectation,
                command=f"{session.index_code} {session.reference_date}",
            )
        for note in self.site.unread:
            if note.source == "capture" and note.rejected_at.date() >= self.since:
                day = note.rejected_at.date()
                why = partial(_translated, note.reason)
                yield _problem("refused", note.name, "unread", day=day, reason=why)

    def gaps(self) -> Iterator[Problem]:
        """Recent sessions that nobody captured."""
        for index, dates in self._sessions().items():
            missing = [day for day in missing_sessions(dates) if day >= self.since]
            if missing:
                english, portuguese = (_days(missing, texts(each)) for each in LANGUAGES)
                yield Problem("gap", index, english, portuguese)

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
            yield _problem("pending", index, "pending", days=partial(_days, days))
        for session, about in sorted(self.site.passed.items()):
            entry = RawEntry(*session, about.payload_sha256)
            key = entries.get(entry)
            is_recent = session.reference_date >= self.since
            if key is None or (is_recent and not self.lake.raw.is_readable(key)):
                fault = "missing" if key is None else "damaged"
                day = session.reference_date
                yield _problem("rows", session.index_code, f"rows_{fault}", day=day)

    def _sessions(self) -> dict[str, list[dt.date]]:
        """The published sessions of each index, in order."""
        sessions: dict[str, list[dt.date]] = {}
        for session in sorted(self.site.passed):
            sessions.setdefault(session.index_code, []).append(session.reference_date)
        return sessions


def _problem(kind: str, index_code: str | None, key: str, **values: object) -> Problem:
    """A problem in both languages; a value that depends on the language is a function of it."""
    messages = []
    for words in map(texts, LANGUAGES):
        shown = {name: each(words) if callable(each) else each for name, each in values.items()}
        messages.append(words(f"check.{key}", **shown))
    return Problem(kind, index_code, *messages)


def _reason(verdict: Reason, words: Texts) -> str:
    """The fault of the figures; of a broken contract, the first offending rows."""
    figures = reason(verdict.expectation, verdict.observed_value, words.language)
    return figures or words.dated(verdict.observed_value or "")


def _translated(message: str, words: Texts) -> str:
    return words.translated(message)


def _days(days: Collection[dt.date], words: Texts) -> str:
    """Some sessions by their dates, many by their number."""
    if len(days) > _SHOWN:
        sessions = words.counted(len(days), "session")
        return words("check.days", sessions=sessions, first=min(days), last=max(days))
    return ", ".join(map(words.shown, sorted(days)))
