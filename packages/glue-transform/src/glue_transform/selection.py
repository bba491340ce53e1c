"""Select the payload used for each session.

Candidates are ranked and evaluated until one passes the gate: a refused winner makes way
for the next candidate of its session, which is evaluated then. Imports that contradict each
other are all evaluated before their session is withheld; one that the gate refuses contradicts
no other, whenever it came.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from b3_contracts.layout import RawEntry
from glue_transform.candidates import ConflictingImports
from glue_transform.planning import IndexSession, Plan, Published, Scope, plan

__all__ = ["ResolvedPlan", "SelectionInputs", "Verdicts", "select", "session_of"]


class Verdicts(Protocol):
    """Verdicts on entries, obtained on demand and remembered for the run."""

    @property
    def evaluated(self) -> Collection[RawEntry]:
        """Return the entries with a verdict, the unreadable ones included."""
        ...

    @property
    def refused(self) -> frozenset[RawEntry]:
        """Return the entries that were refused."""
        ...

    @property
    def unreadable(self) -> Collection[RawEntry]:
        """Return the entries whose typed rows are broken, or missing though published."""
        ...

    def rank(self, contenders: Collection[RawEntry]) -> RawEntry | ConflictingImports | None:
        """Return the best of a session's entries, None if none of them can be read."""
        ...

    def evaluate(self, entries: Collection[RawEntry], work: Plan) -> None:
        """Evaluate these entries; afterwards all of them are in `evaluated`."""
        ...


@dataclass(frozen=True)
class SelectionInputs:
    """State of the raw zone and of the published tables at the start of a run."""

    candidates: frozenset[RawEntry]
    """Entries of the scope, neither withdrawn nor refused by an earlier run."""
    scope: Scope
    published: Mapping[IndexSession, Published] = field(default_factory=dict, hash=False)
    in_raw: frozenset[IndexSession] = frozenset()
    current: frozenset[RawEntry] = frozenset()
    """Published entries of the scope that nobody has withdrawn."""
    passed: frozenset[RawEntry] = frozenset()
    """Contradicting imports that passed the gate in an earlier run."""
    rebuild: bool = False


@dataclass(frozen=True)
class ResolvedPlan:
    """The evaluated plan of a run, and the imports in conflict."""

    plan: Plan
    withheld: tuple[ConflictingImports, ...]
    eligible: frozenset[RawEntry] = frozenset()
    """The entries of the scope that nobody has withdrawn."""
    winners: Mapping[IndexSession, RawEntry] = field(default_factory=dict, hash=False)
    """The entry used for each session that has any."""

    def is_missing(self, entry: RawEntry | None) -> bool:
        """True if the entry could be used for a session that stays without a portfolio."""
        if entry is None or entry not in self.eligible:
            return False
        return entry.reference_date not in self.plan.present.get(entry.index_code, ())


def select(inputs: SelectionInputs, verdicts: Verdicts) -> ResolvedPlan:
    """Plan and evaluate until everything the plan would publish has passed.

    Each round evaluates at least one entry or excludes a refused one, so the loop ends.
    """
    while True:
        refused = verdicts.refused
        winners, withheld = _winners(inputs.candidates - refused, verdicts)
        work = _plan(inputs, winners, verdicts)
        to_evaluate = {*work.publish.values(), *(_entries(withheld) - inputs.passed)}
        if unevaluated := to_evaluate - set(verdicts.evaluated):
            verdicts.evaluate(unevaluated, work)
        elif refused == verdicts.refused:
            return ResolvedPlan(work, tuple(withheld), winners=winners)


def session_of(entry: RawEntry) -> IndexSession:
    """Return the session of an entry."""
    return IndexSession(entry.index_code, entry.reference_date)


def _plan(
    inputs: SelectionInputs, winners: Mapping[IndexSession, RawEntry], verdicts: Verdicts
) -> Plan:
    unreadable = {session_of(entry) for entry in inputs.current.intersection(verdicts.unreadable)}
    return plan(
        winners,
        inputs.published,
        inputs.in_raw,
        inputs.scope,
        unreadable=unreadable,
        rebuild=inputs.rebuild,
    )


def _winners(
    entries: Iterable[RawEntry], verdicts: Verdicts
) -> tuple[dict[IndexSession, RawEntry], list[ConflictingImports]]:
    contenders: dict[IndexSession, list[RawEntry]] = {}
    for entry in entries:
        contenders.setdefault(session_of(entry), []).append(entry)
    winners: dict[IndexSession, RawEntry] = {}
    withheld: list[ConflictingImports] = []
    for session, rivals in sorted(contenders.items()):
        match rivals[0] if len(rivals) == 1 else verdicts.rank(rivals):
            case RawEntry() as entry:
                winners[session] = entry
            case ConflictingImports() as conflict:
                withheld.append(conflict)
    return winners, withheld


def _entries(withheld: Iterable[ConflictingImports]) -> set[RawEntry]:
    return {entry for session in withheld for entry in session.entries}
