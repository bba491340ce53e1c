"""A publication is visible whole or not at all, on every catalogue."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import ModuleType

import pyarrow as pa
import pytest

from b3_contracts import arrow
from b3_contracts.errors import ContractError
from b3_contracts.tables import REFINED
from b3_contracts.vocabulary import TABLE_NAMES
from lake_io import Catalogue, Conflict, Lake, LakeError, NotInLake, Publication, Replacement
from lake_io.commits import set_aside


class Crash(Exception):
    """A crash between two commits."""


@contextmanager
def crashing_before(lake: Lake, fatal: int) -> Iterator[None]:
    """The next publication ends before its commit number `fatal`."""
    catalog = lake.catalogue._catalog
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
    view = lake.catalogue.view()
    assert view.is_empty
    assert {name: view.read(name) for name in REFINED} == {
        name: arrow.empty(model) for name, model in REFINED.items()
    }
    assert lake.catalogue.history() == []


def test_what_is_published_is_read_back(lake: Lake, made: ModuleType) -> None:
    """Sessions of several indices and months come back as they were given."""
    sessions = {
        made.session("IBOV", 6): {"PETR4": 10, "VALE3": 20},
        made.session("IBOV", 40): {"PETR4": 11},
        made.session("SMLL", 6): {"LREN3": 30},
    }
    view = made.publish(lake.catalogue, "run", sessions)
    assert made.view_of(view) == sessions
    assert view.read("portfolio").num_rows == 3


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_types_are_the_contracts(lake: Lake, made: ModuleType, name: str) -> None:
    """Decimals, dates, UTC times and what may not be null survive the way through Iceberg."""
    view = made.publish(lake.catalogue, "run", {made.session("IBOV", 6): {"PETR4": 10}})
    assert view.read(name).schema == arrow.schema(REFINED[name])
    assert view.read(name).num_rows > 0


def test_columns_come_typed_and_in_the_order_asked_for(lake: Lake, made: ModuleType) -> None:
    """Iceberg answers in the table's order, whatever was asked."""
    view = made.publish(lake.catalogue, "run", {made.session("IBOV", 6): {"PETR4": 10}})
    rows = view.read("portfolio", columns=("divisor", "captured_at", "index_code"))
    assert rows.to_pylist() == [
        {
            "divisor": Decimal("16279911.48376400"),
            "captured_at": made.CAPTURED_AT,
            "index_code": "IBOV",
        }
    ]
    assert rows.schema == pa.schema(
        [arrow.schema(REFINED["portfolio"]).field(n) for n in rows.column_names]
    )


def test_a_session_is_replaced_whole(lake: Lake, made: ModuleType) -> None:
    """Tickers of the old portfolio that the new one lacks are gone; other sessions stay."""
    monday, tuesday = made.session("IBOV", 6), made.session("IBOV", 7)
    made.publish(lake.catalogue, "one", {monday: {"PETR4": 1, "VALE3": 2}, tuesday: {"PETR4": 3}})
    view = made.publish(lake.catalogue, "two", {monday: {"PETR4": 5, "WEGE3": 6}})
    assert made.view_of(view) == {monday: {"PETR4": 5, "WEGE3": 6}, tuesday: {"PETR4": 3}}


def test_a_session_is_taken_out(lake: Lake, made: ModuleType) -> None:
    """Keys without rows leave every table; a file they shared with others is rewritten."""
    monday, tuesday = made.session("IBOV", 6), made.session("IBOV", 7)
    made.publish(lake.catalogue, "one", {monday: {"PETR4": 1}, tuesday: {"PETR4": 3}})
    view = made.publish(lake.catalogue, "two", {}, removed=[monday])
    assert made.view_of(view) == {tuesday: {"PETR4": 3}}
    dates = {
        name: set(view.read(name)["reference_date"].to_pylist())
        for name in ("portfolio", "position_change", "share_class_summary")
    }
    assert all(found == {tuesday.reference_date} for found in dates.values())


def test_the_last_session_can_be_taken_out(lake: Lake, made: ModuleType) -> None:
    """A lake may come to hold nothing, and is published to again."""
    monday = made.session("IBOV", 6)
    made.publish(lake.catalogue, "one", {monday: {"PETR4": 1}})
    assert made.view_of(made.publish(lake.catalogue, "two", {}, removed=[monday])) == {}
    view = made.publish(lake.catalogue, "three", {monday: {"PETR4": 2}})
    assert made.view_of(view) == {monday: {"PETR4": 2}}


def test_a_relinked_session_keeps_its_positions(lake: Lake, made: ModuleType) -> None:
    """A run may rewrite what compares sessions and leave `position` as it was."""
    monday = made.session("IBOV", 6)
    before = made.publish(lake.catalogue, "one", {monday: {"PETR4": 1}})
    after = made.publish(lake.catalogue, "two", {}, relinked=[monday])
    assert made.view_of(after) == {monday: {"PETR4": 1}}
    assert after.snapshot_ids["position"] == before.snapshot_ids["position"]
    assert after.snapshot_ids["portfolio"] != before.snapshot_ids["portfolio"]


def test_a_run_that_only_refuses_is_published(lake: Lake, made: ModuleType) -> None:
    """On a fresh lake too, where no other table has a snapshot then."""
    view = made.publish(lake.catalogue, "run", {})
    assert not view.is_empty
    assert set(view.snapshot_ids) == {"quality_result", "portfolio"}
    assert view.read("quality_result").num_rows == 2
    assert made.view_of(view) == {}


def test_a_table_without_a_replacement_stays_as_it_is(lake: Lake, made: ModuleType) -> None:
    """A publication need not speak of every table."""
    before = made.publish(lake.catalogue, "one", {made.session("IBOV", 6): {"PETR4": 1}})
    whole = made.publication("two", before, {made.session("IBOV", 7): {"PETR4": 2}})
    some = {name: whole.replacements[name] for name in ("position", "portfolio")}
    lake.catalogue.publish(Publication("two", made.VERSION, before, some))
    after = lake.catalogue.view()
    assert after.snapshot_ids["membership"] == before.snapshot_ids["membership"]
    assert len(made.view_of(after)) == 2


def test_rows_outside_the_keys_are_refused(lake: Lake, made: ModuleType) -> None:
    """They would stand beside the rows of the same key that are there already."""
    monday, tuesday = made.session("IBOV", 6), made.session("IBOV", 7)
    whole = made.publication("run", lake.catalogue.view(), {monday: {"PETR4": 1}})
    rows = made.portfolio({monday: {"PETR4": 1}, tuesday: {"PETR4": 1}})
    wrong = {**whole.replacements, "portfolio": Replacement(rows, made.keys([monday]))}
    with pytest.raises(ContractError, match=r"portfolio.*2025-01-07"):
        lake.catalogue.publish(Publication("run", made.VERSION, whole.based_on, wrong))
    assert lake.catalogue.view().is_empty


def test_the_history_names_each_run_once(lake: Lake, made: ModuleType) -> None:
    """Oldest first, though a replacement leaves two snapshots."""
    monday = made.session("IBOV", 6)
    for number in range(3):
        made.publish(lake.catalogue, f"run {number}", {monday: {"PETR4": number}})
    runs = lake.catalogue.history()
    assert [run.run_id for run in runs] == ["run 0", "run 1", "run 2"]
    assert {run.contract_version for run in runs} == {made.VERSION}
    assert runs == sorted(runs, key=lambda run: run.published_at)
    assert all(run.published_at.tzinfo is dt.UTC for run in runs)


def test_a_run_is_read_as_it_left_the_lake(lake: Lake, made: ModuleType) -> None:
    """Whatever was published after it."""
    monday = made.session("IBOV", 6)
    for number in range(3):
        made.publish(lake.catalogue, f"run {number}", {monday: {"PETR4": number + 1}})
    held = [made.view_of(lake.catalogue.view(f"run {number}")) for number in range(3)]
    assert held == [{monday: {"PETR4": number + 1}} for number in range(3)]


def test_an_unknown_run_is_told_with_the_latest_ones(lake: Lake, made: ModuleType) -> None:
    """So that one sees what a run's name looks like."""
    made.publish(lake.catalogue, "run 1", {})
    with pytest.raises(NotInLake, match=r"no run nonsense .* run 1"):
        lake.catalogue.view("nonsense")


def test_a_table_before_the_first_publication_is_not_there(lake: Lake) -> None:
    """The message says what makes it."""
    with pytest.raises(NotInLake, match="bovespa refine"):
        lake.catalogue.table("position")


def test_a_stale_view_is_a_conflict(lake: Lake, made: ModuleType) -> None:
    """What was computed on an old moment is published on no newer one."""
    stale = lake.catalogue.view()
    for number in range(2):
        current = made.publish(
            lake.catalogue, f"run {number}", {made.session("IBOV", 6): {"PETR4": 1}}
        )
        late = made.publication("late", stale, {made.session("IBOV", 7): {"PETR4": 2}})
        with pytest.raises(Conflict):
            lake.catalogue.publish(late)
        assert made.everything(lake.catalogue.view()) == made.everything(current)
        stale = current


def test_the_loser_of_a_race_publishes_anew(lake: Lake, made: ModuleType) -> None:
    """Nothing of its first try is left, and nothing of the winner is lost."""
    monday, tuesday = made.session("IBOV", 6), made.session("IBOV", 7)
    stale = lake.catalogue.view()
    made.publish(lake.catalogue, "winner", {monday: {"PETR4": 1}})
    with pytest.raises(Conflict):
        lake.catalogue.publish(made.publication("loser", stale, {tuesday: {"VALE3": 9}}))
    view = made.publish(lake.catalogue, "loser", {tuesday: {"PETR4": 2}})
    assert made.view_of(view) == {monday: {"PETR4": 1}, tuesday: {"PETR4": 2}}


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_run_that_commits_in_between_is_noticed(
    lake: Lake, made: ModuleType, monkeypatch: pytest.MonkeyPatch, commit: int
) -> None:
    """Before whichever commit the other one publishes, one of both is told and nothing mixes."""
    catalog = lake.catalogue._catalog
    commit_table, monday = catalog.commit_table, made.session("IBOV", 6)
    base = made.publish(lake.catalogue, "base", {monday: {"PETR4": 1}})
    done = []

    def interrupted(*args):
        done.append(args)
        if len(done) == commit:
            made.publish(lake.catalogue, "other", {made.session("SMLL", 6): {"LREN3": 3}})
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    mine = made.publication("mine", base, {made.session("IBOV", 7): {"PETR4": 2}})
    with pytest.raises(Conflict):
        lake.catalogue.publish(mine)
    assert set(made.view_of(lake.catalogue.view())) == {monday, made.session("SMLL", 6)}
    assert [run.run_id for run in lake.catalogue.history()] == ["base", "other"]


def test_a_run_that_comes_and_is_set_aside_in_between_is_noticed(
    lake: Lake, made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table's current snapshot is the view's again, but its count has gone on."""
    base = made.publish(lake.catalogue, "base", {made.session("IBOV", 6): {"PETR4": 1}})
    catalog, other = lake.catalogue._catalog, Catalogue(lake.catalogue._catalog)
    commit_table = catalog.commit_table

    def interrupted(*args):
        monkeypatch.setattr(catalog, "commit_table", commit_table)
        for number in range(2):
            crashed = made.publication(f"{number}", base, {made.session("SMLL", 6): {"LREN3": 3}})
            other._replace("position", crashed)
        set_aside(other.table("position"), base.snapshot_ids["position"])
        return commit_table(*args)

    monkeypatch.setattr(catalog, "commit_table", interrupted)
    mine = {made.session("IBOV", 7): {"PETR4": 2}}
    with pytest.raises(Conflict):
        lake.catalogue.publish(made.publication("mine", base, mine))
    view = made.publish(lake.catalogue, "mine", mine)
    assert made.view_of(view) == {made.session("IBOV", 6): {"PETR4": 1}, **mine}


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_crashed_first_publication_leaves_nothing_to_see(
    lake: Lake, made: ModuleType, commit: int
) -> None:
    """What it committed is set aside by the next one, even one that only refuses."""
    with crashing_before(lake, commit), pytest.raises(Crash):
        made.publish(lake.catalogue, "crashed", {made.session("IBOV", 6): {"PETR4": 1}})
    assert lake.catalogue.view().is_empty
    assert made.view_of(lake.catalogue.view()) == {}
    assert made.view_of(made.publish(lake.catalogue, "refusing", {})) == {}
    monday = made.session("IBOV", 7)
    assert made.view_of(made.publish(lake.catalogue, "next", {monday: {"PETR4": 2}})) == {
        monday: {"PETR4": 2}
    }


@pytest.mark.parametrize("commit", range(1, 7))
def test_a_crashed_publication_leaves_the_one_before(
    lake: Lake, made: ModuleType, commit: int
) -> None:
    """Its leftovers are invisible, and set aside by the next one."""
    monday, tuesday = made.session("IBOV", 6), made.session("IBOV", 7)
    before = made.publish(lake.catalogue, "one", {monday: {"PETR4": 1}, tuesday: {"PETR4": 2}})
    with crashing_before(lake, commit), pytest.raises(Crash):
        made.publish(lake.catalogue, "crashed", {monday: {"VALE3": 8}}, removed=[tuesday])
    assert made.everything(lake.catalogue.view()) == made.everything(before)
    view = made.publish(lake.catalogue, "next", {made.session("SMLL", 6): {"LREN3": 3}})
    assert made.view_of(view) == {
        monday: {"PETR4": 1},
        tuesday: {"PETR4": 2},
        made.session("SMLL", 6): {"LREN3": 3},
    }


def test_a_lake_that_is_open_sees_what_others_publish(lake: Lake, made: ModuleType) -> None:
    """Tables read before are read anew where a view names what they do not know."""
    monday = made.session("IBOV", 6)
    made.view_of(made.publish(lake.catalogue, "one", {monday: {"PETR4": 1}}))
    other = type(lake.catalogue)(lake.catalogue._catalog)
    made.publish(other, "two", {monday: {"PETR4": 2}})
    assert made.view_of(lake.catalogue.view()) == {monday: {"PETR4": 2}}


def test_a_broken_disk_is_one_sentence(
    lake: Lake, made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever storage says becomes an error of this package."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake.catalogue._catalog, "commit_table", full)
    with pytest.raises(LakeError, match="No space left on device") as error:
        made.publish(lake.catalogue, "run", {made.session("IBOV", 6): {"PETR4": 1}})
    assert "\n" not in str(error.value)
