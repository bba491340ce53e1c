"""Rows as HTML: every value as a person reads it."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from b3_scraper.html import html_table


def cells(rows: pa.Table) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", html_table(rows, "rows"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (False, "false"),
        (None, ""),
        (1_234_567, "1,234,567"),
        (24.49148573091752, "24.491"),
        (Decimal("2.580"), "2.580"),
        (Decimal("0E-8"), "0.00000000"),
        (dt.date(2025, 1, 6), "2025-01-06"),
        ("A & B", "A &amp; B"),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(value: Any, shown: str) -> None:
    assert cells(pa.table({"a": [value]})) == [shown]


def test_columns_of_one_name_are_all_shown() -> None:
    assert cells(pa.table([[1], [2]], ["a", "a"])) == ["1", "2"]
