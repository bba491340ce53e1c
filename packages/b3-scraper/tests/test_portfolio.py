"""The frozen result: its bytes, its hash, and who can read its positions."""

import dataclasses
import datetime as dt
import hashlib
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from b3_contracts.backends.arrow import schema
from b3_contracts.models.tables import Position
from b3_scraper import parse_pages, parse_portfolio, split_payload
from b3_scraper.testing import SamplePortfolio


def test_a_portfolio_cannot_be_changed(sample: SamplePortfolio) -> None:
    """The header's figures are immutable."""
    portfolio = parse_portfolio(sample.to_csv())
    with pytest.raises(dataclasses.FrozenInstanceError):
        portfolio.divisor = None  # type: ignore[misc] # that is what is tested


def test_positions_have_exactly_the_contract_s_schema(sample: SamplePortfolio) -> None:
    """Column for column, decimals and nullability included."""
    assert parse_portfolio(sample.to_csv()).positions.schema.equals(schema(Position))


def test_the_payload_of_one_page_is_the_page(sample: SamplePortfolio) -> None:
    """Its hash is that of the bytes received."""
    body = sample.to_csv()
    portfolio = parse_portfolio(body)
    assert portfolio.payload == body
    assert portfolio.payload_sha256 == hashlib.sha256(body).hexdigest()
    assert split_payload(portfolio.payload) is None


def test_the_payload_of_several_pages_lists_their_hashes(sample: SamplePortfolio) -> None:
    """One hash a line; `split_payload` finds the pages again."""
    pages = [sample.to_json(page_number=n, page_size=5) for n in (1, 2, 3)]
    portfolio = parse_pages(pages, index="IBOV")
    hashes = tuple(hashlib.sha256(page).hexdigest() for page in pages)
    assert portfolio.payload == "".join(f"{one}\n" for one in hashes).encode("ascii")
    assert portfolio.payload_sha256 == hashlib.sha256(portfolio.payload).hexdigest()
    assert split_payload(portfolio.payload) == hashes


@pytest.mark.parametrize("payload", [b"", b"a" * 64, b"A" * 64 + b"\n", b"a" * 63 + b"\n", b"\n"])
def test_other_bytes_are_no_list_of_pages(payload: bytes) -> None:
    """Only whole lines of 64 lower-case hexadecimal digits are."""
    assert split_payload(payload) is None


def test_arrow_reads_a_portfolio(sample: SamplePortfolio) -> None:
    """The PyCapsule interface gives the positions."""
    portfolio = parse_portfolio(sample.to_csv())
    assert pa.table(portfolio).equals(portfolio.positions)


def test_pandas_reads_a_portfolio(sample: SamplePortfolio) -> None:
    """Through the Arrow PyCapsule interface, decimals kept."""
    pandas = pytest.importorskip("pandas", minversion="3", reason="pandas 3 is not installed")
    frame = pandas.DataFrame.from_arrow(parse_portfolio(sample.to_csv()))
    assert frame["weight_pct"].sum() == Decimal("100.000")


def test_polars_reads_a_portfolio(sample: SamplePortfolio) -> None:
    """Through the Arrow PyCapsule interface, decimals kept."""
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame(parse_portfolio(sample.to_csv()))
    assert frame["weight_pct"].sum() == Decimal("100.000")


def test_duckdb_reads_a_portfolio(sample: SamplePortfolio) -> None:
    """A variable that holds a portfolio is a table to DuckDB."""
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    with duckdb.connect() as connection:
        connection.register("ibov", parse_portfolio(sample.to_csv()))
        found = connection.execute("select sum(weight_pct), max(reference_date) from ibov")
        assert found.fetchone() == (Decimal("100.000"), dt.date(2025, 1, 6))


def test_a_portfolio_shows_itself_in_a_notebook(sample: SamplePortfolio) -> None:
    """A heading and the first rows; nothing of B3's is markup."""
    hostile = replace(sample.rows[0], company="A<b>&CO")
    page = parse_portfolio(replace(sample, rows=(hostile, *sample.rows[1:])).to_csv())._repr_html_()
    assert page.startswith("<p><strong>IBOV of 2025-01-06: 12 positions, divisor ")
    assert "A&lt;b&gt;&amp;CO" in page
    assert "<p>and 2 more</p>" in page
