"""Plan of a run, computed from the raw zone and the published tables.

Nothing is remembered between runs: a session is pending where its winner is not the
published payload, or where its published predecessor is no longer the session before it.
What stands after a session that is published is compared with it anew.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from b3_contracts.layout import RawEntry

__all__ = ["IndexSession", "Plan", "Published", "Scope", "plan", "predecessors"]


class IndexSession(NamedTuple):
    """One index on one trading day."""

    index_code: str
    reference_date: dt.date


class Published(NamedTuple):
    """The published state of a session."""

    payload_sha256: str
    previous: dt.date | None
    is_outdated: bool = False
    """The payload came again since, from a better source or later."""


@dataclass(frozen=True)
class Scope:
    """The sessions a run may publish: all of them, or some indices, or a span of dates."""

    indices: frozenset[str] = frozenset()
    first: dt.date = dt.date.min
    last: dt.date = dt.date.max

    def holds(self, session: IndexSession) -> bool:
        is_selected = not self.indices or session.index_code in self.indices
        return is_selected and self.first <= session.reference_date <= self.last


@dataclass(frozen=True)
class Plan:
    """Sessions to publish, to remove, and to compare again with their predecessor."""

    publish: Mapping[IndexSession, RawEntry] = field(hash=False)
    remove: frozenset[IndexSession]
    recompute: frozenset[IndexSession]
    present: Mapping[str, tuple[dt.date, ...]] = field(hash=False)
    """Every session of an index that stands once the plan is carried out, in order."""

    @property
    def is_empty(self) -> bool:
        return not (self.publish or self.remove or self.recompute)

    @property
    def touched(self) -> frozenset[IndexSession]:
        return self.remove | self.recompute | frozenset(self.publish)

    @property
    def indices(self) -> frozenset[str]:
        return frozenset(session.index_code for session in self.touched)

    def of(self, indices: Collection[str]) -> "Plan":
        """The part of the plan for these indices."""
        return Plan(
            {s: entry for s, entry in self.publish.items() if s.index_code in indices},
            frozenset(s for s in self.remove if s.index_code in indices),
            frozenset(s for s in self.recompute if s.index_code in indices),
            {index: dates for index, dates in self.present.items() if index in indices},
        )


def plan(  # noqa: PLR0913 - each is one fact
    winners: Mapping[IndexSession, RawEntry],
    published: Mapping[IndexSession, Published],
    in_raw: Collection[IndexSession],
    scope: Scope,
    *,
    unreadable: Collection[IndexSession] = (),
    rebuild: bool = False,
) -> Plan:
    """Compute the changes that make the winners the published sessions, within the scope.

    A published session is removed only if raw holds an entry of it (`in_raw`) and none may be
    published: sessions missing from raw stay, and so do the `unreadable` ones. With `rebuild`
    every other winner is published again, whether the tables hold it or not.
    """
    publish = {
        session: entry
        for session, entry in winners.items()
        if scope.holds(session) and (rebuild or _differs(published.get(session), entry))
        if session not in unreadable
    }
    removed = (s for s in published if scope.holds(s) and s in in_raw and s not in winners)
    remove = frozenset(removed) - frozenset(unreadable)
    present = _by_index((published.keys() - remove) | publish.keys())
    recompute = frozenset(
        session
        for session, previous in predecessors(present).items()
        if session not in publish
        and (published[session].previous != previous or _after(session, previous) in publish)
    )
    return Plan(publish, remove, recompute, present)


def predecessors(present: Mapping[str, tuple[dt.date, ...]]) -> dict[IndexSession, dt.date | None]:
    """For each session the one before it in its index, None for the first."""
    return {
        IndexSession(index, date): previous
        for index, dates in present.items()
        for previous, date in pairwise((None, *dates))
        if date is not None
    }


def _after(session: IndexSession, previous: dt.date | None) -> IndexSession | None:
    """The session that `session` comes after, None for the first."""
    return None if previous is None else IndexSession(session.index_code, previous)


def _differs(published: Published | None, entry: RawEntry) -> bool:
    if published is None or published.is_outdated:
        return True
    return published.payload_sha256 != entry.payload_sha256


def _by_index(sessions: Iterable[IndexSession]) -> dict[str, tuple[dt.date, ...]]:
    dates: dict[str, list[dt.date]] = {}
    for session in sorted(sessions):
        dates.setdefault(session.index_code, []).append(session.reference_date)
    return {index: tuple(dates) for index, dates in dates.items()}
