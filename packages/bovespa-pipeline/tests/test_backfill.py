"""Bulletins in the lake: backfill and import, beside captures, interrupted, refused, missing."""

import contextlib
import datetime as dt
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_contracts.trading_calendar import rebalance_day, trading_days
from b3_contracts.vocabulary import SOURCES
from b3_scraper import Client
from b3_scraper.testing import (
    Exchange,
    Fault,
    SampleBulletin,
    SamplePortfolio,
    SampleRow,
    sample_portfolio,
)
from bovespa_pipeline.ingest.backfilling import Backfill, backfill, quadrimesters
from bovespa_pipeline.ingest.capturing import capture
from bovespa_pipeline.ingest.landing import Landing
from bovespa_pipeline.ingest.reparsing import reparse_all
from bovespa_pipeline.lake_reader import open_lake as open_reader
from bovespa_pipeline.sample.__main__ import main as serve_sample
from bovespa_pipeline.texts import texts
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Tables = Callable[[Path], Mapping[str, list[dict[str, Any]]]]

pytestmark = pytest.mark.usefixtures("quick_gate")

NOW = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)
STARTS = [
    rebalance_day(year, month) for year, month in ((2025, 1), (2025, 5), (2025, 9), (2026, 1))
]
CODES = ("IBOV", "IBXL")


def bulletin(date: dt.date, *, codes: tuple[str, ...] = CODES) -> SampleBulletin:
    """The bulletin of a date, with 12 positions for each index."""
    start = SampleBulletin(date, ()).effective_date
    return SampleBulletin(date, tuple(portfolio_of(code, start) for code in codes))


def portfolio_of(code: str, start: dt.date) -> SamplePortfolio:
    """Another portfolio in each quadrimester."""
    return sample_portfolio(code, start, position_count=12, seed=start.month)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """The bulletins of the first sessions of four quadrimesters."""
    bulletins = {start: bulletin(start).to_pdf() for start in STARTS}
    with Exchange([], NOW.date(), bulletins=bulletins) as server:
        yield server


@pytest.fixture
def fill(bovespa: Run, exchange: Exchange) -> Run:
    """`fill(*arguments)` runs the backfill from January 2025 on."""

    def run(*arguments: str) -> CompletedProcess[str]:
        source = ("--source", exchange.bulletin_url)
        return bovespa("backfill", *arguments, *source, "--from", "2025-01")

    return run


def asked(exchange: Exchange) -> list[str]:
    return [str(request.parameters["date"]) for request in exchange.requests]


def published(lake: Path) -> list[tuple[str, dt.date, str]]:
    rows = open_lake(str(lake)).refined_tables.snapshot().read("portfolio").to_pylist()
    return sorted((row["index_code"], row["reference_date"], row["source"]) for row in rows)


# ── backfill ─────────────────────────────────────────────────────────────────────────


def test_an_empty_lake_answers_for_a_day_between_two_rebalances(
    bovespa: Run, fill: Run, lake: Path, exchange: Exchange
) -> None:
    """One bulletin a quadrimester; the answer names session and source."""
    result = fill()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "index   25-1  25-2  25-3  26-1",
        "IBOV     yes   yes   yes   yes",
        "IBXL     yes   yes   yes   yes",
        "published 8 portfolios of 2 indices",
    ]
    assert asked(exchange) == list(map(str, STARTS))
    assert published(lake) == [(code, start, "bulletin") for code in CODES for start in STARTS]
    members = bovespa("members", "IBOV", "--on", "2025-06-15", "--format", "json")
    expected = portfolio_of("IBOV", STARTS[1]).to_positions(sectors=False)
    assert {row["ticker"] for row in json.loads(members.stdout)} == {
        *expected["ticker"].to_pylist()
    }
    assert members.stderr.startswith(
        "12 positions of IBOV on 2025-05-05, the latest captured session not after 2025-06-15; "
        "from a bulletin of B3: changes inside the quadrimester are not known"
    )


def test_a_second_backfill_asks_for_nothing_again(
    fill: Run, lake: Path, exchange: Exchange, tables: Tables
) -> None:
    """What is in the raw zone is read from there."""
    fill()
    before = tables(lake)
    exchange.requests.clear()
    again = fill()
    assert again.returncode == 0
    assert again.stdout.endswith("nothing to publish\n")
    assert exchange.requests == []
    assert tables(lake) == before


def test_only_the_named_indices_land(fill: Run, lake: Path) -> None:
    """The others come later from the same payloads."""
    result = fill("IBXL")
    assert result.returncode == 0
    assert {code for code, _, _ in published(lake)} == {"IBXL"}
    fill()
    assert {code for code, _, _ in published(lake)} == set(CODES)


def test_a_neighbour_is_tried_where_a_bulletin_is_missing(
    fill: Run, lake: Path, exchange: Exchange
) -> None:
    """Or where its chapter has no such section."""
    sessions = list(trading_days(STARTS[0], dt.date(2025, 1, 20)))
    other = bulletin(sessions[1]).to_text().replace("Composição das carteiras", "Empréstimos")
    del exchange.bulletins[sessions[0]]
    exchange.bulletins[sessions[1]] = other.encode()
    exchange.bulletins[sessions[2]] = b"<!doctype html><html></html>"
    exchange.bulletins[sessions[3]] = bulletin(sessions[3]).to_pdf()
    assert fill().returncode == 0
    assert asked(exchange)[:4] == list(map(str, sessions[:4]))
    assert ("IBOV", STARTS[0], "bulletin") in published(lake)


def test_a_section_that_is_missing_is_looked_for_in_two_neighbours(
    fill: Run, lake: Path, exchange: Exchange
) -> None:
    """And then named, with the sessions that were tried; the rest is published."""
    sessions = list(trading_days(STARTS[0], dt.date(2025, 1, 20)))
    for session in sessions[:2]:
        exchange.bulletins[session] = bulletin(session, codes=("IBOV",)).to_pdf()
    exchange.bulletins[sessions[2]] = bulletin(sessions[2]).to_pdf()
    result = fill("IBXL", "SMLL")
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == (
        "not found: 2025-1: SMLL (2025-01-06: no whole portfolio of IBXL, SMLL; "
        "2025-01-07: no whole portfolio of IBXL, SMLL; 2025-01-08: no whole portfolio of SMLL)"
    )
    assert [date for code, date, _ in published(lake) if code == "IBXL"] == STARTS


def test_a_quadrimester_without_any_bulletin_is_named(fill: Run, exchange: Exchange) -> None:
    """With all eight sessions that were asked for."""
    del exchange.bulletins[STARTS[3]]
    result = fill()
    assert result.returncode == 1
    assert "25-3  26-1\n" in result.stdout
    line = result.stderr.splitlines()[0]
    assert line.startswith("not found: 2026-1: no bulletin with portfolios (2026-01-05: 127.0.0.1")
    assert line.count("has no bulletin of") == 8


def test_a_damaged_bulletin_is_kept_refused_and_replaced_by_a_neighbour(
    fill: Run, lake: Path, exchange: Exchange
) -> None:
    """Its bytes are evidence."""
    cut = exchange.bulletins[STARTS[0]][:500]
    exchange.bulletins[STARTS[0]] = cut
    exchange.bulletins[dt.date(2025, 1, 7)] = bulletin(dt.date(2025, 1, 7)).to_pdf()
    result = fill()
    assert result.returncode == 1
    assert result.stderr.startswith("refused: BDI_02_20250106.pdf: the PDF is cut or damaged")
    assert ("IBOV", STARTS[0], "bulletin") in published(lake)
    raw = open_lake(str(lake)).raw
    (digest,) = raw.rejected()
    assert raw.payload(digest) == cut


def test_a_broken_section_is_refused_by_name_and_taken_from_a_neighbour(
    fill: Run, lake: Path, exchange: Exchange
) -> None:
    """The other sections of the first bulletin land."""
    text = bulletin(STARTS[0]).to_text().replace("IBOVESPA\n", "IBOVESPA\n", 1)
    lines = text.splitlines()
    del lines[lines.index("IBOVESPA") + 3]
    exchange.bulletins[STARTS[0]] = "\n".join(lines).encode()
    exchange.bulletins[dt.date(2025, 1, 7)] = bulletin(dt.date(2025, 1, 7)).to_pdf()
    result = fill()
    assert result.returncode == 1
    assert result.stderr.startswith(
        "refused: BDI_02_20250106.pdf: IBOVESPA: weight_pct: the weights of 11 rows add up to "
    )
    assert [date for code, date, _ in published(lake) if code == "IBOV"] == STARTS


def test_a_source_that_is_away_ends_with_3_after_three_quadrimesters(
    fill: Run, exchange: Exchange
) -> None:
    """What came before it stays."""
    exchange.misbehave(Fault.SERVER_ERROR, times=None)
    result = fill()
    assert result.returncode == 3
    lines = result.stderr.splitlines()
    assert [line.split(":")[1] for line in lines] == [" 2025-1", " 2025-2", " 2025-3", " 2026-1"]
    assert lines[-1] == "unreachable: 2026-1: not asked: the source is away"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "2022-08"), "bulletins begin in September 2022: --first 2022-09 at least"),
        (("--from", "2022-9"), "2022-9"),
        (("--from", "2022-13"), "2022-13"),
        (("--from", "2025-05", "--to", "2025-01"), "--first 2025-05 is after --last 2025-01"),
        (("--from", "2025-01-20", "--to", "2025-01-06"), "2025-01-20 is after --last 2025-01-06"),
        (("--from", "2099-09", "--to", "2099-12"), "--first 2099-09 has not come yet"),
        (("IBO",), "'IBO' is no index code"),
    ],
)
def test_a_wrong_span_or_index_is_a_usage_error(
    bovespa: Run, arguments: tuple[str, ...], message: str
) -> None:
    """Before anything is asked for."""
    result = bovespa("backfill", *arguments)
    assert result.returncode == 2
    assert message in result.stderr


def test_this_month_is_a_first_month(bovespa: Run, exchange: Exchange) -> None:
    """Though its last day has not come."""
    result = bovespa("backfill", "--first", "2026-03", "--source", exchange.url)
    assert result.stdout.splitlines()[0].split() == ["index", "26-1"]


def test_thirteen_quadrimesters_have_bulletins_until_november_2026() -> None:
    """From September 2022; the rebalances of September 2026 and January 2024 were on a Tuesday."""
    found = quadrimesters(dt.date(2022, 9, 30), dt.date(2026, 11, 26))
    assert len(found) == 13
    assert [each.name for each in found][:2] == ["2022-3", "2023-1"]
    assert (found[0].effective_date, found[-1].effective_date) == (
        dt.date(2022, 9, 5),
        dt.date(2026, 9, 8),
    )
    assert found[0].last_date == dt.date(2023, 1, 1)
    assert found[-1].last_date == dt.date(2026, 11, 26)


def test_the_first_days_of_january_belong_to_the_quadrimester_before() -> None:
    """The rebalance comes with the first Monday."""
    (found,) = quadrimesters(dt.date(2025, 1, 3), dt.date(2025, 1, 5))
    assert found.name == "2024-3"


def test_a_crash_in_the_middle_of_a_bulletin_is_finished_by_the_next_run(
    lake: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One section has landed and no manifest names it."""
    storage = open_lake(str(lake))
    landing = Landing(storage.raw, lambda: NOW)
    monkeypatch.setattr(Landing, "write_manifest", lambda _: None)
    with pytest.raises(ZeroDivisionError):
        fail_after(landing, monkeypatch, exchange)
    monkeypatch.undo()
    assert {entry.index_code for entry in storage.raw.entries()} == {"IBOV"}
    with Client(exchange.url) as client:
        capture(storage.raw, client, [], lambda: NOW)
    assert {entry.index_code for entry in storage.raw.entries()} == set(CODES)
    assert len(list(storage.raw.manifests())) == 1


def fail_after(landing: Landing, monkeypatch: pytest.MonkeyPatch, exchange: Exchange) -> None:
    """Land one portfolio of a bulletin, then crash."""
    land, landed = Landing._land_rows, []

    def once(self: Landing, *arguments: Any) -> Any:
        if landed:
            raise ZeroDivisionError
        landed.append(arguments)
        return land(self, *arguments)

    monkeypatch.setattr(Landing, "_land_rows", once)
    wanted = quadrimesters(STARTS[0], STARTS[0])
    with Client(bulletin_url=exchange.bulletin_url) as client:
        backfill(Backfill(landing), client, wanted, ())


# ── beside other sources ─────────────────────────────────────────────────────────────


def rounded(portfolio: SamplePortfolio, **quantities: int) -> SamplePortfolio:
    """The same portfolio, with other quantities."""
    rows = tuple(
        SampleRow(
            row.ticker,
            row.company,
            row.type,
            row.sector,
            quantities.get(row.ticker, row.theoretical_quantity),
            row.weight_pct,
        )
        for row in portfolio.rows
    )
    return SamplePortfolio(portfolio.index_code, portfolio.reference_date, rows, portfolio.divisor)


@pytest.mark.parametrize("is_planted", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_bulletin_beside_a_capture_warns_of_each_difference_and_of_nothing_else(
    bovespa: Run, here: Path, lake: Path, is_planted: bool, is_first: bool
) -> None:
    """Whichever came first; the capture is published."""
    day = STARTS[0]
    sample = sample_portfolio("IBOV", day, position_count=12)
    ticker, quantity = sample.rows[0].ticker, sample.rows[0].theoretical_quantity
    other = rounded(sample, **{ticker: quantity + 1}) if is_planted else sample
    (here / "bulletin.pdf").write_bytes(SampleBulletin(dt.date(2025, 1, 22), (other,)).to_pdf())
    (here / "IBOVDia_06-01-25.csv").write_bytes(sample.to_csv())
    files = ["IBOVDia_06-01-25.csv", "bulletin.pdf"]
    for file in reversed(files) if is_first else files:
        assert bovespa("import", file).returncode == 0
        result = bovespa("refine")
        assert result.returncode == 0
    assert published(lake) == [("IBOV", day, "import")]
    warnings = [line for line in result.stderr.splitlines() if "second source" in line]
    assert len(warnings) == is_planted
    if is_planted:
        assert (
            f"1 quantity differs here: {ticker} {quantity + 1:,}, not {quantity:,}" in warnings[0]
        )
    assert bovespa("refine").stderr == ""


def test_an_import_that_differs_from_a_bulletin_says_so_at_once(bovespa: Run, here: Path) -> None:
    """By its quantities; weights are rounded otherwise."""
    sample = sample_portfolio("IBOV", STARTS[0], position_count=12)
    (here / "bulletin.pdf").write_bytes(SampleBulletin(dt.date(2025, 1, 22), (sample,)).to_pdf())
    bovespa("import", "bulletin.pdf")
    (here / "same.csv").write_bytes(sample.to_csv())
    assert bovespa("import", "same.csv").stderr == ""
    ticker = sample.rows[0].ticker
    (here / "other.csv").write_bytes(rounded(sample, **{ticker: 5}).to_csv())
    told = bovespa("import", "other.csv").stderr
    assert "its figures differ from those of" in told


# ── import and reparse ───────────────────────────────────────────────────────────────


def test_a_bulletin_is_imported_whatever_its_name_is(bovespa: Run, here: Path, lake: Path) -> None:
    """A PDF or its text; the same portfolios are already there the second time."""
    (here / "x.pdf").write_bytes(bulletin(STARTS[0]).to_pdf())
    first = bovespa("import", "x.pdf")
    assert first.stdout.splitlines() == [
        "x.pdf: IBOV 2025-01-06, 12 positions, landed",
        "x.pdf: IBXL 2025-01-06, 12 positions, landed",
    ]
    assert "already there" in bovespa("import", "x.pdf").stdout
    (here / "x.txt").write_text(bulletin(STARTS[1]).to_text(), "utf-8")
    assert "IBXL 2025-05-05, 12 positions, landed" in bovespa("import", "x.txt").stdout
    bovespa("refine")
    assert published(lake) == [(code, day, "bulletin") for code in CODES for day in STARTS[:2]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--index", "SMLL"), "x.pdf: the bulletin has no whole portfolio of SMLL"),
        (("--date", "2025-01-07"), "portfolios are of 2025-01-06, not 2025-01-07"),
    ],
)
def test_hints_that_contradict_a_bulletin_are_refused(
    bovespa: Run, here: Path, options: tuple[str, str], message: str
) -> None:
    """It says itself what it holds."""
    (here / "x.pdf").write_bytes(bulletin(STARTS[0]).to_pdf())
    result = bovespa("import", *options, "x.pdf")
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr


def test_a_pdf_larger_than_any_bulletin_is_not_kept(bovespa: Run, here: Path, lake: Path) -> None:
    """200 MB, read no further than the limit."""
    with (here / "large.pdf").open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200 * 1024 * 1024)
    result = bovespa("import", "large.pdf")
    assert result.returncode == 1
    assert result.stderr == "refused: large.pdf: is larger than 64 MiB, and is not kept\n"
    assert not list(lake.glob("raw/payload/*"))


def test_lost_rows_of_a_bulletin_are_typed_again(bovespa: Run, here: Path, lake: Path) -> None:
    """From its payload, which holds the others too."""
    (here / "x.pdf").write_bytes(bulletin(STARTS[0]).to_pdf())
    bovespa("import", "x.pdf")
    (file,) = lake.glob("raw/position/index_code=IBXL/*/*.parquet")
    before = file.read_bytes()
    file.unlink()
    assert reparse_all(open_lake(str(lake)).raw, NOW).read == 1
    assert file.read_bytes() == before


def test_a_refused_section_is_read_again_by_reparse(
    bovespa: Run, here: Path, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later parser may read it; the portfolios that landed stay as they are."""
    from b3_scraper.bulletin import parsing

    monkeypatch.setattr(parsing, "WEIGHT_TOLERANCE", Decimal(-1))
    (here / "x.pdf").write_bytes(bulletin(STARTS[0]).to_pdf())
    assert bovespa("import", "x.pdf").returncode == 1
    monkeypatch.undo()
    assert reparse_all(open_lake(str(lake)).raw, NOW).read == 2


# ── what an answer rests on ──────────────────────────────────────────────────────────


def test_changes_name_the_steps_of_a_quadrimester(bovespa: Run, fill: Run, lake: Path) -> None:
    """On the terminal and in Python."""
    fill("IBOV", "--to", "2025-05")
    result = bovespa("changes", "IBOV")
    assert result.stderr.splitlines()[-1] == (
        "2025-01-06 to 2025-05-05: 119 days in one step; when a change came in between is not known"
    )
    reader = open_reader(str(lake))
    assert reader.changes("IBOV").coarse_steps == ((STARTS[0], STARTS[1]),)
    members = reader.members("IBOV", on="2025-03-01")
    assert (members.session, members.source) == (STARTS[0], "bulletin")


def test_every_source_has_a_basis() -> None:
    """A word of the contract without one would break `members`."""
    assert texts().section("bases").keys() == SOURCES.keys()


def test_the_sample_exchange_serves_two_quadrimesters(bovespa: Run, lake: Path) -> None:
    """The commands that it prints work, and November 2024 is answered from September."""
    closing = threading.Event()
    output = io.StringIO()
    printed = threading.Event()
    output.flush = printed.set  # type: ignore[method-assign]
    with contextlib.redirect_stdout(output):
        server = threading.Thread(target=serve_sample, args=([],), kwargs={"until": closing})
        server.start()
        assert printed.wait(60)
    try:
        _, command = output.getvalue().splitlines()
        assert bovespa(*command.split()[1:]).returncode == 0
    finally:
        closing.set()
        server.join()
    reader = open_reader(str(lake))
    assert reader.members("IBOV", on="2024-11-15").session == dt.date(2024, 9, 2)
    inclusions = {
        row["ticker"]
        for row in reader.changes("IBOV").arrow.to_pylist()
        if row["change_type"] == "inclusion"
    }
    assert inclusions == {"AMOB3", "POMO4", "PSSA3"}
