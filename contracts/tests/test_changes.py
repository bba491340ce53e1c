"""Compatibility of each kind of change."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts.governance import snapshots
from b3_contracts.governance.changes import Change, compare
from b3_contracts.models.tables import TABLES

Table = dict[str, Any]
Edit = Callable[[Table], None]


def fresh() -> dict[str, Any]:
    return copy.deepcopy(snapshots.current())


def position() -> Table:
    """With a closed list, which none of the table's columns has."""
    table: Table = fresh()["position"]
    column(table, "share_class").update(checks={"one_of": ["ON", "PN"]})
    return table


def changes(edit: Edit) -> list[Change]:
    """The differences after `edit` on the snapshot of `position`."""
    after = position()
    edit(after)
    return compare({"position": position()}, {"position": after})


def column(table: Table, name: str) -> Table:
    found: Table = next(each for each in table["columns"] if each["name"] == name)
    return found


def put(name: str, **values: Any) -> Edit:
    return lambda table: column(table, name).update(values)


def check(name: str, **checks: Any) -> Edit:
    """Replaces the checks of a column."""
    return lambda table: column(table, name).update(checks=checks)


def add(nullable: bool) -> Edit:
    new = {"name": "isin", "type": "string", "nullable": nullable, "unit": None, "checks": {}}
    return lambda table: table["columns"].append({**new, "description": "its ISIN"})


EDITS: dict[str, tuple[Edit, str, str]] = {
    "a column gone": (lambda t: t["columns"].pop(), "column", "breaks readers"),
    "a type changed": (put("weight_pct", type="decimal(12, 6)"), "type", "breaks both"),
    "a null no longer allowed": (put("sector", nullable=False), "nullable", "breaks producers"),
    "a null newly allowed": (put("company", nullable=True), "nullable", "breaks readers"),
    "another unit": (put("weight_pct", unit="fraction"), "unit", "breaks readers"),
    "another description": (put("sector", description="its sector"), "description", "none"),
    "a new column that is filled": (add(nullable=False), "column", "breaks producers"),
    "a new column that may be null": (add(nullable=True), "column", "adds"),
    "columns moved": (lambda t: t["columns"].reverse(), "order of columns", "breaks producers"),
    "a lower bound raised": (
        check("weight_pct", at_least=1, at_most=100),
        "lower bound",
        "breaks producers",
    ),
    "a lower bound made strict": (
        check("weight_pct", above=0, at_most=100),
        "lower bound",
        "breaks producers",
    ),
    "a lower bound lowered": (
        check("weight_pct", at_least="-0.5", at_most=100),
        "lower bound",
        "adds",
    ),
    "a lower bound lifted": (check("theoretical_quantity"), "lower bound", "adds"),
    "an upper bound lowered": (
        check("weight_pct", at_least=0, at_most="99.999"),
        "upper bound",
        "breaks producers",
    ),
    "an upper bound raised": (check("weight_pct", at_least=0, at_most=101), "upper bound", "adds"),
    "an upper bound added": (
        check("theoretical_quantity", above=0, below=10),
        "upper bound",
        "breaks producers",
    ),
    "a list shortened": (check("share_class", one_of=["ON"]), "one_of", "breaks producers"),
    "a list that is other": (check("share_class", one_of=["?"]), "one_of", "breaks both"),
    "a list lifted": (check("share_class"), "one_of", "breaks readers"),
    "a list added": (check("sector", matches=r"^\S", one_of=["x"]), "one_of", "breaks producers"),
    "a pattern changed": (check("sector", matches="^[A-Z]"), "matches", "breaks producers"),
    "a pattern lifted": (check("sector"), "matches", "adds"),
    "a key narrowed": (lambda t: t["unique"].pop(), "unique", "breaks producers"),
    "a key widened": (lambda t: t["unique"].append("company"), "unique", "breaks readers"),
    "a key lifted": (lambda t: t["unique"].clear(), "unique", "breaks readers"),
    "another key": (lambda t: t.update(unique=["company"]), "unique", "breaks both"),
    "a key in another order": (lambda t: t["unique"].reverse(), "unique", "none"),
    "a check of rows added": (
        lambda t: t["checks"].update(new="x holds"),
        "new",
        "breaks producers",
    ),
    "another partition": (lambda t: t.update(partition_by=None), "partition_by", "adds"),
    "another grain": (lambda t: t.update(grain="a line"), "grain", "none"),
}


@pytest.mark.parametrize(("edit", "what", "effect"), EDITS.values(), ids=EDITS)
def test_each_kind_of_change_has_its_effect(edit: Edit, what: str, effect: str) -> None:
    """One edit is one change, and it breaks what the module says."""
    (change,) = changes(edit)
    assert (change.table, change.what, change.effect) == ("position", what, effect)
    assert change.breaking == effect.startswith("breaks")


def test_a_longer_list_breaks_readers() -> None:
    """Whoever switches over the values knows no branch for the new one."""
    longer = [*column(position(), "share_class")["checks"]["one_of"], "PND"]
    (change,) = changes(check("share_class", one_of=longer))
    assert change.effect == "breaks readers"


def test_a_check_of_rows_is_known_by_its_name() -> None:
    """Taken away it adds, said in other words it is the same."""
    before, after = fresh()["portfolio"], fresh()["portfolio"]
    after["checks"] = {}
    assert [each.effect for each in compare({"p": before}, {"p": after})] == ["adds"]
    after["checks"] = dict.fromkeys(before["checks"], "said otherwise")
    assert [each.effect for each in compare({"p": before}, {"p": after})] == ["none"]


def test_a_warning_that_becomes_blocking_breaks_producers() -> None:
    """Portfolios that were published would be refused; the other way round none would."""
    before, after = fresh()["portfolio_audit"], fresh()["portfolio_audit"]
    column(after, "position_count_jump")["severity"] = "blocking"
    assert [each.effect for each in compare({"a": before}, {"a": after})] == ["breaks producers"]
    assert [each.effect for each in compare({"a": after}, {"a": before})] == ["adds"]


def test_a_table_gone_breaks_readers_and_a_new_one_adds() -> None:
    """The catalogue as a whole is part of the contract."""
    everything = fresh()
    fewer = {name: table for name, table in everything.items() if name != "membership"}
    assert [str(each) for each in compare(everything, fewer)] == [
        "membership: table from 'there' to None (breaks readers)"
    ]
    assert [each.effect for each in compare(fewer, everything)] == ["adds"]


def test_what_is_equal_has_no_changes() -> None:
    """Snapshots compared with themselves say nothing."""
    assert compare(fresh(), fresh()) == []


checked = st.sampled_from(
    [
        (table, each["name"], limit)
        for table, snapshot in snapshots.current().items()
        for each in snapshot["columns"]
        for limit in each["checks"]
    ]
)


@given(checked)
def test_a_check_taken_away_never_breaks_producers(found: tuple[str, str, str]) -> None:
    """Whatever passed before still passes; put back, it is tightened."""
    table, name, limit = found
    before, after = fresh(), fresh()
    del column(after[table], name)["checks"][limit]
    assert [each.effect for each in compare(before, after)] in (["adds"], ["breaks readers"])
    assert [each.effect for each in compare(after, before)] == ["breaks producers"]


bounds = st.fixed_dictionaries(
    {}, optional={name: st.integers(-5, 5) for name in ("above", "at_least", "at_most", "below")}
)


def passes(checks: dict[str, int], value: float) -> bool:
    return (
        value > checks.get("above", -99)
        and value >= checks.get("at_least", -99)
        and value <= checks.get("at_most", 99)
        and value < checks.get("below", 99)
    )


@given(bounds, bounds)
def test_bounds_that_refuse_what_passed_break_producers(
    old: dict[str, int], new: dict[str, int]
) -> None:
    """Judged by trying values: where one is newly refused, the change is breaking."""
    before, after = position(), position()
    column(before, "weight_pct")["checks"] = old
    column(after, "weight_pct")["checks"] = new
    found = compare({"position": before}, {"position": after})
    values = [number / 2 for number in range(-20, 21)]
    if any(passes(old, value) and not passes(new, value) for value in values):
        assert any(each.effect == "breaks producers" for each in found)
    if not any(each.breaking for each in found):
        assert all(passes(new, value) for value in values if passes(old, value))


@given(st.sampled_from(sorted(TABLES)), st.data())
def test_two_snapshots_differ_the_same_in_both_directions(table: str, data: st.DataObject) -> None:
    """Both directions report the same changes, with old and new exchanged."""
    before, after = fresh(), fresh()
    chosen = data.draw(st.sampled_from([each["name"] for each in after[table]["columns"]]))
    spoilt = column(after[table], chosen)
    spoilt["nullable"] = not spoilt["nullable"]
    spoilt["checks"] = {}
    there = {(each.column, each.what): (each.old, each.new) for each in compare(before, after)}
    back = {(each.column, each.what): (each.new, each.old) for each in compare(after, before)}
    assert there == back
