"""Real captures: what B3 sent, and what people made of it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from b3_scraper import Portfolio, Refused, Undated, Unnamed, parse_download_name, parse_portfolio

Capture = Callable[[str], bytes]

PORTFOLIO_JSON = "json/GetPortfolioDay_IBOV_2025-04-07_en-us_segment2.json"

WHOLE = [
    ("day/IBOVDia_06-01-25.csv", "IBOV", "2025-01-06", 87),
    ("day/IBOVDia_15-07-24.csv", "IBOV", "2024-07-15", 86),
    ("day/IBOVDia_17-07-24.csv", "IBOV", "2024-07-17", 86),
    ("day/IBOVDia_19-07-24.csv", "IBOV", "2024-07-19", 86),
    ("day/IBOVDia_22-07-24.csv", "IBOV", "2024-07-22", 86),
    ("day/IBRADia_26-08-25.csv", "IBRA", "2025-08-26", 166),
    ("day/IBXXDia_12-11-24.csv", "IBXX", "2024-11-12", 100),
    ("day/IFIXDia_26-08-25.csv", "IFIX", "2025-08-26", 115),
    ("day/IFNCDia_04-05-22.csv", "IFNC", "2022-05-06", 27),
    ("day/SMLLDia_26-08-25.csv", "SMLL", "2025-08-26", 114),
    ("sector/IBOVDia_29-07-24.csv", "IBOV", "2024-07-29", 86),
]
UNTITLED = [f"untitled/IBOVDia_{day:02}-02-25.csv" for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)]


def rows(portfolio: Portfolio) -> dict[str, dict[str, object]]:
    return {row["ticker"]: row for row in portfolio.positions.to_pylist()}


@pytest.mark.parametrize(("name", "index", "date", "count"), WHOLE)
def test_a_download_is_read_whole(
    capture: Capture, name: str, index: str, date: str, count: int
) -> None:
    """Index and session come from the title, and the figures agree with the footers."""
    portfolio = parse_portfolio(capture(name)).verify()
    found = (portfolio.index_code, portfolio.reference_date, portfolio.position_count)
    assert found == (index, dt.date.fromisoformat(date), count)
    assert portfolio.complete


def test_the_totals_and_the_divisor_keep_every_digit(capture: Capture) -> None:
    """The divisor has sixteen digits, more than a float keeps."""
    portfolio = parse_portfolio(capture("day/IBOVDia_06-01-25.csv"))
    assert portfolio.total_theoretical_quantity == 98_370_249_996
    assert str(portfolio.divisor) == "16279911.48376400"
    assert str(portfolio.total_weight_pct) == "100.000"


def test_american_json_is_read_in_its_own_language(capture: Capture) -> None:
    """`04/07/25` is 7 April and `2.663` a weight, because the header's texts are English."""
    portfolio = parse_portfolio(capture(PORTFOLIO_JSON), index="IBOV").verify()
    assert portfolio.reference_date == dt.date(2025, 4, 7)
    assert portfolio.position_count == 87
    assert rows(portfolio)["WEGE3"] == {
        "index_code": "IBOV",
        "reference_date": dt.date(2025, 4, 7),
        "ticker": "WEGE3",
        "company": "WEG",
        "share_class": "ON",
        "ex_rights": None,
        "listing_segment": "NM",
        "sector": "Bens Indls / Máqs e Equips",
        "theoretical_quantity": 1_243_177_587,
        "weight_pct": Decimal("2.663"),
    }


def test_json_needs_to_be_told_its_index(capture: Capture) -> None:
    """GetPortfolioDay's body names no index, so it is not guessed."""
    with pytest.raises(Unnamed):
        parse_portfolio(capture(PORTFOLIO_JSON))


def test_a_download_by_sector_has_sectors(capture: Capture) -> None:
    """The ticker is the second column there; double spaces inside labels are B3's."""
    found = rows(parse_portfolio(capture("sector/IBOVDia_29-07-24.csv")))
    assert found["BRFS3"]["sector"] == "Cons N  Básico / Alimentos Processados"
    assert found["WEGE3"]["theoretical_quantity"] == 1_482_105_837


@pytest.mark.parametrize("name", UNTITLED)
def test_a_cut_title_is_undated_until_someone_dates_it(capture: Capture, name: str) -> None:
    """The name's date is used when told to, and the portfolio is not complete then."""
    claimed = parse_download_name(name)
    assert claimed is not None
    with pytest.raises(Undated):
        parse_portfolio(capture(name), index=claimed.index_code)
    portfolio = parse_portfolio(
        capture(name), index=claimed.index_code, reference_date=claimed.reference_date
    ).verify()
    assert (portfolio.position_count, portfolio.complete) == (87, False)


def test_a_download_without_title_and_footers_has_no_totals(capture: Capture) -> None:
    """Its weights total 100.000, so it is whole; what it did not say stays unknown."""
    body = capture("untitled/IBOVDia_30-12-24.csv")
    portfolio = parse_portfolio(body, index="IBOV", reference_date=dt.date(2024, 12, 30))
    assert portfolio.position_count == 87
    assert (portfolio.total_theoretical_quantity, portfolio.divisor) == (None, None)
    assert not portfolio.complete


def test_the_edited_download_is_whole_but_incomplete(capture: Capture) -> None:
    """Accents and footers gone, rows all there: 84 of them."""
    portfolio = parse_portfolio(capture("damaged/IBOV_2025-06-27_edited.csv")).verify()
    assert (portfolio.position_count, portfolio.complete) == (84, False)


@pytest.mark.parametrize(
    "name",
    [
        "quadrimester/IBOVQuad_1-2025.csv",
        "json/GetTheoricalPortfolio_IBOV_captured-2025-04-07.json",
    ],
)
def test_a_quadrimesters_portfolio_is_that_of_its_first_session(
    capture: Capture, name: str
) -> None:
    """Its quantities and divisor are those of the daily one of 6 January, its weights nearly."""
    date = None if name.endswith("csv") else dt.date(2025, 4, 7)
    portfolio = parse_portfolio(capture(name), index="IBOV", reference_date=date).verify()
    daily = parse_portfolio(capture("day/IBOVDia_06-01-25.csv"))
    assert (portfolio.kind, portfolio.reference_date) == ("quadrimester", daily.reference_date)
    assert portfolio.divisor == daily.divisor
    assert portfolio.total_theoretical_quantity == daily.total_theoretical_quantity
    names = ["ticker", "theoretical_quantity"]
    own, other = (each.positions.sort_by("ticker").select(names) for each in (portfolio, daily))
    assert own.equals(other)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("damaged/IBOV_2025-03-19_82-of-87-rows.csv", "the columns are not those"),
        ("damaged/IBOV_2025-07-09_first-page-only.html", "a web page"),
        ("damaged/IBOV_2025-08-01_comma-lost_20-rows.csv", "the columns are not those"),
        ("json/GetStockIndex_2025-04-07.json", "GetStockIndex"),
    ],
)
def test_what_is_no_sessions_portfolio_is_refused(capture: Capture, name: str, said: str) -> None:
    """Even with index and date given; the sentence says what it seems to be, the bytes are kept."""
    body = capture(name)
    with pytest.raises(Refused, match=said) as refusal:
        parse_portfolio(body, index="IBOV", reference_date=dt.date(2025, 4, 7))
    assert refusal.value.pages == (body,)
