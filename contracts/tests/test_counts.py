"""Counts and figures as a person reads them."""

import pytest

from b3_contracts.counts import counted, rounded


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 indices"), (1, "1 index"), (2_000, "2,000 indices")]
)
def test_a_count_agrees_with_its_noun(number: int, text: str) -> None:
    assert counted(number, "index", "indices") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (24.49148573091752, "24.491"),
        (24.0, "24.000"),
        (1_234_567.8, "1,234,567.800"),
        (-0.5, "-0.500"),
        (-0.0, "0.000"),
        (0.000123456, "0.000123"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_a_figure_has_three_decimals_and_never_loses_a_small_value(
    number: float, text: str
) -> None:
    assert rounded(number) == text
