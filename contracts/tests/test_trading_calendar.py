"""B3's closed days, those before 2022 that one calendar lacks among them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts import trading_calendar as calendar

# Days before 2022 on which `exchange_calendars`, `pandas_market_calendars` and `bizdays` have B3
# closed (12 June 2014: all but `pandas_market_calendars`), and `holidays` has it open.
CLOSED = """
2000-01-25 2000-12-29 2001-01-25 2001-07-09 2001-12-24 2001-12-31 2002-01-25 2002-07-09
2002-12-24 2002-12-31 2003-07-09 2003-12-24 2003-12-31 2004-07-09 2004-12-24 2004-12-31
2005-01-25 2005-12-30 2006-01-25 2006-11-20 2006-12-29 2007-01-25 2007-07-09 2007-11-20
2007-12-24 2007-12-31 2008-01-25 2008-07-09 2008-11-20 2008-12-24 2008-12-31 2009-07-09
2009-11-20 2009-12-24 2009-12-31 2010-01-25 2010-07-09 2010-12-24 2010-12-31 2011-01-25
2011-12-30 2012-01-25 2012-07-09 2012-11-20 2012-12-24 2012-12-31 2013-01-25 2013-07-09
2013-11-20 2013-12-24 2013-12-31 2014-06-12 2014-07-09 2014-11-20 2014-12-24 2014-12-31
2015-07-09 2015-11-20 2015-12-24 2015-12-31 2016-01-25 2016-12-30 2017-01-25 2017-11-20
2017-12-29 2018-01-25 2018-07-09 2018-11-20 2019-01-25 2019-07-09 2019-11-20 2021-01-25
2021-07-09
"""
# From those three calendars: sessions of each year.
SESSIONS = {
    2004: 249, 2005: 249, 2006: 246, 2007: 245, 2008: 249, 2009: 246, 2010: 247, 2011: 249,
    2012: 246, 2013: 248, 2014: 248, 2015: 246, 2016: 249, 2017: 246, 2018: 245, 2019: 248,
    2020: 249, 2021: 247, 2022: 250, 2023: 248, 2024: 251, 2025: 250,
}  # fmt: skip


@pytest.mark.parametrize("day", CLOSED.split())
def test_b3_was_closed_on_a_day_that_one_calendar_lacks(day: str) -> None:
    names = calendar.closed_on(dt.date.fromisoformat(day))
    assert names is not None
    assert set(names) == {"en", "pt-BR"}


@pytest.mark.parametrize(
    "day",
    [
        "2020-07-09",
        "2020-11-20",
        "2021-12-30",
        "2022-01-25",
        "2022-07-11",
        "2022-12-29",
        "2003-11-20",
        "2020-05-20",
        "2020-05-25",
        "2021-03-26",
        "2023-02-22",
    ],
)
def test_b3_held_a_session_where_the_city_had_its_holiday_or_moved_it(day: str) -> None:
    """The pandemic's moved holidays were sessions, and so is Ash Wednesday."""
    assert calendar.is_trading_day(dt.date.fromisoformat(day))


@pytest.mark.parametrize(("year", "count"), SESSIONS.items())
def test_a_year_has_its_sessions(year: int, count: int) -> None:
    days = list(calendar.trading_days(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    assert len(days) == count


@pytest.mark.parametrize(
    ("day", "names"),
    [
        ("2025-01-04", {"en": "Saturday", "pt-BR": "Sábado"}),
        ("2025-01-05", {"en": "Sunday", "pt-BR": "Domingo"}),
        ("2025-12-25", {"en": "Christmas Day", "pt-BR": "Natal"}),
        ("2019-01-25", {"en": "São Paulo City Day", "pt-BR": "Aniversário de São Paulo"}),
    ],
)
def test_a_closed_day_has_its_reason_in_two_languages(day: str, names: dict[str, str]) -> None:
    assert calendar.closed_on(dt.date.fromisoformat(day)) == names


def test_closed_weekdays_leave_weekends_out() -> None:
    days = calendar.closed_weekdays(dt.date(2025, 3, 1), dt.date(2025, 3, 9))
    assert list(days) == [dt.date(2025, 3, 3), dt.date(2025, 3, 4)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-01-06", "2025-01-06"),
        ("2018-01-01", "2018-01-02"),
        ("2020-09-07", "2020-09-08"),
        ("2025-03-01", "2025-03-05"),
    ],
)
def test_the_next_trading_day_is_the_day_itself_if_b3_is_open(day: str, expected: str) -> None:
    found = calendar.next_trading_day(dt.date.fromisoformat(day))
    assert found == dt.date.fromisoformat(expected)


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_a_date_that_no_calendar_covers_is_no_error(day: dt.date) -> None:
    """A misread header may say any year."""
    assert calendar.closed_on(day) is None
    assert list(calendar.weekdays(day, day)) == [day]


@pytest.mark.parametrize(
    ("day", "last", "following"),
    [
        ("2025-01-05", "2024-09-02", "2025-01-06"),
        ("2025-01-06", "2025-01-06", "2025-05-05"),
        ("2025-12-31", "2025-09-01", "2026-01-05"),
        ("2020-09-07", "2020-05-04", "2020-09-08"),
    ],
)
def test_a_day_lies_between_two_rebalances(day: str, last: str, following: str) -> None:
    """A rebalance is on its own day the last one."""
    date = dt.date.fromisoformat(day)
    assert calendar.last_rebalance(date) == dt.date.fromisoformat(last)
    assert calendar.next_rebalance(date) == dt.date.fromisoformat(following)


@pytest.mark.parametrize(
    ("effective", "days"),
    [
        ("2026-01-05", ["2025-12-01", "2025-12-16", "2025-12-23"]),
        ("2025-01-06", ["2024-12-02", "2024-12-16", "2024-12-27"]),
        ("2025-09-01", ["2025-08-01", "2025-08-18", "2025-08-28"]),
        ("2026-09-08", ["2026-08-03", "2026-08-17", "2026-08-31"]),
    ],
)
def test_previews_come_on_three_days(effective: str, days: list[str]) -> None:
    """Those of December 2025 as B3 announced them; since then the third comes five days before."""
    found = calendar.preview_days(dt.date.fromisoformat(effective))
    assert [str(day) for day in found] == days


@given(st.dates(dt.date(2010, 1, 1), dt.date(2030, 12, 31)))
def test_previews_lie_in_order_before_their_rebalance(day: dt.date) -> None:
    last, effective = calendar.last_rebalance(day), calendar.next_rebalance(day)
    first, second, third = calendar.preview_days(effective)
    assert last <= day < effective
    assert last < first < second < third < effective
