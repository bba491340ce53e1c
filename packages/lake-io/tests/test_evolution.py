"""A lake outlives the contract it was written under: what is added is taken up."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandera.pyarrow as pandera
import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.models import dtypes
from b3_contracts.models.tables import Portfolio, Position, RawPosition, Table
from b3_contracts.specification import RAW, REFINED
from b3_contracts.table_spec import as_spec
from lake_io import (
    Lake,
    LakeOutdated,
    LocalStore,
    Publication,
    RawZone,
    RefinedTables,
    Replacement,
    open_lake,
    query,
)
from lake_io.raw import typed_rows
from lake_io.raw import zone as raw_zone
from lake_io.tables.maintenance import compact

Follow = Callable[[type[Table]], None]


def column(**said: Any) -> Any:
    return pandera.Field(description="what a later version adds", metadata={"unit": None}, **said)


class Longer(Position):
    """A position that may say its ISIN: what a minor version adds."""

    isin: str = column(nullable=True)

    class Config(Position.Config):
        name = "position"


class Filled(Position):
    """A position that must say its ISIN, which no older row does."""

    isin: str = column()

    class Config(Position.Config):
        name = "position"


class Otherwise(Position):
    """A position whose quantity is text."""

    theoretical_quantity: str = column()

    class Config(Position.Config):
        name = "position"


class Coarser(Portfolio):
    """A portfolio whose divisor has another scale: promotion keeps scales."""

    divisor: dtypes.WeightPct = column(nullable=True)

    class Config(Portfolio.Config):
        name = "portfolio"


class Looser(Position):
    """A position whose company may be null."""

    company: str = column(nullable=True)

    class Config(Position.Config):
        name = "position"


class LongerRaw(RawPosition):
    """A raw position that may say its ISIN."""

    isin: str = column(nullable=True)

    class Config(RawPosition.Config):
        name = "raw_position"


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """From here on, a table has the contract of another version."""

    def put(model: type[Table]) -> None:
        monkeypatch.setitem(REFINED, str(model.to_schema().name), as_spec(model))

    return put


@pytest.fixture
def old(lake: Lake, factories: ModuleType) -> Lake:
    """A lake with two sessions that the previous version published, in one month's file."""
    sessions = {factories.session("IBOV", day): {"PETR4": day, "VALE3": 2} for day in (6, 7)}
    factories.publish(lake.refined_tables, "old", sessions)
    return lake


def isins(refined_tables: RefinedTables) -> set[tuple[int, str | None]]:
    rows = refined_tables.snapshot().read("position").to_pylist()
    return {(row["theoretical_quantity"], row["isin"]) for row in rows}


def publish_isin(factories: ModuleType, refined_tables: RefinedTables) -> None:
    """A run of the newer version, whose one new session says its ISIN."""
    run = factories.publication(
        "new", refined_tables.snapshot(), {factories.session("IBOV", 8): {"PETR4": 8}}
    )
    rows = run.replacements["position"].rows
    said = rows.set_column(rows.num_columns - 1, "isin", pa.array(["BRPETRACNPR6"]))
    position = Replacement(said, run.replacements["position"].keys)
    parts = {**run.replacements, "position": position}
    refined_tables.publish(Publication("new", factories.VERSION, run.based_on, parts))


def test_an_older_lake_is_read_before_anything_is_published(
    old: Lake, factories: ModuleType, follow: Follow
) -> None:
    """A column it was written without is null, in views and in SQL."""
    follow(Longer)
    snapshot = old.refined_tables.snapshot()
    assert snapshot.read("position").schema == arrow.schema(Longer)
    assert snapshot.read("position", columns=("isin",)).to_pylist() == [{"isin": None}] * 4
    assert factories.view_of(snapshot)[factories.session("IBOV", 6)] == {"PETR4": 6, "VALE3": 2}
    if "://" not in old.uri:
        counted = query(snapshot, "select count(*) as n, count(isin) as said from position")
        assert counted.to_pylist() == [{"n": 4, "said": 0}]


def test_a_newer_version_publishes_into_an_older_lake(
    old: Lake, factories: ModuleType, follow: Follow
) -> None:
    """The table gains the column; rows that are there keep their values and have nulls in it."""
    follow(Longer)
    publish_isin(factories, old.refined_tables)
    assert isins(old.refined_tables) == {(6, None), (2, None), (7, None), (8, "BRPETRACNPR6")}
    assert old.refined_tables.table("position").schema().find_field("isin").optional
    assert len(factories.view_of(old.refined_tables.snapshot("old"))) == 2


def test_a_session_of_an_older_version_is_replaced_by_a_newer_one(
    old: Lake, factories: ModuleType, follow: Follow
) -> None:
    """The rest of its file stays as it was."""
    follow(Longer)
    snapshot = factories.publish(
        old.refined_tables, "new", {factories.session("IBOV", 6): {"PETR4": 60}}
    )
    assert factories.view_of(snapshot) == {
        factories.session("IBOV", 6): {"PETR4": 60},
        factories.session("IBOV", 7): {"PETR4": 7, "VALE3": 2},
    }


def test_an_older_version_keeps_what_a_newer_one_wrote(
    old: Lake, factories: ModuleType, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rewrites a file that holds a column it does not know, and looks after the table."""
    with monkeypatch.context() as newer:
        newer.setitem(REFINED, "position", as_spec(Longer))
        publish_isin(factories, old.refined_tables)
    factories.publish(
        old.refined_tables, "old again", {factories.session("IBOV", 7): {"PETR4": 70}}
    )
    tables = {name: old.refined_tables.table(name) for name in REFINED}
    compact(tables, factories.CAPTURED_AT)
    follow(Longer)
    assert isins(old.refined_tables) == {(6, None), (2, None), (70, None), (8, "BRPETRACNPR6")}


def test_a_null_that_is_newly_allowed_is_taken_up(
    old: Lake, factories: ModuleType, follow: Follow
) -> None:
    """The column becomes optional; its rows stay."""
    follow(Looser)
    snapshot = factories.publish(
        old.refined_tables, "new", {factories.session("IBOV", 8): {"PETR4": 8}}
    )
    assert len(factories.view_of(snapshot)) == 3
    assert old.refined_tables.table("position").schema().find_field("company").optional


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Filled, "isin is new and must be filled, as rows that are there do not"),
        (Otherwise, "theoretical_quantity is long there, and now string"),
        (Coarser, r"divisor is decimal\(28, 8\) there, and now decimal\(9, 3\)"),
    ],
)
def test_what_cannot_be_taken_up_is_refused_before_anything_is_written(
    old: Lake, factories: ModuleType, follow: Follow, model: type[Table], told: str
) -> None:
    """One sentence names table, column and the way out; the lake stays as it was."""
    name = str(model.to_schema().name)
    newer = factories.publication("new", old.refined_tables.snapshot(), {})
    before = old.refined_tables.table(name).metadata
    follow(model)
    with pytest.raises(LakeOutdated, match=f"{name} was made under another contract: {told}"):
        old.refined_tables.publish(newer)
    with pytest.raises(LakeOutdated, match=told):
        old.refined_tables.snapshot().read(name)
    assert old.refined_tables.table(name).metadata == before


def test_a_rebuild_makes_tables_anew_that_cannot_be_brought_up(
    tmp_path: Path, factories: ModuleType, follow: Follow
) -> None:
    """On a folder, where raw has everything; tables that can be brought up stay."""
    lake = open_lake(str(tmp_path / "lake"))
    factories.publish(lake.refined_tables, "old", {factories.session("IBOV", 6): {"PETR4": 6}})
    follow(Longer)
    assert not open_lake(lake.uri, rebuild=True).refined_tables.snapshot().is_empty
    follow(Otherwise)
    assert open_lake(lake.uri, rebuild=True).refined_tables.snapshot().is_empty


def test_raw_of_an_older_version_is_read_by_a_newer_one(
    tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw is never written again: what its files lack is null."""
    zone = RawZone(LocalStore(tmp_path))
    entry, _ = zone.land(factories.raw_rows())
    for module in (raw_zone, typed_rows):
        monkeypatch.setattr(module, "RAW", as_spec(LongerRaw))
    found = zone.read([zone.entries()[entry]])
    assert (found.broken, found.rows["isin"].to_pylist()) == ({}, [None, None])


def test_raw_of_a_newer_version_is_read_by_an_older_one(
    tmp_path: Path, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the columns it declares."""
    zone = RawZone(LocalStore(tmp_path))
    with monkeypatch.context() as newer:
        for module in (raw_zone, typed_rows):
            newer.setattr(module, "RAW", LongerRaw)
        rows = factories.raw_rows()
        entry, _ = zone.land(rows.append_column("isin", pa.nulls(rows.num_rows, pa.string())))
    found = zone.read([zone.entries()[entry]])
    assert found.rows.schema == arrow.schema(RAW)
    assert found.rows.num_rows == 2
