"""SQL reads the published tables, and nothing else."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from b3_contracts.vocabulary import TABLE_NAMES
from lake_io import Lake, QueryError, open_lake, query
from lake_io.tables.refined_tables import LakeSnapshot

pytest.importorskip("duckdb", reason="the extra [query] is not installed")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, factories: ModuleType) -> Lake:
    lake = open_lake(str(tmp_path_factory.mktemp("lake")))
    factories.publish(
        lake.refined_tables,
        "run",
        {
            factories.session("IBOV", 6): {"PETR4": 10, "VALE3": 20},
            factories.session("IBOV", 33): {"PETR4": 11},
        },
    )
    return lake


@pytest.fixture
def snapshot(published: Lake) -> LakeSnapshot:
    return published.refined_tables.snapshot()


def test_tables_are_joined_by_their_names(snapshot: LakeSnapshot) -> None:
    """Over months, and so over files."""
    answer = query(
        snapshot,
        "select reference_date, count(*) as n from portfolio join position"
        " using (index_code, reference_date) group by all order by all",
    )
    days = [dt.date(2025, 1, 6), dt.date(2025, 2, 2)]
    assert answer.to_pydict() == {"reference_date": days, "n": [2, 1]}


def test_types_stay_exact(snapshot: LakeSnapshot) -> None:
    """Decimals are decimals, and times are UTC."""
    answer = query(snapshot, "select divisor, captured_at from portfolio limit 1")
    assert answer.schema.types == [pa.decimal128(28, 8), pa.timestamp("us", "UTC")]
    assert answer["divisor"][0].as_py() == Decimal("16279911.48376400")


def test_parameters_are_values(snapshot: LakeSnapshot) -> None:
    """A quote in one is a quote."""
    sql = "select ticker from position where index_code = ? and theoretical_quantity > ?"
    assert query(snapshot, sql, ["IBOV", 15]).to_pydict() == {"ticker": ["VALE3"]}
    assert query(snapshot, sql, ["IBOV' or 'a' = 'a", 0]).num_rows == 0


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_an_empty_lake_has_every_table(tmp_path: Path, name: str) -> None:
    """So that a query written before the first refine is not an error."""
    lake = open_lake(str(tmp_path))
    assert query(lake.refined_tables.snapshot(), f"from {name}").num_rows == 0


@pytest.mark.parametrize(
    "sql",
    [
        "show tables",
        "describe portfolio",
        "from portfolio",
        "table portfolio",
        "with a as (select 1) from a",
        "values (1)",
    ],
)
def test_whatever_reads_can_be_run(snapshot: LakeSnapshot, sql: str) -> None:
    """DuckDB's short forms too."""
    assert query(snapshot, sql).num_rows > 0


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "insert into portfolio select * from portfolio",
        "delete from portfolio",
        "drop view portfolio",
        "create table x as select 1",
        "create or replace view portfolio as select 1",
        "copy portfolio to '{out}'",
        "copy (select 1) to '{out}'",
        "export database '{out}'",
        "attach '{out}' as other",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "set enable_external_access = true",
        "reset enable_external_access",
        "set lock_configuration = false",
        "call duckdb_settings()",
        "checkpoint",
        "use memory",
        "begin",
        "prepare x as select 1",
        "select 1; select 2",
        "select 1; drop view portfolio",
        "with x as (insert into portfolio values (1) returning 1) select * from x",
        "select * from read_csv('/etc/hostname')",
        "select * from read_text('/etc/hostname')",
        "select * from read_blob('/etc/hostname')",
        "select * from read_parquet('/etc/hostname')",
        "select * from read_json('http://127.0.0.1:9/x')",
        "select * from glob('/etc/*')",
        "select * from '/etc/hostname'",
        "from sniff_csv('/etc/hostname')",
        "select * from view",
        "select * from portfolios",
        "select nothing from portfolio",
        "select cast('x' as int)",
        "select * from portfolio where index_code = ?",
        "selct 1",
        "select '",
    ],
)
def test_whatever_does_not_is_refused_in_one_line(
    snapshot: LakeSnapshot, tmp_path: Path, sql: str
) -> None:
    """Nothing is written, no other file is read, no setting is changed, no Python is seen."""
    out = tmp_path / "out"
    with pytest.raises(QueryError) as error:
        query(snapshot, sql.format(out=out))
    assert "\n" not in str(error.value)
    assert str(error.value)
    assert not out.exists()


def test_an_older_run_is_asked_like_the_newest(tmp_path: Path, factories: ModuleType) -> None:
    """A view is one moment of all tables."""
    refined_tables = open_lake(str(tmp_path)).refined_tables
    for number in (1, 2):
        factories.publish(
            refined_tables, f"run {number}", {factories.session("IBOV", 6): {"PETR4": number}}
        )
    sql = "select theoretical_quantity as q from position"
    assert query(refined_tables.snapshot("run 1"), sql).to_pydict() == {"q": [1]}
    assert query(refined_tables.snapshot(), sql).to_pydict() == {"q": [2]}


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ("select * from portfolios", TABLE_NAMES),
        ("select * from lake.portfolio", TABLE_NAMES),
        ("select tickr from position", ['"ticker"']),
        ("select index_code, count(*) from portfolio", ["add it to the GROUP BY list"]),
    ],
)
def test_what_would_work_instead_is_said(
    snapshot: LakeSnapshot, sql: str, instead: list[str]
) -> None:
    """The tables there are, the columns of a like name, DuckDB's own advice."""
    with pytest.raises(QueryError) as error:
        query(snapshot, sql)
    assert [word for word in instead if word not in str(error.value)] == []
