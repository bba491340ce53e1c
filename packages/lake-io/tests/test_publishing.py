"""A publication is visible whole or not at all, on every catalogue."""

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from types import ModuleType

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.specification import REFINED
from b3_contracts.vocabulary import TABLE_NAMES
from lake_io import Conflict, Lake, LakeError, NotInLake, Publication, RefinedTables, Replacement
from lake_io.tables.commits import rollback_to


class Crash(Exception):
    """A crash between two commits."""


@contextmanager
def crashing_before(lake: Lake, fatal: int) -> Iterator[None]:
    """The next publication ends before its commit number `fatal`."""
    catalog = lake.refined_tables._catalog
    commit_table, done = catalog.commit_table, []

    def commit(*args):
        done.append(args)
        if len(done) == fatal:
            raise Crash
        return commit_table(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "commit_table", commit)
        yield


def test_an_empty_lake_has_every_table_and_no_rows(lake: Lake) -> None:
    """Whoever reads before the first publication gets empty tables of the contract."""
    snapshot = lake.refined_tables.snapshot()
    assert snapshot.is_empty
    assert {name: snapshot.read(name) for name in REFINED} == {
        name: arrow.empty(model) for name, model in REFINED.items()
    }
    assert lake.refined_tables.history() == []


def test_without_its_extra_nothing_is_published(
    lake: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before a table is written: PyIceberg itself asks in the middle of a publication."""
    monkeypatch.setitem(sys.modules, "pyiceberg_core", None)
    with pytest.raises(LakeError, match=r"pip install 'lake-io\[publish\]'"):
        factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 10}})
    assert lake.refined_tables.snapshot().is_empty


def test_what_is_published_is_read_back(lake: Lake, factories: ModuleType) -> None:
    """Sessions of several indices and months come back as they were given."""
    sessions = {
        factories.session("IBOV", 6): {"PETR4": 10, "VALE3": 20},
        factories.session("IBOV", 40): {"PETR4": 11},
        factories.session("SMLL", 6): {"LREN3": 30},
    }
    snapshot = factories.publish(lake.refined_tables, "run", sessions)
    assert factories.view_of(snapshot) == sessions
    assert snapshot.read("portfolio").num_rows == 3


def _preview(day: int, company: str) -> Replacement:
    """A preview of a portfolio that takes effect on a day of January."""
    about = {"index_code": "IBOV", "effective_date": dt.date(2025, 1, day)}
    row = {
        **about,
        "preview_number": 1,
        "first_seen_on": dt.date(2024, 12, 3),
        "is_confirmed": True,
        "in_force_date": None,
        "ticker": "PETR4",
        "company": company,
        "share_class": "PN",
        "theoretical_quantity": 1,
        "weight_pct": Decimal("100.000"),
        "payload_sha256": "a" * 64,
    }
    rows = pa.Table.from_pylist([row], arrow.schema(REFINED["preview_position"]))
    return Replacement(rows, rows.select(list(about)))


def test_previews_are_replaced_by_index_and_rebalance(lake: Lake, factories: ModuleType) -> None:
    """They are there as empty tables from the first publication on."""
    tables = lake.refined_tables
    snapshot = factories.publish(tables, "run", {factories.session("IBOV", 6): {"PETR4": 10}})
    assert snapshot.read("preview_position").num_rows == 0
    assert tables.table("preview_change").current_snapshot() is None
    for number, (day, company) in enumerate([(6, "old"), (7, "other"), (6, "new")]):
        made = factories.publication(f"run {number}", tables.snapshot(), {})
        replacements = {**made.replacements, "preview_position": _preview(day, company)}
        tables.publish(replace(made, replacements=replacements))
    rows = tables.snapshot().read("preview_position")
    assert rows.schema == arrow.schema(REFINED["preview_position"])
    assert sorted(rows["company"].to_pylist()) == ["new", "other"]


@pytest.mark.parametrize("name", [name for name in TABLE_NAMES if "preview" not in name])
def test_types_are_the_contracts(lake: Lake, factories: ModuleType, name: str) -> None:
    """Decimals, dates, UTC times and what may not be null survive the way through Iceberg."""
    snapshot = factories.publish(
        lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 10}}
    )
    assert snapshot.read(name).schema == arrow.schema(REFINED[name])
    assert snapshot.read(name).num_rows > 0


def test_columns_come_typed_and_in_the_order_asked_for(lake: Lake, factories: ModuleType) -> None:
    """Iceberg answers in the table's order, whatever was asked."""
    snapshot = factories.publish(
        lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 10}}
    )
    rows = snapshot.read("portfolio", columns=("divisor", "captured_at", "index_code"))
    assert rows.to_pylist() == [
        {
            "divisor": Decimal("16279911.48376400"),
            "captured_at": factories.CAPTURED_AT,
            "index_code": "IBOV",
        }
    ]
    assert rows.schema == pa.schema(
        [arrow.schema(REFINED["portfolio"]).field(n) for n in rows.column_names]
    )


def test_a_session_is_replaced_whole(lake: Lake, factories: ModuleType) -> None:
    """Tickers of the old portfolio that the new one lacks are gone; other sessions stay."""
    monday, tuesday = factories.session("IBOV", 6), factories.session("IBOV", 7)
    factories.publish(
        lake.refined_tables, "one", {monday: {"PETR4": 1, "VALE3": 2}, tuesday: {"PETR4": 3}}
    )
    snapshot = factories.publish(lake.refined_tables, "two", {monday: {"PETR4": 5, "WEGE3": 6}})
    assert factories.view_of(snapshot) == {monday: {"PETR4": 5, "WEGE3": 6}, tuesday: {"PETR4": 3}}


def test_a_session_is_taken_out(lake: Lake, factories: ModuleType) -> None:
    """Keys without rows leave every table; a file they shared with others is rewritten."""
    monday, tuesday = factories.session("IBOV", 6), factories.session("IBOV", 7)
    factories.publish(lake.refined_tables, "one", {monday: {"PETR4": 1}, tuesday: {"PETR4": 3}})
    snapshot = factories.publish(lake.refined_tables, "two", {}, removed=[monday])
    assert factories.view_of(snapshot) == {tuesday: {"PETR4": 3}}
    dates = {
        name: set(snapshot.read(name)["reference_date"].to_pylist())
        for name in ("portfolio", "position_change", "share_class_summary")
    }
    assert all(found == {tuesday.reference_date} for found in dates.values())


def test_the_last_session_can_be_taken_out(lake: Lake, factories: ModuleType) -> None:
    """A lake may come to hold nothing, and is published to again."""
    monday = factories.session("IBOV", 6)
    factories.publish(lake.refined_tables, "one", {monday: {"PETR4": 1}})
    assert (
        factories.view_of(factories.publish(lake.refined_tables, "two", {}, removed=[monday])) == {}
    )
    snapshot = factories.publish(lake.refined_tables, "three", {monday: {"PETR4": 2}})
    assert factories.view_of(snapshot) == {monday: {"PETR4": 2}}


def test_a_recomputed_session_keeps_its_positions(lake: Lake, factories: ModuleType) -> None:
    """A run may rewrite what compares sessions and leave `position` as it was."""
    monday = factories.session("IBOV", 6)
    before = factories.publish(lake.refined_tables, "one", {monday: {"PETR4": 1}})
    after = factories.publish(lake.refined_tables, "two", {}, recomputed=[monday])
    assert factories.view_of(after) == {monday: {"PETR4": 1}}
    assert after.snapshot_ids["position"] == before.snapshot_ids["position"]
    assert after.snapshot_ids["portfolio"] != before.snapshot_ids["portfolio"]


def test_a_run_that_only_refuses_is_published(lake: Lake, factories: ModuleType) -> None:
    """On a fresh lake too, where no other table has a snapshot then."""
    snapshot = factories.publish(lake.refined_tables, "run", {})
    assert not snapshot.is_empty
    assert set(snapshot.snapshot_ids) == {"quality_result", "portfolio"}
    assert snapshot.read("quality_result").num_rows == 2
    assert factories.view_of(snapshot) == {}


def test_a_table_without_a_replacement_stays_as_it_is(lake: Lake, factories: ModuleType) -> None:
    """A publication need not speak of every table."""
    before = factories.publish(
        lake.refined_tables, "one", {factories.session("IBOV", 6): {"PETR4": 1}}
    )
    whole = factories.publication("two", before, {factories.session("IBOV", 7): {"PETR4": 2}})
    some = {name: whole.replacements[name] for name in ("position", "portfolio")}
    lake.refined_tables.publish(Publication("two", factories.VERSION, before, some))
    after = lake.refined_tables.snapshot()
    assert after.snapshot_ids["membership"] == before.snapshot_ids["membership"]
    assert len(factories.view_of(after)) == 2


def test_rows_outside_the_keys_are_refused(lake: Lake, factories: ModuleType) -> None:
    """They would stand beside the rows of the same key that are there already."""
    monday, tuesday = factories.session("IBOV", 6), factories.session("IBOV", 7)
    whole = factories.publication("run", lake.refined_tables.snapshot(), {monday: {"PETR4": 1}})
    rows = factories.portfolio({monday: {"PETR4": 1}, tuesday: {"PETR4": 1}})
    wrong = {**whole.replacements, "portfolio": Replacement(rows, factories.keys([monday]))}
    with pytest.raises(ContractError, match=r"portfolio.*2025-01-07"):
        lake.refined_tables.publish(Publication("run", factories.VERSION, whole.based_on, wrong))
    assert lake.refined_tables.snapshot().is_empty


def test_the_history_names_each_run_once(lake: Lake, factories: ModuleType) -> None:
    """Oldest first, though a replacement leaves two snapshots."""
    monday = factories.session("IBOV", 6)
    for number in range(3):
        factories.publish(lake.refined_tables, f"run {number}", {monday: {"PETR4": number}})
    runs = lake.refined_tables.history()
    assert [run.run_id for run in runs] == ["run 0", "run 1", "run 2"]
    assert {run.contract_version for run in runs} == {factories.VERSION}
    assert runs == sorted(runs, key=lambda run: run.published_at)
    assert all(run.published_at.tzinfo is dt.UTC for run in runs)


def test_a_run_is_read_as_it_left_the_lake(lake: Lake, factories: ModuleType) -> None:
    """Whatever was published after it."""
    monday = factories.session("IBOV", 6)
    for number in range(3):
        factories.publish(lake.refined_tables, f"run {number}", {monday: {"PETR4": number + 1}})
    held = [factories.view_of(lake.refined_tables.snapshot(f"run {number}")) for number in range(3)]
    assert held == [{monday: {"PETR4": number + 1}} for number in range(3)]


def test_an_unknown_run_is_told_with_the_latest_ones(lake: Lake, factories: ModuleType) -> None:
    """So that one sees what a run's name looks like."""
    factories.publish(lake.refined_tables, "run 1", {})
    with pytest.raises(NotInLake, match=r"no run nonsense .* run 1"):
        lake.refined_tables.snapshot("nonsense")


def test_a_table_before_the_first_publication_is_not_there(lake: Lake) -> None:
    """The message says what makes it."""
    with pytest.raises(NotInLake, match="nothing is published yet"):
        lake.refined_tables.table("position")


def test_a_stale_view_is_a_conflict(lake: Lake, factories: ModuleType) -> None:
    """A publication computed on an old snapshot is refused on a newer one."""
    stale = lake.refined_tables.snapshot()
    for number in range(2):
        current = factories.publish(
            lake.refined_tables, f"run {number}", {factories.session("IBOV", 6): {"PETR4": 1}}
        )
        late = factories.publication("late", stale, {factories.session("IBOV", 7): {"PETR4": 2}})
        with pytest.raises(Conflict):
            lake.refined_tables.publish(late)
        assert factories.everything(lake.refined_tables.snapshot()) == factories.everything(current)
        stale = current


def test_the_loser_of_a_race_publishes_anew(lake: Lake, factories: ModuleType) -> None:
    """Nothing of its first try is left, and nothing of the winner is lost."""
    monday, tuesday = factories.session("IBOV", 6), factories.session("IBOV", 7)
    stale = lake.refined_tables.snapshot()
    factories.publish(lake.refined_tables, "winner", {monday: {"PETR4": 1}})
    with pytest.raises(Conflict):
        lake.refined_tables.publish(factories.publication("loser", stale, {tuesday: {"VALE3": 9}}))
    snapshot = factories.publish(lake.refined_tables, "loser", {tuesday: {"PETR4": 2}})
    assert factories.view_of(snapshot) == {monday: {"PETR4": 1}, tuesday: {"PETR4": 2}}


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_run_that_commits_in_between_is_noticed(
    lake: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    """Before whichever commit the other one publishes, one of both is told and nothing mixes."""
    catalog = lake.refined_tables._catalog
    commit_table, monday = catalog.commit_table, factories.session("IBOV", 6)
    base = factories.publish(lake.refined_tables, "base", {monday: {"PETR4": 1}})
    done = []

    def interrupted(*args):
        done.append(args)
        if len(done) == commit:
            factories.publish(
                lake.refined_tables, "other", {factories.session("SMLL", 6): {"LREN3": 3}}
            )
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    mine = factories.publication("mine", base, {factories.session("IBOV", 7): {"PETR4": 2}})
    with pytest.raises(Conflict):
        lake.refined_tables.publish(mine)
    assert set(factories.view_of(lake.refined_tables.snapshot())) == {
        monday,
        factories.session("SMLL", 6),
    }
    assert [run.run_id for run in lake.refined_tables.history()] == ["base", "other"]


def test_a_run_that_comes_and_is_set_aside_in_between_is_noticed(
    lake: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table's current snapshot is the view's again, but its count has gone on."""
    base = factories.publish(
        lake.refined_tables, "base", {factories.session("IBOV", 6): {"PETR4": 1}}
    )
    catalog, other = lake.refined_tables._catalog, RefinedTables(lake.refined_tables._catalog)
    commit_table = catalog.commit_table

    def interrupted(*args):
        monkeypatch.setattr(catalog, "commit_table", commit_table)
        for number in range(2):
            crashed = factories.publication(
                f"{number}", base, {factories.session("SMLL", 6): {"LREN3": 3}}
            )
            other._replace("position", crashed)
        rollback_to(other.table("position"), base.snapshot_ids["position"])
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    mine = {factories.session("IBOV", 7): {"PETR4": 2}}
    with pytest.raises(Conflict):
        lake.refined_tables.publish(factories.publication("mine", base, mine))
    snapshot = factories.publish(lake.refined_tables, "mine", mine)
    assert factories.view_of(snapshot) == {factories.session("IBOV", 6): {"PETR4": 1}, **mine}


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_crashed_first_publication_leaves_nothing_to_see(
    lake: Lake, factories: ModuleType, commit: int
) -> None:
    """The next publication rolls back its commits, even one that only refuses."""
    with crashing_before(lake, commit), pytest.raises(Crash):
        factories.publish(
            lake.refined_tables, "crashed", {factories.session("IBOV", 6): {"PETR4": 1}}
        )
    assert lake.refined_tables.snapshot().is_empty
    assert factories.view_of(lake.refined_tables.snapshot()) == {}
    assert factories.view_of(factories.publish(lake.refined_tables, "refusing", {})) == {}
    monday = factories.session("IBOV", 7)
    assert factories.view_of(
        factories.publish(lake.refined_tables, "next", {monday: {"PETR4": 2}})
    ) == {monday: {"PETR4": 2}}


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_crashed_publication_leaves_the_one_before(
    lake: Lake, factories: ModuleType, commit: int
) -> None:
    """Its leftovers are invisible, and set aside by the next one."""
    monday, tuesday = factories.session("IBOV", 6), factories.session("IBOV", 7)
    before = factories.publish(
        lake.refined_tables, "one", {monday: {"PETR4": 1}, tuesday: {"PETR4": 2}}
    )
    with crashing_before(lake, commit), pytest.raises(Crash):
        factories.publish(lake.refined_tables, "crashed", {monday: {"VALE3": 8}}, removed=[tuesday])
    assert factories.everything(lake.refined_tables.snapshot()) == factories.everything(before)
    snapshot = factories.publish(
        lake.refined_tables, "next", {factories.session("SMLL", 6): {"LREN3": 3}}
    )
    assert factories.view_of(snapshot) == {
        monday: {"PETR4": 1},
        tuesday: {"PETR4": 2},
        factories.session("SMLL", 6): {"LREN3": 3},
    }


def test_a_lake_that_is_open_sees_what_others_publish(lake: Lake, factories: ModuleType) -> None:
    """Tables read before are read anew where a view names what they do not know."""
    monday = factories.session("IBOV", 6)
    factories.view_of(factories.publish(lake.refined_tables, "one", {monday: {"PETR4": 1}}))
    other = type(lake.refined_tables)(lake.refined_tables._catalog)
    factories.publish(other, "two", {monday: {"PETR4": 2}})
    assert factories.view_of(lake.refined_tables.snapshot()) == {monday: {"PETR4": 2}}


def test_a_broken_disk_is_one_sentence(
    lake: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever storage says becomes an error of this package."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake.refined_tables._catalog, "commit_table", full)
    with pytest.raises(LakeError, match="No space left on device") as error:
        factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    assert "\n" not in str(error.value)
