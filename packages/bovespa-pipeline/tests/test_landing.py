"""The boundary from the scraper to the lake: any portfolio becomes contract `raw_position`."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.layout import Sighting
from b3_contracts.specification import RAW
from b3_scraper import PARSER_REVISION, Portfolio, parse_pages, parse_portfolio
from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline.ingest.landing import raw_rows

Make = Callable[..., SamplePortfolio]

DAY = dt.date(2025, 1, 6)
NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
HEADER = ("total_theoretical_quantity", "divisor", "payload_sha256", "source", "captured_at")

FORMS: dict[str, Callable[[SamplePortfolio], bytes]] = {
    "CSV": lambda sample: sample.to_csv(),
    "CSV by sector": lambda sample: sample.to_csv(sector=True),
    "JSON": lambda sample: sample.to_json(),
    "JSON by sector, in English": lambda s: s.to_json(language="en-us", segment="2"),
}


def assert_contract(parsed: Portfolio) -> None:
    """Schema and rows are the contract's; each row carries the header, unchanged."""
    rows = raw_rows(parsed, Sighting("import", NOON))
    assert validate(rows, RAW).schema == arrow.schema(RAW)
    positions = parsed.positions
    assert rows.select(positions.column_names).to_pylist() == positions.to_pylist()
    assert rows.select(HEADER).group_by(list(HEADER)).aggregate([]).to_pylist() == [
        {
            "total_theoretical_quantity": parsed.total_theoretical_quantity,
            "divisor": parsed.divisor,
            "payload_sha256": parsed.payload_sha256,
            "source": "import",
            "captured_at": NOON,
        }
    ]
    assert set(rows["parser_revision"].to_pylist()) == {PARSER_REVISION}


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
def test_every_form_of_a_portfolio_becomes_the_contracts_rows(
    write: Callable[[SamplePortfolio], bytes], portfolio: Make
) -> None:
    """All sixteen digits of the divisor among them."""
    sample = portfolio(DAY, PETR4=4_000_000, VALE3=2_000_000)
    parsed = parse_portfolio(write(sample), index="IBOV")
    assert_contract(parsed)
    assert parsed.divisor == Decimal("16279911.48376400")


def test_what_a_file_does_not_say_is_null_in_its_rows(portfolio: Make) -> None:
    """A total that was cut off is not made up here."""
    lines = portfolio(DAY, PETR4=4_000_000).to_csv().splitlines(keepends=True)
    parsed = parse_portfolio(b"".join(lines[:-2]))
    assert_contract(parsed)
    assert (parsed.total_theoretical_quantity, parsed.divisor) == (None, None)


def test_pages_of_one_answer_become_one_portfolio(portfolio: Make) -> None:
    """Under the hash of their hashes."""
    sample = portfolio(DAY, PETR4=4_000_000, VALE3=2_000_000, WEGE3=1_000_000)
    pages = [sample.to_json(page_number=number, page_size=2) for number in (1, 2)]
    assert_contract(parse_pages(pages, index="IBOV"))


@pytest.mark.parametrize(
    "name",
    [
        "day/IBOVDia_06-01-25.csv",
        "sector/IBOVDia_29-07-24.csv",
        "json/GetPortfolioDay_IBOV_2025-04-07_en-us_segment2.json",
        "damaged/IBOV_2025-06-27_edited.csv",
    ],
)
def test_real_captures_become_the_contracts_rows(name: str, captures: Path) -> None:
    """Files as B3 wrote them and as people re-saved them."""
    assert_contract(parse_portfolio((captures / name).read_bytes(), index="IBOV"))
