"""`bovespa reparse` on payloads that an older parser typed or could not read."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.layout import Sighting
from b3_contracts.specification import RAW
from b3_scraper import parse_portfolio
from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline.ingest import reparsing
from bovespa_pipeline.ingest.landing import raw_rows
from lake_io import Lake, open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

MONDAY = dt.date(2025, 1, 6)
THEN = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)


@pytest.fixture
def sample(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, PETR4=4_000_000, VALE3=2_000_000)


@pytest.fixture
def raw_lake(lake: Path) -> Lake:
    return open_lake(str(lake))


def test_what_an_older_parser_rejected_is_landed_by_one_that_reads_it(
    raw_lake: Lake, sample: SamplePortfolio, bovespa: Run
) -> None:
    """The capture's own time and source stand in the rows, and the note stays."""
    answer = sample.to_json(segment="2", page_size=9999)
    digest = raw_lake.raw.store_payload(answer)
    raw_lake.raw.reject(digest, sample.index_code, "an older parser", THEN, "capture")

    result = bovespa("reparse")

    assert (result.returncode, result.stderr) == (0, "")
    read = raw_lake.raw.read(list(raw_lake.raw.entries().values())).rows
    assert set(read["source"].to_pylist()) == {"capture"}
    assert set(read["captured_at"].to_pylist()) == {THEN}
    assert raw_lake.raw.rejected() == (digest,)


def test_what_no_parser_reads_stays_rejected(raw_lake: Lake, bovespa: Run) -> None:
    digest = raw_lake.raw.store_payload(b"<html>")
    raw_lake.raw.reject(digest, "IBOV", "a page", THEN, "capture")

    result = bovespa("reparse")

    assert result.returncode == 0
    assert "; still rejected: 1\n" in result.stdout
    assert not raw_lake.raw.entries()


def test_rows_of_an_older_revision_are_typed_anew_from_the_payload(
    raw_lake: Lake, sample: SamplePortfolio, bovespa: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The higher revision is read from then on; the older rows stay where they are."""
    answer = sample.to_csv()
    found = parse_portfolio(answer)
    raw_lake.raw.store_payload(answer)
    raw_lake.raw.land(raw_rows(found, Sighting("import", THEN)))
    newer = pa.array([2] * found.position_count, arrow.schema(RAW).field("parser_revision").type)
    monkeypatch.setattr(reparsing, "PARSER_REVISION", 2)
    monkeypatch.setattr(
        reparsing,
        "raw_rows",
        lambda *given: raw_rows(*given).set_column(15, "parser_revision", newer),
    )

    result = bovespa("reparse")

    assert result.returncode == 0
    (key,) = raw_lake.raw.entries().values()
    assert key.parser_revision == 2
    assert len(list((Path(raw_lake.uri) / "raw/position").rglob("*.parquet"))) == 2


@pytest.mark.usefixtures("raw_lake")
def test_a_withdrawal_without_a_reason_is_wrong_usage(bovespa: Run) -> None:
    result = bovespa("withdraw", "IBOV", "2025-01-06", "--reason", "  ")
    assert result.returncode == 2
    assert "--reason must not be empty" in result.stderr
