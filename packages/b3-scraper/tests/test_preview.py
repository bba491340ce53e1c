"""Previews: B3's answers about the next portfolio, which have no date."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from b3_scraper import InconsistentTotals, Refused, parse_preview
from b3_scraper.testing import Exchange, SamplePortfolio, SampleRow, sample_portfolio

Capture = Callable[[str], bytes]

DECEMBER = dt.date(2024, 12, 16)
EFFECTIVE = dt.date(2025, 1, 6)
IBOV = sample_portfolio("IBOV", EFFECTIVE, position_count=12)


def answer(portfolio: SamplePortfolio, **changes: Any) -> bytes:
    document = portfolio.to_theoretical_document(1, 9999)
    document["header"].update(changes)
    return json.dumps(document).encode()


def by_ticker(positions: pa.Table) -> pa.Table:
    return positions.drop_columns("sector").sort_by("ticker")


def test_a_preview_is_of_the_next_rebalance() -> None:
    found = parse_preview(answer(IBOV), index="IBOV", captured_on=DECEMBER)
    assert found is not None
    assert (found.reference_date, found.kind, found.divisor) == (
        EFFECTIVE,
        "quadrimester",
        IBOV.divisor,
    )
    assert by_ticker(found.positions) == by_ticker(IBOV.to_positions())


def test_the_figures_of_a_real_one_are_read(capture: Capture) -> None:
    """Its weights add up to 99.996, as those of previews do; only their figures were kept."""
    kept = json.loads(capture("preview/IBOV_preview_asked-2026-10-07_stale.json"))
    rows = tuple(
        SampleRow(
            each["ticker"],
            "COMPANY",
            "ON",
            None,
            each["theoretical_qty"],
            Decimal(str(each["weight_pct"])).quantize(Decimal("0.001")),
        )
        for each in kept["members"]
    )
    sample = SamplePortfolio("IBOV", EFFECTIVE, rows, Decimal(kept["reductor"]))
    found = parse_preview(answer(sample), index="IBOV", captured_on=DECEMBER)
    assert found is not None
    assert found.total_theoretical_quantity == kept["theoretical_qty_total"]
    assert found.total_weight_pct != 100


def test_an_index_without_a_preview_has_none() -> None:
    with Exchange([IBOV], DECEMBER) as exchange:
        body = exchange.answer("GetQuartelyPreview", {"index": "IBOV"}, None)
    assert body is not None
    assert parse_preview(body, index="IBOV", captured_on=DECEMBER) is None


def test_the_exchange_goes_on_giving_the_last_one() -> None:
    """As B3 does, for each index its own."""
    later = replace(IBOV, rows=IBOV.rows[1:])
    previews = {dt.date(2024, 12, 2): [IBOV], DECEMBER: [later]}
    with Exchange([IBOV], dt.date(2024, 12, 1), previews=previews) as exchange:
        assert exchange.preview("IBOV") is None
        for day, expected in ((2, IBOV), (15, IBOV), (16, later), (31, later)):
            exchange.today = dt.date(2024, 12, day)
            assert exchange.preview("IBOV") == expected
        assert exchange.preview("SMLL") is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (answer(IBOV, theoricalQty="1"), InconsistentTotals),
        (answer(IBOV, part="99,000"), Refused),
        (b"[]", Refused),
        (b"", Refused),
        (IBOV.to_csv(), Refused),
        (IBOV.to_json(), Refused),
        (answer(IBOV)[:-20], Refused),
    ],
)
def test_any_other_answer_is_refused(body: bytes, error: type[Refused]) -> None:
    with pytest.raises(error):
        parse_preview(body, index="IBOV", captured_on=DECEMBER)
