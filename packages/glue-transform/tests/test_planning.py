"""The plan follows from raw and the catalogue alone."""

import datetime as dt

from b3_contracts.layout import RawEntry
from glue_transform.planning import IndexSession, Published, Scope, plan

MON, TUE, WED = (dt.date(2025, 2, day) for day in (3, 4, 5))
ALL = Scope()


def session(day: dt.date, index: str = "IBOV") -> IndexSession:
    return IndexSession(index, day)


def entry(day: dt.date, payload: str = "a") -> RawEntry:
    return RawEntry("IBOV", day, payload * 64)


def published(*days: dt.date) -> dict[IndexSession, Published]:
    previous = (None, *days[:-1])
    return {session(d): Published("a" * 64, p) for d, p in zip(days, previous, strict=True)}


def winners(*entries: RawEntry) -> dict[IndexSession, RawEntry]:
    return {session(e.reference_date): e for e in entries}


def test_nothing_is_pending_where_all_winners_are_published() -> None:
    """The plan of a finished lake is empty."""
    won = winners(entry(MON), entry(TUE))
    assert plan(won, published(MON, TUE), won, ALL).is_empty


def test_a_late_session_is_published_and_its_successor_linked_to_it() -> None:
    """Both sides of it are compared anew."""
    won = winners(entry(MON), entry(TUE), entry(WED))
    work = plan(won, published(MON, WED), won, ALL)
    assert (set(work.publish), set(work.recompute)) == ({session(TUE)}, {session(WED)})


def test_a_correction_touches_the_session_after_it() -> None:
    """Its predecessor is the same day, and no longer the same portfolio."""
    won = winners(entry(MON, "b"), entry(TUE), entry(WED))
    work = plan(won, published(MON, TUE, WED), won, ALL)
    assert (set(work.publish), set(work.recompute)) == ({session(MON)}, {session(TUE)})


def test_a_session_without_a_winner_is_taken_out_and_the_next_linked_past_it() -> None:
    """Withdrawn, refused and withheld entries leave no trace."""
    won = winners(entry(MON), entry(WED))
    work = plan(won, published(MON, TUE, WED), published(MON, TUE, WED), ALL)
    assert (set(work.remove), set(work.recompute)) == ({session(TUE)}, {session(WED)})
    assert work.present == {"IBOV": (MON, WED)}


def test_what_raw_holds_nothing_of_stays() -> None:
    """Raw deletes nothing: an absence there is not a wish to remove."""
    work = plan({}, published(MON, TUE), [session(TUE)], ALL)
    assert work.remove == {session(TUE)}


def test_what_raw_cannot_make_again_is_neither_published_nor_taken_out() -> None:
    """Its successor is compared with it as before."""
    won = winners(entry(MON), entry(WED))
    in_raw = published(MON, TUE, WED)
    work = plan(won, in_raw, in_raw, ALL, unreadable={session(TUE)}, rebuild=True)
    assert set(work.publish) == {session(MON), session(WED)}
    assert (work.remove, work.recompute) == (frozenset(), {session(TUE)})
    assert work.present == {"IBOV": (MON, TUE, WED)}


def test_a_rebuild_publishes_every_winner_of_its_scope() -> None:
    """Their rows in the catalogue do not count."""
    won = winners(entry(MON), entry(TUE))
    scope = Scope(frozenset({"IBOV"}), first=TUE)
    work = plan(won, published(MON, TUE), won, scope, rebuild=True)
    assert (set(work.publish), set(work.recompute)) == ({session(TUE)}, set[IndexSession]())


def test_a_scope_leaves_other_indices_and_dates_alone() -> None:
    """Sessions outside the bounds are neither published nor removed."""
    scope = Scope(frozenset({"IBOV"}), MON, TUE)
    assert [scope.holds(session(day)) for day in (MON, TUE, WED)] == [True, True, False]
    assert not scope.holds(session(MON, "IBRA"))
    assert plan({}, published(WED), published(WED), scope).is_empty


def test_a_session_outside_the_scope_is_linked_to_one_inside_it() -> None:
    """Otherwise its changes would be those of a predecessor that is none."""
    won = winners(entry(TUE))
    work = plan(won, published(MON, WED), won, Scope(last=TUE, first=TUE))
    assert work.recompute == {session(WED)}
