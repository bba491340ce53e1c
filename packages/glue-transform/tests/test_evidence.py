"""A refusal names the rows behind it, where its rule counts rows."""

import datetime as dt
from decimal import Decimal

from b3_contracts.layout import RawEntry
from glue_transform.evidence import with_rows
from glue_transform.findings import Finding
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
    (told,) = with_rows([_finding("duplicate_count", "2")], RAW)
    assert told.observed_value == "2 (ticker=PETR4, 2 lines)"


def test_markers_that_nobody_knows_are_named() -> None:
    (told,) = with_rows([_finding("unknown_ex_rights_count", "1")], RAW)
    assert told.observed_value == "1 (ticker=VALE3, ex_rights=XX)"


def test_a_sum_is_told_as_it_is() -> None:
    """No row of it is more at fault than another."""
    (told,) = with_rows([_finding("weight_excess", "0.001")], RAW)
    assert told.observed_value == "0.001"
