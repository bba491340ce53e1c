"""The bundled sample: exact, true to B3's published figures, and read or refused by the line."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from b3_scraper import Portfolio, parse_portfolio
from b3_scraper.testing import SamplePortfolio
from bovespa_pipeline import sample
from bovespa_pipeline.sample import BrokenSample, read_sample, sample_portfolios

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
SESSIONS = {(found.index_code, str(found.reference_date)): found for found in sample_portfolios()}
FEBRUARY = [f"2025-02-{day:02}" for day in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)]
IBOV_DATES = ["2024-12-11", "2024-12-13", "2024-12-16", "2024-12-30", "2025-01-06", *FEBRUARY]
TOTALS = {
    "2024-12-11": 96_387_676_727,
    "2024-12-13": 96_482_925_468,
    "2024-12-16": 97_041_528_920,
    "2024-12-30": 97_041_528_920,
    "2025-01-06": 98_370_249_996,
    **dict.fromkeys(FEBRUARY, 98_374_532_289),
}
FIGURES = (
    "ticker",
    "company",
    "share_class",
    "ex_rights",
    "listing_segment",
    "theoretical_quantity",
    "weight_pct",
)

Change = tuple[int | None, int | None]
SampleFolder = Callable[..., Path]


def ibov(date: str) -> SamplePortfolio:
    return SESSIONS["IBOV", date]


def quantities(portfolio: SamplePortfolio) -> dict[str, int]:
    return {row.ticker: row.theoretical_quantity for row in portfolio.rows}


def types(portfolio: SamplePortfolio) -> dict[str, str]:
    return {row.ticker: row.type for row in portfolio.rows}


def changes(before: str, after: str) -> dict[str, Change]:
    """Each ticker of IBOV whose quantity differs; None where it is not in the portfolio."""
    old, new = quantities(ibov(before)), quantities(ibov(after))
    return {
        ticker: (old.get(ticker), new.get(ticker))
        for ticker in old | new
        if old.get(ticker) != new.get(ticker)
    }


def captured(name: str, index: str, date: str) -> Portfolio:
    if not CAPTURES.is_dir():
        pytest.skip("the folder of real captures (../shared/captures) is not here")
    day = dt.date.fromisoformat(date)
    return parse_portfolio((CAPTURES / name).read_bytes(), index=index, reference_date=day)


def figures(rows: list[dict[str, object]]) -> dict[object, Mapping[str, object]]:
    return {row["ticker"]: {name: row[name] for name in FIGURES} for row in rows}


def test_the_sessions_are_the_told_ones_in_order() -> None:
    """Fifteen of IBOV, then one of an index that B3 gives in two pages."""
    wanted = [("IBOV", date) for date in IBOV_DATES] + [("IBRA", "2025-08-26")]
    assert list(SESSIONS) == wanted


@pytest.mark.parametrize("session", SESSIONS.values(), ids=map(" ".join, SESSIONS))
def test_each_portfolio_survives_the_way_through_b3s_json(session: SamplePortfolio) -> None:
    """Written as B3 writes it, parsed and verified, it is what the sample says, sectors too."""
    body = session.to_json(segment="2", page_size=9999)
    parsed = parse_portfolio(body, index=session.index_code).verify()
    assert parsed.positions.sort_by("ticker") == session.to_positions().sort_by("ticker")
    assert parsed.divisor == session.divisor
    assert parsed.total_weight_pct == Decimal("100.000")
    assert parsed.warnings == ()


@pytest.mark.parametrize(("date", "total"), TOTALS.items())
def test_ibov_has_its_total(date: str, total: int) -> None:
    """To the unit, that of 11 December included."""
    assert ibov(date).total_theoretical_quantity == total


def test_the_positions_are_counted() -> None:
    """AMOB3 makes 87 of 86; IBRA is more than one page of 120."""
    counts = {key: len(found.rows) for key, found in SESSIONS.items()}
    small = dict.fromkeys([("IBOV", "2024-12-11"), ("IBOV", "2024-12-13")], 86)
    assert counts == {**dict.fromkeys(SESSIONS, 87), **small, ("IBRA", "2025-08-26"): 166}


def test_lren3_gets_its_bonus_shares_on_13_december() -> None:
    """One share for ten, marked EB that day, and nothing else moves."""
    assert changes("2024-12-11", "2024-12-13") == {"LREN3": (952_487_418, 1_047_736_159)}
    marks = types(ibov("2024-12-11"))["LREN3"], types(ibov("2024-12-13"))["LREN3"]
    assert marks == ("ON      NM", "ON  EB  NM")


def test_amob3_arrives_alone() -> None:
    """A spin-off's security, between rebalances; then December ends as it was."""
    assert changes("2024-12-13", "2024-12-16") == {"AMOB3": (None, 558_603_452)}
    assert changes("2024-12-16", "2024-12-30") == {}


def test_the_rebalance_of_january_changes_fifty_papers() -> None:
    """Two in, two out, 46 quantities."""
    moved = changes("2024-12-30", "2025-01-06")
    came = {ticker for ticker, (before, _) in moved.items() if before is None}
    left = {ticker for ticker, (_, after) in moved.items() if after is None}
    assert (came, left) == ({"POMO4", "PSSA3"}, {"ALPA4", "EZTC3"})
    assert len(moved) == 50


def test_eqtl3_alone_changes_until_february() -> None:
    """And from there on nothing but weights and markers."""
    assert changes("2025-01-06", "2025-02-03") == {"EQTL3": (1_249_258_717, 1_253_541_010)}
    assert [changes(FEBRUARY[0], date) for date in FEBRUARY] == [{}] * len(FEBRUARY)


def test_derived_weights_are_those_of_30_december_without_amob3() -> None:
    """None is further than a thousandth from its proportional share."""
    end = {row.ticker: row.weight_pct for row in ibov("2024-12-30").rows}
    scale = Decimal(100) / (100 - end.pop("AMOB3"))
    for date in ("2024-12-11", "2024-12-13"):
        weights = {row.ticker: row.weight_pct for row in ibov(date).rows}
        assert weights.keys() == end.keys()
        assert all(abs(weights[name] - end[name] * scale) < Decimal("0.001") for name in end)


def test_every_paper_of_ibov_has_its_sector() -> None:
    """A security's fields in B3's answer by sector."""
    ibov_rows = [
        row for (code, _), found in SESSIONS.items() if code == "IBOV" for row in found.rows
    ]
    assert {row.ticker for row in ibov_rows if row.sector is None} == set()


PUBLISHED = [
    ("untitled/IBOVDia_30-12-24.csv", "IBOV", "2024-12-30"),
    ("day/IBOVDia_06-01-25.csv", "IBOV", "2025-01-06"),
    *((f"untitled/IBOVDia_{date[8:]}-02-25.csv", "IBOV", date) for date in FEBRUARY),
    ("day/IBRADia_26-08-25.csv", "IBRA", "2025-08-26"),
]


@pytest.mark.parametrize(("name", "index", "date"), PUBLISHED)
def test_a_published_session_is_what_b3_published(name: str, index: str, date: str) -> None:
    """Every security, marker, quantity and weight, and the divisor where the file has one."""
    real, bundled = captured(name, index, date), SESSIONS[index, date]
    assert figures(bundled.to_positions().to_pylist()) == figures(real.positions.to_pylist())
    assert real.divisor in {None, bundled.divisor}


def test_only_sessions_with_a_capture_are_called_published() -> None:
    """And a divisor that no capture gives is called a stand-in."""
    lines = (files(sample) / "sessions.csv").read_text("utf-8").splitlines()[1:]
    told = [line.split(",") for line in lines]
    assert {(row[0], row[1]) for row in told if row[2] == "published"} == {
        (index, date) for _, index, date in PUBLISHED
    }
    assert [row[1] for row in told if row[4] == "stand-in"] == IBOV_DATES[:4]


def test_no_file_of_the_sample_is_left_over() -> None:
    """Each positions file belongs to a session, each security to a position."""
    folder = files(sample)
    stored = {entry.name for entry in (folder / "positions").iterdir()}
    assert stored == {f"{index}_{date}.csv" for index, date in SESSIONS}
    securities = (folder / "securities.csv").read_text("utf-8").splitlines()[1:]
    held = {row.ticker for found in SESSIONS.values() for row in found.rows}
    assert {line.split(",")[0] for line in securities} == held


SECURITIES = "securities.csv"
SESSION_LIST = "sessions.csv"
POSITIONS = "positions/IBOV_2025-01-06.csv"
SMALL = {
    SECURITIES: [
        "ticker,company,share_class,listing_segment,sector",
        "WEGE3,WEG,ON,NM,",
        "PETR4,PETROBRAS,PN,N2,",
    ],
    SESSION_LIST: [
        "index_code,reference_date,origin,divisor,divisor_origin,note",
        "IBOV,2025-01-06,published,1.00000000,published,",
    ],
    POSITIONS: [
        "ticker,ex_rights,theoretical_quantity,weight_pct",
        "PETR4,EJ,4000,60.000",
        "WEGE3,,1000,40.000",
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> SampleFolder:
    """A sample of two securities; `folder(file, line, text)` spoils one line of it."""

    def write(file: str = SECURITIES, line: int = 0, text: str | None = None) -> Path:
        (tmp_path / "positions").mkdir()
        for name, lines in SMALL.items():
            changed = [
                text if text is not None and (name, at) == (file, line) else was
                for at, was in enumerate(lines, 1)
            ]
            (tmp_path / name).write_text("\n".join(changed) + "\n", "utf-8")
        return tmp_path

    return write


def test_a_folder_of_the_format_is_read(folder: SampleFolder) -> None:
    """Class, marker and segment become the one text that B3 writes."""
    (found,) = read_sample(folder())
    assert types(found) == {"PETR4": "PN  EJ  N2", "WEGE3": "ON      NM"}
    assert quantities(found) == {"PETR4": 4000, "WEGE3": 1000}
    assert (found.reference_date, found.divisor) == (dt.date(2025, 1, 6), Decimal("1.00000000"))


@pytest.mark.parametrize(
    ("file", "line", "text", "why"),
    [
        (SECURITIES, 1, "ticker,company", "expected ticker,company,share_class"),
        (SECURITIES, 3, "WEGE3,WEG,ON,NM,", "WEGE3 stands there twice"),
        (SECURITIES, 3, "PETR4, PETROBRAS,PN,N2,", "company ' PETROBRAS'"),
        (SESSION_LIST, 2, "IBOV,2025-02-30,published,1.00000000,published,", "reference_date"),
        (SESSION_LIST, 2, "IBOV,2025-01-06,published,1.0,published,", "divisor '1.0'"),
        (SESSION_LIST, 2, "IBOV,2025-01-06,guessed,1.00000000,published,", "origin 'guessed'"),
        (SESSION_LIST, 2, "ibov,2025-01-06,published,1.00000000,published,", "index_code 'ibov'"),
        (POSITIONS, 2, "PETR4,EJ,4.000,60.000", "theoretical_quantity '4.000'"),
        (POSITIONS, 2, "PETR4,EJ,0,60.000", "theoretical_quantity '0'"),
        (POSITIONS, 2, "PETR4,EJ,4000,60.0", "weight_pct '60.0'"),
        (POSITIONS, 2, "PETR4,EJ,4000", "expected 4 fields, found 3"),
        (POSITIONS, 2, "", "expected 4 fields, found 0"),
        (POSITIONS, 2, "PETR4,ej,4000,60.000", "'PN  ej  N2' is not a type"),
        (POSITIONS, 2, "VALE3,,4000,60.000", "VALE3 is not in securities.csv"),
        (POSITIONS, 3, "PETR4,,1000,40.000", "PETR4 stands there twice"),
    ],
)
def test_a_wrong_line_is_named(
    folder: SampleFolder, file: str, line: int, text: str, why: str
) -> None:
    """The message begins with the file and the line, then says what is wrong there."""
    with pytest.raises(BrokenSample) as broken:
        read_sample(folder(file, line, text))
    said = str(broken.value)
    assert said.startswith(f"{file}, line {line}: ")
    assert why in said


def test_a_lost_line_is_noticed(folder: SampleFolder) -> None:
    """Without it the weights are no longer the whole."""
    spoilt = folder(POSITIONS, 3, "WEGE3,,1000,39.999")
    with pytest.raises(BrokenSample, match=r"IBOV_2025-01-06\.csv: .* 99\.999, not 100\.000"):
        read_sample(spoilt)
