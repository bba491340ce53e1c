"""Sessions that B3 held and the lake lacks."""

import datetime as dt

import pytest

from bovespa_pipeline.queries.gaps import missing_sessions


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        ("2019-01-24", "2019-01-28", []),
        ("2019-07-08", "2019-07-10", []),
        ("2019-11-19", "2019-11-21", []),
        ("2020-07-08", "2020-07-10", ["2020-07-09"]),
        ("2020-11-19", "2020-11-23", ["2020-11-20"]),
        ("2021-07-08", "2021-07-12", []),
        ("2022-01-24", "2022-01-26", ["2022-01-25"]),
        ("2015-12-23", "2015-12-28", []),
        ("2014-06-11", "2014-06-13", []),
        ("2025-02-28", "2025-03-06", ["2025-03-05"]),
    ],
)
def test_a_day_on_which_b3_was_closed_is_no_gap(first: str, last: str, missing: list[str]) -> None:
    """São Paulo's municipal holidays were closed days until 2021, but for the pandemic's."""
    days = [dt.date.fromisoformat(day) for day in (first, last)]
    assert [day.isoformat() for day in missing_sessions(days)] == missing
