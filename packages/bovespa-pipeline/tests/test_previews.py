"""Previews, from B3's undated answer to the command: captured, typed, published, shown, stale."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper import Client
from b3_scraper.testing import Exchange, Fault, sample_portfolio
from bovespa_pipeline.ingest.capturing import capture, keep_undated
from bovespa_pipeline.lake_reader import open_lake as open_reader
from bovespa_pipeline.sample import sample_portfolios, sample_previews
from lake_io import Lake, NotInLake, open_lake

Run = Callable[..., CompletedProcess[str]]

pytestmark = pytest.mark.usefixtures("quick_gate")

EFFECTIVE = dt.date(2025, 1, 6)
NOVEMBER, DECEMBER = dt.date(2024, 11, 29), dt.date(2024, 12, 16)
EXPIRED = sample_portfolio("IBOV", dt.date(2024, 9, 2), position_count=12, seed=1)
BASE = sample_portfolio("IBOV", EFFECTIVE, position_count=12, seed=1)
NEWCOMER = sample_portfolio("IBOV", EFFECTIVE, position_count=12, seed=2).rows[0]
MOVED = BASE.rows[1:3]
ANNOUNCED = replace(
    BASE,
    rows=(
        replace(NEWCOMER, weight_pct=BASE.rows[0].weight_pct),
        *(
            replace(row, theoretical_quantity=row.theoretical_quantity + 1)
            for row in BASE.rows[1:3]
        ),
        *BASE.rows[3:],
    ),
)
"""One in, one out, two quantities."""
IN_FORCE = [replace(BASE, reference_date=day) for day in (NOVEMBER, DECEMBER)]


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """In November the expired preview, from 16 December on the one of January."""
    previews = {dt.date(2024, 8, 29): [EXPIRED], DECEMBER: [ANNOUNCED]}
    with Exchange(IN_FORCE, NOVEMBER, previews=previews) as server:
        yield server


def on(exchange: Exchange, lake: Path, *days: dt.date) -> Lake:
    """Capture on each of the days."""
    opened = open_lake(str(lake))
    with Client(exchange.url, retries=0) as client:
        for day in days:
            exchange.today = day
            asked_at = dt.datetime.combine(day, dt.time(21), dt.UTC)
            capture(opened.raw, client, ["IBOV"], lambda at=asked_at: at)
    return opened


def test_the_announced_portfolio_is_shown_with_what_it_changes(
    bovespa: Run, exchange: Exchange, lake: Path
) -> None:
    on(exchange, lake, NOVEMBER, DECEMBER)
    refined = bovespa("refine")
    assert "published previews of the portfolios of 2025-01-06 of 1 index" in refined.stdout
    assert "warning" not in refined.stderr
    shown = bovespa("preview", "IBOV", "--format", "json")
    changes = json.loads(shown.stdout)
    kinds = sorted(row["change_type"] for row in changes)
    assert kinds == ["exclusion", "inclusion", "quantity", "quantity"]
    assert shown.stderr.splitlines() == [
        (
            "preview 2 of 3 of IBOV for 2025-01-06, first seen on 2024-12-16: 12 positions; "
            "against 2024-12-16: 1 in, 1 out"
        ),
        "no preview is out: that portfolio took effect on 2025-01-06",
    ]
    positions = bovespa("preview", "IBOV", "--positions", "--format", "csv").stdout
    assert len(positions.splitlines()) == 13
    assert len(bovespa("preview", "IBOV", "--top", "1").stdout.splitlines()) == 4


def test_a_stale_answer_is_no_preview(bovespa: Run, exchange: Exchange, lake: Path) -> None:
    """B3 still gives the expired one in December: the command says when the next one comes."""
    del exchange.previews[DECEMBER]
    on(exchange, lake, NOVEMBER, DECEMBER)
    assert "preview" not in bovespa("refine").stdout
    told = bovespa("preview", "IBOV")
    assert told.returncode == 2
    assert "the lake holds no preview of IBOV: B3 publishes the first one of " in told.stderr


def test_a_new_lake_says_that_it_cannot_be_sure(
    bovespa: Run, exchange: Exchange, lake: Path
) -> None:
    on(exchange, lake, DECEMBER)
    refined = bovespa("refine").stderr
    assert "of IBOV no other answer came before since the last rebalance" in refined
    assert "it may be the expired preview" in bovespa("preview", "IBOV").stderr.replace("\n", " ")
    assert not open_reader(str(lake)).preview("ibov").is_confirmed


def test_the_library_answers_too(exchange: Exchange, lake: Path, bovespa: Run) -> None:
    """Also as it could have been known: of a day before it was seen there is none."""
    on(exchange, lake, NOVEMBER, DECEMBER)
    bovespa("refine")
    reader = open_reader(str(lake), clock=lambda: dt.datetime(2024, 12, 17, tzinfo=dt.UTC))
    answer = reader.preview("IBOV")
    assert (answer.number, answer.effective_date, answer.in_force_date, len(answer)) == (
        2,
        EFFECTIVE,
        DECEMBER,
        12,
    )
    weights = answer.changes.arrow["weight_change_pct"].to_pylist()
    assert [abs(each) for each in weights] == sorted(map(abs, weights), reverse=True)
    assert reader.preview("IBOV", known_at="2024-12-16T23:00").number == 2
    with pytest.raises(NotInLake, match="since 2024-12-02, and a capture would bring them"):
        reader.preview("IBOV", known_at="2024-12-10")


def test_old_answers_are_typed_by_reparse(bovespa: Run, exchange: Exchange, lake: Path) -> None:
    """Those of lakes from before, and where the typed rows are lost or damaged."""
    on(exchange, lake, NOVEMBER, DECEMBER)
    assert bovespa("reparse").stdout.count("previews") == 0
    (first, *_) = (lake / "raw/preview").rglob("*.parquet")
    first.write_bytes(b"damaged")
    told = bovespa("refine").stderr
    assert "a preview cannot be read" in told
    assert "run `bovespa reparse`" in told
    assert bovespa("verify").returncode == 3
    assert "previews: 1 answer with new rows" in bovespa("reparse").stdout
    assert "published previews" in bovespa("refine").stdout
    shutil.rmtree(lake / "raw/preview")
    assert "previews: 2 answers with new rows" in bovespa("reparse").stdout
    assert bovespa("refine", "--rebuild").returncode == 0
    assert bovespa("verify").returncode == 0


def test_an_answer_is_typed_once_in_a_quadrimester(exchange: Exchange, lake: Path) -> None:
    days = [NOVEMBER + dt.timedelta(each) for each in (0, 3, 4, 17, 18)]
    opened = on(exchange, lake, *days)
    kept = opened.raw.previews.keys()
    assert [key.captured_on for key in kept] == [days[0], days[3]]
    assert len(opened.raw.references("GetQuartelyPreview-IBOV")) == len(days)


def test_an_index_without_a_preview_is_nothing_to_tell(exchange: Exchange, lake: Path) -> None:
    exchange.previews.clear()
    opened = on(exchange, lake, DECEMBER)
    assert not opened.raw.previews.keys()


def test_an_answer_that_is_no_portfolio_is_kept_and_told(
    bovespa: Run, exchange: Exchange, lake: Path
) -> None:
    """The capture is one all the same, and the command's code is that of the portfolios."""
    wrong = replace(ANNOUNCED.rows[0], weight_pct=ANNOUNCED.rows[0].weight_pct + 1)
    exchange.previews[DECEMBER] = [replace(ANNOUNCED, rows=(wrong, *ANNOUNCED.rows[1:]))]
    exchange.today = DECEMBER
    done = bovespa("capture", "IBOV", "--source", exchange.url)
    assert done.returncode == 0
    assert "not read: preview of IBOV: IBOV of " in done.stderr
    assert "is not exact: the weights add up to 101.000" in done.stderr
    assert len(list((lake / "raw/reference").rglob("GetQuartelyPreview-*.gz"))) == 1
    assert not (lake / "raw/preview").exists()
    again = bovespa("reparse")
    assert (again.returncode, "preview of IBOV" in again.stderr) == (1, True)


def test_an_unreachable_answer_stops_no_capture(exchange: Exchange, lake: Path) -> None:
    opened = open_lake(str(lake))
    with Client(exchange.url, retries=0) as client:
        exchange.misbehave(Fault.SERVER_ERROR, times=None)
        told = keep_undated(opened.raw, client, ["IBOV"], lambda: dt.datetime.now(dt.UTC))
    assert len(told.not_kept) == 2


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_it_is_drawn_before_and_after(
    bovespa: Run, exchange: Exchange, lake: Path, here: Path, kind: str
) -> None:
    on(exchange, lake, NOVEMBER, DECEMBER)
    bovespa("refine")
    name = f"preview.{kind}"
    assert bovespa("preview", "IBOV", "--output", name).stdout == f"{name}\n"
    first = (here / name).read_bytes()
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])
    bovespa("preview", "IBOV", "--output", name)
    assert (here / name).read_bytes() == first
    assert bovespa("preview", "IBOV", "--output", "no/such/place.png").returncode == 2
    assert bovespa("preview", "IBOV", "--output", "preview.gif").returncode == 2


def test_the_sample_announces_what_then_takes_effect() -> None:
    """The second preview is the portfolio of 6 January; the first lacks PSSA3."""
    (expired, first, second) = (portfolio for (portfolio,) in sample_previews().values())
    (taken,) = (
        each
        for each in sample_portfolios()
        if (each.index_code, each.reference_date) == ("IBOV", EFFECTIVE)
    )
    assert second == taken
    assert {row.ticker for row in taken.rows} - {row.ticker for row in first.rows} == {"PSSA3"}
    assert expired.reference_date < first.reference_date
    for portfolio in (expired, first):
        assert sum(row.weight_pct for row in portfolio.rows) == 100


def test_the_demo_has_a_preview(sample_lake: Path) -> None:
    answer = open_reader(str(sample_lake)).preview("IBOV")
    kinds_in = answer.changes.arrow.group_by("change_type").aggregate([("ticker", "count")])
    counts = {row["change_type"]: row["ticker_count"] for row in kinds_in.to_pylist()}
    assert (counts["inclusion"], counts["exclusion"]) == (2, 2)
    assert answer.is_confirmed
