"""A lake on S3 and Glue: what a folder has no like of, and what it asks of AWS.

That it publishes as a lake in a folder does is test_publishing.py's to show, on both.
"""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b3_contracts.layout import RawEntry, Sighting
from lake_io import Conflict, Lake, LakeMoved, LakeUnreachable, open_lake, query
from lake_io.tables import maintenance
from lake_io.tables.commits import replace_files, rollback_to

NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
LOADING = {"glue:GetTable", "s3:GetObject warehouse/"}


@pytest.fixture
def lake(account: Any) -> Lake:
    return open_lake(account.make_bucket())


@pytest.fixture
def glue(account: Any) -> Any:
    """The SDK's client."""
    from lake_io.storage.s3.aws import glue

    assert account.url == glue().meta.endpoint_url
    return glue()


def land(lake: Lake, factories: ModuleType) -> RawEntry:
    return lake.raw.land(factories.raw_rows())[0]


def test_raw_keeps_once_and_gives_back(lake: Lake, factories: ModuleType) -> None:
    """A payload, its rows and its manifest are there again, and a second landing is not new."""
    digest = lake.raw.store_payload(b"as it came")
    entry, is_new = lake.raw.land(factories.raw_rows())
    manifest = lake.raw.write_manifest([entry], NOON)
    assert is_new
    assert lake.raw.land(factories.raw_rows()) == (entry, False)
    assert lake.raw.write_manifest([entry], NOON) == manifest
    assert lake.raw.payload(digest) == b"as it came"
    assert lake.raw.read(list(lake.raw.entries().values())).rows.equals(factories.raw_rows())


def test_a_withdrawal_has_a_time(lake: Lake, factories: ModuleType) -> None:
    """A withdrawal at noon does not change the state before noon."""
    entry = land(lake, factories)
    lake.raw.withdraw(entry, "wrong", NOON)
    assert lake.raw.withdrawn() == {entry}
    assert lake.raw.withdrawn(until=NOON - dt.timedelta(seconds=1)) == frozenset()


def test_tables_lie_below_the_lake_and_leave_no_folder_objects(
    lake: Lake, factories: ModuleType, account: Any
) -> None:
    """`warehouse/<table>/`, by files alone: a store of objects has no folders to make."""
    factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    assert lake.refined_tables.table("portfolio").location() == "s3://lake/warehouse/portfolio"
    assert {key.split("/")[0] for key in account.objects()} == {"warehouse"}
    assert [key for key in account.objects() if key.endswith("/")] == []


def test_a_lake_may_lie_below_a_prefix(factories: ModuleType, account: Any) -> None:
    """Raw and tables both do then."""
    lake = open_lake(f"{account.make_bucket()}/some/place/")
    lake.raw.store_payload(b"x")
    monday = factories.session("IBOV", 6)
    assert factories.view_of(
        factories.publish(lake.refined_tables, "run", {monday: {"PETR4": 1}})
    ) == {monday: {"PETR4": 1}}
    assert {key[:11] for key in account.objects()} == {"some/place/"}


def test_the_database_that_terraform_made_is_used(
    lake: Lake, factories: ModuleType, glue: Any
) -> None:
    """It stays as it is, and the tables come into it."""
    given = {
        "Name": "bovespa",
        "LocationUri": f"{lake.uri}/warehouse",
        "Parameters": {"bovespa.root": lake.uri},
    }
    glue.create_database(DatabaseInput=given)
    factories.publish(lake.refined_tables, "run", {})
    found = glue.get_database(Name="bovespa")["Database"]
    assert {name: found[name] for name in given} == given


def test_another_lakes_tables_are_not_taken_for_its_own(
    lake: Lake, factories: ModuleType, account: Any
) -> None:
    """An account has one `bovespa` a region: a second lake is refused before it reads a row."""
    factories.publish(lake.refined_tables, "run", {})
    other = open_lake(account.make_bucket("other"))
    with pytest.raises(LakeMoved, match="s3://lake/warehouse/portfolio, not in s3://other"):
        other.refined_tables.snapshot()


def test_another_lakes_database_gets_no_tables(
    lake: Lake, factories: ModuleType, glue: Any
) -> None:
    """The database says whose it is before there is any table in it."""
    glue.create_database(
        DatabaseInput={"Name": "bovespa", "Parameters": {"bovespa.root": "s3://other"}}
    )
    with pytest.raises(LakeMoved, match="in s3://other, not in s3://lake"):
        factories.publish(lake.refined_tables, "run", {})


def test_the_pages_of_a_run_are_uploaded_without_a_front_page(
    lake: Lake, account: Any, tmp_path: Path
) -> None:
    """The front page is that of the whole lake, not of one run."""
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "run.html").write_text("passed")
    (tmp_path / "index.html").write_text("of one run")
    for _ in range(2):
        lake.quality.add(tmp_path)
    assert account.objects() == ["quality/validations/run.html"]
    assert lake.quality.front_page == "s3://lake/quality/index.html"
    assert account.asked == {"s3:ListBucket quality/", "s3:PutObject quality/"}


@pytest.mark.usefixtures("account")
def test_tables_in_no_bucket_cannot_be_written(factories: ModuleType) -> None:
    """A sentence of this package, not an exception of the SDK or of pyarrow."""
    with pytest.raises(LakeUnreachable, match="NO_SUCH_BUCKET"):
        factories.publish(open_lake("s3://nowhere").refined_tables, "run", {})


def test_without_a_region_raw_can_be_written_and_tables_say_what_is_missing(
    lake: Lake, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 knows where a bucket is; Glue is another one in every region."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    account.clear_clients()
    lake.raw.store_payload(b"x")
    with pytest.raises(LakeUnreachable, match="region"):
        lake.refined_tables.snapshot()


@pytest.mark.parametrize("uri", ["gs://lake", "s3a://lake", "file:///lake"])
def test_a_lake_elsewhere_is_refused(uri: str) -> None:
    """The forms there are stand in the message."""
    with pytest.raises(LakeUnreachable, match=r"a local folder, or s3://bucket"):
        open_lake(uri)


def test_importing_the_package_asks_for_no_sdk() -> None:
    """A lake in a folder needs neither boto3 nor the time that its import takes."""
    seen = "import sys, lake_io; sys.exit('boto3' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert (
        subprocess.run([sys.executable, "-c", seen], env=environment, check=False).returncode == 0
    )


def test_a_capture_asks_for_raw_and_nothing_else(
    lake: Lake, factories: ModuleType, account: Any
) -> None:
    """The role of a capture may see `raw/` alone, and Glue not at all."""
    lake.raw.store_payload(b"x")
    entry = land(lake, factories)
    lake.raw.write_manifest([entry], NOON)
    lake.raw.store_reference(NOON.date(), "indices", b"x")
    lake.raw.reject("a" * 64, "x.csv", "why", NOON)
    lake.raw.withdraw(entry, "why", NOON)
    # What is there already is read, and held against its hash.
    lake.raw.record_sighting(entry, Sighting("capture", NOON))
    assert account.asked == {"s3:PutObject raw/", "s3:GetObject raw/", "s3:ListBucket raw/"}


def test_reading_raw_lists_and_gets(lake: Lake, factories: ModuleType, account: Any) -> None:
    """Raw zone as refine sees it: read-only."""
    lake.raw.withdraw(land(lake, factories), "why", NOON)
    account.asked.clear()
    lake.raw.read(list(lake.raw.entries().values()))
    lake.raw.withdrawn(until=NOON)
    assert account.asked == {"s3:ListBucket raw/", "s3:GetObject raw/"}


def test_reading_tables_needs_no_right_to_write(
    lake: Lake, factories: ModuleType, account: Any
) -> None:
    """A view, its rows and its history: Glue's GetTable, and the files below `warehouse/`."""
    factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    account.asked.clear()
    refined_tables = open_lake(lake.uri).refined_tables
    factories.view_of(refined_tables.snapshot())
    refined_tables.history()
    assert account.asked == LOADING


def test_publishing_asks_for_what_the_refine_role_has(
    lake: Lake, factories: ModuleType, account: Any, glue: Any
) -> None:
    """Into Terraform's database: no right to make one, none to delete a table."""
    glue.create_database(DatabaseInput={"Name": "bovespa"})
    account.asked.clear()
    for day in (6, 7):
        factories.publish(
            lake.refined_tables, f"run {day}", {factories.session("IBOV", day): {"PETR4": 1}}
        )
    assert account.asked == {
        *LOADING,
        "glue:GetDatabase",
        "glue:CreateTable",
        "glue:UpdateTable",
        "s3:ListBucket warehouse/",
        "s3:PutObject warehouse/",
    }


def test_a_front_page_is_kept_in_the_lake(lake: Lake, account: Any) -> None:
    """No other rights are needed than for the pages of a run."""
    for page in (b"one", b"one", b"another"):
        lake.quality.write_front_page(page)
    assert account.objects() == ["quality/index.html"]
    assert list(lake.quality.names()) == ["index.html"]
    assert account.asked == {"s3:ListBucket quality/", "s3:PutObject quality/"}


def test_maintenance_deletes_below_the_warehouse_alone(
    lake: Lake, factories: ModuleType, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of expired snapshots are deleted, one request each; no row is lost."""
    monkeypatch.setattr(maintenance, "MAINTENANCE_INTERVAL", 2)
    monday = factories.session("IBOV", 6)
    for number in range(2):
        factories.publish(lake.refined_tables, f"run {number}", {monday: {"PETR4": number}})
    assert lake.refined_tables.maintain(dt.datetime.now(dt.UTC) + dt.timedelta(days=365))
    assert factories.view_of(lake.refined_tables.snapshot()) == {monday: {"PETR4": 1}}
    assert {each for each in account.asked if "Delete" in each} == {"s3:DeleteObject warehouse/"}
    assert [key for key in account.objects() if key.endswith("/")] == []


def test_a_run_that_came_and_was_set_aside_is_noticed(
    lake: Lake, factories: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table's newest snapshot is the view's again, but its numbers have gone on."""
    snapshot = factories.publish(
        lake.refined_tables, "base", {factories.session("IBOV", 6): {"PETR4": 1}}
    )
    catalog = lake.refined_tables._catalog
    commit_table = catalog.commit_table

    def overtaken(table: Any, *changes: Any) -> Any:
        monkeypatch.setattr(catalog, "commit_table", commit_table)
        pinned = snapshot.snapshot_ids["position"]
        other = catalog.load_table(table.name())
        replace_files(other, [], snapshot.read("position"), {})
        rollback_to(other, pinned)
        return commit_table(table, *changes)

    monkeypatch.setattr(catalog, "commit_table", overtaken)
    mine = factories.publication("mine", snapshot, {factories.session("IBOV", 7): {"PETR4": 2}})
    with pytest.raises(Conflict):
        lake.refined_tables.publish(mine)


def test_a_commit_to_a_table_of_another_version_is_refused(
    lake: Lake, factories: ModuleType, glue: Any
) -> None:
    """moto lets it pass, Glue does not: `moto_glue` is as strict as Glue."""
    factories.publish(lake.refined_tables, "run", {})
    table = glue.get_table(DatabaseName="bovespa", Name="portfolio")["Table"]
    given = {name: table[name] for name in ("Name", "Parameters", "StorageDescriptor")}
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(DatabaseName="bovespa", TableInput=given, VersionId="0")


def test_of_eight_publishers_none_loses_a_row_and_none_doubles_one(
    lake: Lake, factories: ModuleType
) -> None:
    """Each process publishes an index of its own and one that all replace, at the same time."""
    indices = [f"IDX{number}" for number in range(8)]
    race = Path(__file__).with_name("race.py")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(race), lake.uri, *indices]
    assert subprocess.run(command, env=environment, check=False).returncode == 0
    held = {"PETR4": 1, "VALE3": 2}
    sessions = [factories.session(index, 6) for index in ("IBOV", *indices)]
    snapshot = lake.refined_tables.snapshot()
    assert factories.view_of(snapshot) == dict.fromkeys(sessions, held)
    assert snapshot.read("portfolio").num_rows == 9
    assert sorted(run.run_id for run in lake.refined_tables.history()) == indices


def test_metadata_is_read_once(lake: Lake, factories: ModuleType, account: Any) -> None:
    """It never changes under its name; what a lake has read it does not ask for again."""
    factories.publish(lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 1}})
    lake.refined_tables.history()
    account.asked.clear()
    open_lake(lake.uri).refined_tables.history()
    assert account.asked == {"glue:GetTable"}


def test_a_file_that_is_gone_is_not_found(lake: Lake, factories: ModuleType) -> None:
    """Return whether the key is metadata, which is read whole, or data, which is not."""
    factories.publish(lake.refined_tables, "run", {})
    files = lake.refined_tables.table("portfolio").io
    for folder in ("metadata", "data"):
        gone = files.new_input(f"{lake.uri}/warehouse/portfolio/{folder}/gone")
        assert not gone.exists()
        with pytest.raises(FileNotFoundError):
            gone.open()


def test_sql_reads_the_files_where_they_lie(lake: Lake, factories: ModuleType) -> None:
    """DuckDB reaches for nothing by itself: it is handed S3's files as any others."""
    pytest.importorskip("duckdb", reason="lake-io is installed without its extra `query`")
    snapshot = factories.publish(
        lake.refined_tables, "run", {factories.session("IBOV", 6): {"PETR4": 7}}
    )
    rows = query(snapshot, "select ticker, theoretical_quantity from position").to_pylist()
    assert rows == [{"ticker": "PETR4", "theoretical_quantity": 7}]
