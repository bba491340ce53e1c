"""A refusal names the rows behind it, where its rule counts rows."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from b3_contracts.layout import RawEntry
from glue_transform.packed_rows import PackedRows
from glue_transform.quality.findings import Finding
from glue_transform.quality.offending_rows import with_rows
from glue_transform.testing import Line, raw_rows

DAY = dt.date(2025, 1, 6)
LINES = [
    Line("PETR4", 4, Decimal("40.000")),
    Line("PETR4", 4, Decimal("40.000")),
    Line("VALE3", 2, Decimal("20.000"), ex_rights="XX"),
]
RAW = raw_rows("IBOV", DAY, LINES)
ENTRY = RawEntry("IBOV", DAY, RAW["payload_sha256"][0].as_py())


def _finding(column: str, observed: str) -> Finding:
    return Finding("position", f"{column} rule", column, "blocking", False, 1, observed, ENTRY)


def test_tickers_that_stand_twice_are_named() -> None:
    (told,) = with_rows([_finding("duplicate_count", "2")], [PackedRows([RAW])])
    assert told.observed_value == "2 (ticker=PETR4, 2 lines)"


def test_markers_that_nobody_knows_are_named() -> None:
    (told,) = with_rows([_finding("unknown_ex_rights_count", "1")], [PackedRows([RAW])])
    assert told.observed_value == "1 (ticker=VALE3, ex_rights=XX)"


@pytest.mark.parametrize(
    ("changes", "column", "observed"),
    [
        ({"share_class": "PNZ"}, "unknown_share_class_count", "1 (ticker=VALE3, share_class=PNZ)"),
        (
            {"listing_segment": "MP"},
            "unknown_listing_segment_count",
            "1 (ticker=VALE3, listing_segment=MP)",
        ),
    ],
)
def test_unknown_words_of_every_vocabulary_are_named(
    changes: dict[str, str], column: str, observed: str
) -> None:
    raw = raw_rows("IBOV", DAY, [*LINES[:2], LINES[2]._replace(**changes)])
    entry = RawEntry("IBOV", DAY, raw["payload_sha256"][0].as_py())
    (finding,) = with_rows([replace(_finding(column, "1"), entry=entry)], [PackedRows([raw])])
    assert finding.observed_value == observed


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (dt.date(2025, 1, 4), "2025-01-04, Saturday"),
        (dt.date(2019, 7, 9), "2019-07-09, Constitutionalist Revolution Day"),
    ],
)
def test_a_closed_day_is_named_with_its_reason(day: dt.date, why: str) -> None:
    raw = raw_rows("IBOV", day, LINES)
    entry = RawEntry("IBOV", day, raw["payload_sha256"][0].as_py())
    (finding,) = with_rows(
        [replace(_finding("closed_day_count", "1"), entry=entry)], [PackedRows([raw])]
    )
    assert finding.observed_value == f"1 ({why})"


def test_a_sum_is_told_as_it_is() -> None:
    """No row of it is more at fault than another."""
    (told,) = with_rows([_finding("weight_excess", "0.001")], [PackedRows([RAW])])
    assert told.observed_value == "0.001"
