"""The selection loop on verdicts of a test: no lake, no engine, no gate."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from b3_contracts.layout import RawEntry
from glue_transform.candidates import ConflictingImports
from glue_transform.planning import IndexSession, Plan, Published, Scope
from glue_transform.selection import SelectionInputs, select

DAY = dt.date(2026, 3, 2)
SESSION = IndexSession("IBOV", DAY)
FIRST, SECOND, THIRD = (RawEntry("IBOV", DAY, digit * 64) for digit in "123")


@dataclass
class FixedVerdicts:
    """Verdicts known in advance; `conflicting` entries contradict each other."""

    bad: frozenset[RawEntry] = frozenset()
    broken: frozenset[RawEntry] = frozenset()
    conflicting: frozenset[RawEntry] = frozenset()
    evaluated: set[RawEntry] = field(default_factory=set)
    unreadable: set[RawEntry] = field(default_factory=set)
    rounds: list[set[RawEntry]] = field(default_factory=list)

    @property
    def refused(self) -> frozenset[RawEntry]:
        return frozenset(self.evaluated & self.bad) | frozenset(self.unreadable)

    def rank(self, contenders: Collection[RawEntry]) -> RawEntry | ConflictingImports | None:
        """The entry with the smallest hash wins."""
        self.unreadable |= self.broken.intersection(contenders)
        self.evaluated |= self.unreadable
        ranked = sorted(set(contenders) - self.broken)
        if len(self.conflicting.intersection(ranked)) > 1:
            return ConflictingImports("IBOV", DAY, tuple(ranked))
        return ranked[0] if ranked else None

    def evaluate(self, entries: Collection[RawEntry], work: Plan) -> None:  # noqa: ARG002 - the protocol's
        self.rounds.append(set(entries))
        self.evaluated |= set(entries)


def inputs(*entries: RawEntry, passed: Collection[RawEntry] = ()) -> SelectionInputs:
    in_raw = frozenset({SESSION})
    return SelectionInputs(frozenset(entries), Scope(), in_raw=in_raw, passed=frozenset(passed))


def test_only_the_winner_is_evaluated() -> None:
    verdicts = FixedVerdicts()
    assert select(inputs(FIRST, SECOND), verdicts).plan.publish == {SESSION: FIRST}
    assert verdicts.rounds == [{FIRST}]


def test_a_refused_winner_makes_way_for_the_next() -> None:
    verdicts = FixedVerdicts(bad=frozenset({FIRST, SECOND}))
    assert select(inputs(FIRST, SECOND, THIRD), verdicts).plan.publish == {SESSION: THIRD}
    assert verdicts.rounds == [{FIRST}, {SECOND}, {THIRD}]


def test_a_session_whose_candidates_are_all_refused_is_not_published() -> None:
    everyone = frozenset({FIRST, SECOND})
    assert select(inputs(*everyone), FixedVerdicts(bad=everyone)).plan.is_empty


def test_unreadable_candidates_leave_the_session_to_the_others() -> None:
    verdicts = FixedVerdicts(broken=frozenset({FIRST}))
    assert select(inputs(FIRST, SECOND), verdicts).plan.publish == {SESSION: SECOND}


def test_conflicting_imports_are_all_evaluated_then_withheld() -> None:
    both = frozenset({FIRST, SECOND})
    verdicts = FixedVerdicts(conflicting=both)
    resolved = select(inputs(*both), verdicts)
    assert [conflict.entries for conflict in resolved.withheld] == [(FIRST, SECOND)]
    assert (verdicts.rounds, resolved.plan.is_empty) == ([both], True)


def test_conflicting_imports_that_passed_before_are_not_evaluated_again() -> None:
    both = frozenset({FIRST, SECOND})
    verdicts = FixedVerdicts(conflicting=both)
    assert select(inputs(*both, passed=both), verdicts).withheld
    assert verdicts.rounds == []


def test_a_refused_import_conflicts_with_no_other() -> None:
    both = frozenset({FIRST, SECOND})
    verdicts = FixedVerdicts(conflicting=both, bad=frozenset({SECOND}))
    resolved = select(inputs(*both), verdicts)
    assert (resolved.plan.publish, resolved.withheld) == ({SESSION: FIRST}, ())


def test_a_published_session_that_cannot_be_read_stays() -> None:
    published = {SESSION: Published(FIRST.payload_sha256, None)}
    state = SelectionInputs(
        frozenset(),
        Scope(),
        published=published,
        in_raw=frozenset({SESSION}),
        current=frozenset({FIRST}),
    )
    assert select(state, FixedVerdicts(unreadable={FIRST})).plan.is_empty
    assert select(state, FixedVerdicts()).plan.remove == {SESSION}
