"""Problems of a lake, found by reading: nothing is published, written or asked of B3.

A problem stays until it is mended, or until it is older than the days looked at: a session that
nobody captured cannot be had later, so that it is reported for a month and not for ever.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from bovespa_pipeline.dates import SAO_PAULO
from bovespa_pipeline.health.problem import Fact, Problem, days_in_words, problem
from bovespa_pipeline.health.raw_problems import lost_rows, pending_work
from bovespa_pipeline.quality_report.reasons import Reason
from bovespa_pipeline.quality_report.site import Site, read_site
from bovespa_pipeline.queries.gaps import missing_sessions
from bovespa_pipeline.queries.indices import index_codes_in_raw, unknown_index
from bovespa_pipeline.texts import Texts
from glue_transform import Scope
from glue_transform.quality.words import reason
from glue_transform.selection import session_of
from lake_io import Lake

__all__ = ["DAYS", "find_problems", "first_day"]

DAYS: Final = 30
LONG: Final = dt.timedelta(hours=1)
"""No run takes so long."""


def find_problems(
    lake: Lake, now: dt.datetime, codes: Collection[str] = (), days: int = DAYS
) -> list[Problem]:
    """The problems of these indices, or of all, in an order of their own.

    Raises NotInLake for an index that the lake does not hold, and LakeDamaged or LakeUnreachable
    where the lake cannot be read.
    """
    looking = _Looking(lake, read_site(lake, now), first_day(now, days))
    looking.assert_held(codes)
    problems = [
        *looking.lock(now),
        *looking.late(),
        *looking.refused(),
        *looking.unread(),
        *looking.gaps(),
        *pending_work(lake, Scope(frozenset(codes)), looking.site),
        *lost_rows(lake, looking.site, looking.since),
    ]
    selected = [each for each in problems if not codes or each.index_code in {None, *codes}]
    return sorted(selected, key=lambda each: (each.kind, each.index_code or "", each.text))


def first_day(now: dt.datetime, days: int) -> dt.date:
    """The first of the last days in São Paulo."""
    return now.astimezone(SAO_PAULO).date() - dt.timedelta(days)


@dataclass(frozen=True)
class _Looking:
    """One look at a lake."""

    lake: Lake
    site: Site
    since: dt.date

    def assert_held(self, codes: Collection[str]) -> None:
        """Raise NotInLake for an index of which the lake holds nothing, unless it is empty."""
        if not codes:
            return
        sessions = {*self.site.passed, *self.site.reasons, *map(session_of, self.site.withdrawn)}
        held = {session.index_code for session in sessions} | index_codes_in_raw(self.lake)
        held.update(note.name for note in self.site.unread if note.source == "capture")
        for code in codes:
            if held and code not in held:
                raise unknown_index(code, sorted(held))

    def lock(self, now: dt.datetime) -> Iterator[Problem]:
        """A lock that one process has held for long: its run hangs, or the machine sleeps."""
        holder = self.lake.lock_holder()
        if holder and now - holder.since > LONG:
            about = str(holder)
            shown = {"holder": lambda words: words.translated(about)}
            yield problem("lock", None, "lock", [Fact("lock")], **shown)

    def late(self) -> Iterator[Problem]:
        """Indices whose newest session is older than the calendar asks for."""
        if not self.site.passed:
            yield problem("empty", None, "empty", [Fact("empty")])
        for index, newest in self.site.late.items():
            facts, expected = [Fact("late", index)], self.site.expected
            yield problem("late", index, "late", facts, newest=newest, expected=expected)

    def refused(self) -> Iterator[Problem]:
        """Sessions that are refused or withheld."""
        for session, reasons in self.site.reasons.items():
            standing = [reason for reason in reasons if reason.stands]
            if session in self.site.passed or not standing:
                continue
            verdicts = [each for each in standing if not each.withholds]
            kind = "refused" if verdicts else "withheld"
            verdict = (verdicts or standing)[0]
            yield problem(
                kind,
                session.index_code,
                kind,
                [Fact(kind, *session, verdict.expectation)],
                day=session.reference_date,
                reason=partial(_reason, verdict),
                rule=verdict.expectation,
                command=f"{session.index_code} {session.reference_date}",
            )

    def unread(self) -> Iterator[Problem]:
        """Recent answers of B3 that could not be read."""
        for note in self.site.unread:
            if note.source == "capture" and note.rejected_at.date() >= self.since:
                day = note.rejected_at.date()
                why = partial(_translated, note.reason)
                facts = [Fact("unread", note.name, day, note.payload_sha256)]
                yield problem("refused", note.name, "unread", facts, day=day, reason=why)

    def gaps(self) -> Iterator[Problem]:
        """Recent sessions that nobody captured, unlike those that are refused or pending."""
        captured = {session_of(entry) for entry in self.lake.raw.entries()}
        for index, dates in self._sessions().items():
            missing = [
                day
                for day in missing_sessions(dates)
                if day >= self.since and (index, day) not in captured
            ]
            if missing:
                facts = [Fact("gap", index, day) for day in missing]
                yield problem("gap", index, "gap", facts, days=partial(days_in_words, missing))

    def _sessions(self) -> dict[str, list[dt.date]]:
        """The published sessions of each index, in order."""
        sessions: dict[str, list[dt.date]] = {}
        for session in sorted(self.site.passed):
            sessions.setdefault(session.index_code, []).append(session.reference_date)
        return sessions


def _reason(verdict: Reason, words: Texts) -> str:
    """The fault of the figures; of a broken contract, the first offending rows."""
    figures = reason(verdict.expectation, verdict.observed_value, words.language)
    return figures or words.dated(verdict.observed_value or "")


def _translated(message: str, words: Texts) -> str:
    return words.translated(message)
