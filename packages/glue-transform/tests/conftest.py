"""Fixtures: B3's real captures as raw rows."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import settings

from b3_contracts.backends import arrow
from b3_contracts.specification import RAW

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
IMPORTED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def captures() -> list[pa.Table]:
    """The raw rows of each good capture, as an import would land them."""
    if not CAPTURES.is_dir():
        pytest.skip("the folder of real captures (../shared/captures) is not here")
    scraper = pytest.importorskip("b3_scraper")
    titled = [
        *sorted(CAPTURES.glob("day/*.csv")),
        *sorted(CAPTURES.glob("sector/*.csv")),
        *sorted(CAPTURES.glob("json/GetPortfolioDay_*.json")),
    ]
    untitled = sorted(CAPTURES.glob("untitled/*.csv"))
    return [
        *(_import(path, scraper.parse_portfolio, dated=False) for path in titled),
        *(_import(path, scraper.parse_portfolio, dated=True) for path in untitled),
    ]


def _import(path: Path, parse: Callable[..., Any], *, dated: bool) -> pa.Table:
    """Untitled files are of the session that their name says."""
    index = path.name[:4] if path.suffix == ".csv" else path.name.split("_")[1]
    day = dt.datetime.strptime(path.stem[-8:], "%d-%m-%y").date() if dated else None  # noqa: DTZ007 - a day
    portfolio = parse(path.read_bytes(), index=index, reference_date=day)
    header = {
        "total_theoretical_quantity": portfolio.total_theoretical_quantity,
        "divisor": portfolio.divisor,
        "source": "import" if portfolio.complete else "import_incomplete",
        "payload_sha256": portfolio.payload_sha256,
        "captured_at": IMPORTED,
        "parser_revision": 1,
    }
    rows = portfolio.positions
    for name, value in header.items():
        field = arrow.schema(RAW).field(name)
        rows = rows.append_column(field, pa.array([value] * rows.num_rows, field.type))
    return arrow.conform(rows, RAW)
