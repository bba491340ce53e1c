"""Payloads that raw has kept since an older contract are still read as they were then."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.governance import golden
from b3_contracts.layout import RawPositionKey, payload_key
from b3_contracts.models.tables import Position
from b3_scraper import parse_portfolio

PACKAGE = Path(__file__).parents[1]
CONTRACTS = PACKAGE.parents[1] / "contracts"
VERSIONS = golden.admitted(CONTRACTS, PACKAGE / "pyproject.toml")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda folder: folder.name)
def test_a_kept_payload_gives_the_rows_it_gave(version: Path) -> None:
    """Positions under the present contract, with the figures of the golden raw rows."""
    files = sorted((version / "lake/raw/position").rglob("*.parquet"))
    for file in files:
        key = RawPositionKey.parse(file.relative_to(version / "lake").as_posix())
        assert key is not None
        body = gzip.decompress(
            (version / "lake" / payload_key(key.entry.payload_sha256)).read_bytes()
        )
        portfolio = parse_portfolio(body, index=key.entry.index_code)
        rows = validate(arrow.conform(portfolio.positions, Position), Position)
        was = pq.ParquetFile(file).read()
        known = [name for name in rows.column_names if name in was.column_names]
        assert rows.select(known).to_pylist() == was.select(known).to_pylist()
    assert len(files) > 0
