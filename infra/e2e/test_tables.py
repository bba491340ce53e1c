"""The tables in the Glue Catalog: read by others, and the same as a lake that knows no AWS."""

import pytest
from applied import LAKE_BUCKET
from pyiceberg.catalog import load_catalog

from b3_contracts.specification import REFINED
from lake_io import open_lake, query

COMPARED = sorted(set(REFINED) - {"quality_result"})


def rows(table):
    """The rows in an order of their own."""
    return sorted(table.to_pylist(), key=repr)


@pytest.mark.parametrize("name", COMPARED)
def test_spark_on_aws_gives_the_rows_that_duckdb_gives_in_a_folder(tables, local, name):
    """In steps and with a rebuild there, at once here: refined is a function of raw alone."""
    assert tables[name] == rows(local.read(name))
    # The jobs' clock is the real one, and previews are told by the season: none is shown here.
    assert bool(tables[name]) != name.startswith("preview_")


def test_the_refused_portfolio_is_the_same_one(ended, local):
    """It was evaluated twice there, the rebuild included, and once here."""
    sql = "select distinct index_code, expectation from quality_result where index_code <> ''"
    assert rows(query(ended.snapshot, sql)) == rows(query(local, sql)) != []


@pytest.mark.parametrize("name", sorted(REFINED))
def test_any_reader_of_iceberg_finds_the_tables(ended, name):
    """PyIceberg's own Glue catalogue and files, as another engine would come to them."""
    keys = {"access-key-id": "testing", "secret-access-key": "testing", "region": "us-east-1"}
    keys["endpoint"] = ended.cloud.applied.endpoint
    settings = {f"{part}.{key}": value for part in ("glue", "s3") for key, value in keys.items()}
    table = load_catalog("other", type="glue", **settings).load_table(("bovespa", name))
    ours = open_lake(f"s3://{LAKE_BUCKET}").refined_tables.snapshot().read(name)
    assert table.location() == f"s3://{LAKE_BUCKET}/warehouse/{name}"
    assert rows(table.scan().to_arrow().select(ours.column_names)) == rows(ours)


def test_sql_answers_from_the_catalogue(ended):
    """DuckDB, over the files that the Glue Catalog names."""
    sql = "select count(*) as sessions from portfolio where index_code = 'IBOV'"
    assert query(ended.snapshot, sql).to_pylist() == [{"sessions": 12}]
