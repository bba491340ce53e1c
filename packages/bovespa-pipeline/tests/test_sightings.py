"""The same bytes come again: a wrong clock, an import before a capture, B3's last word."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper.testing import Exchange, SamplePortfolio

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Serve = Callable[[SamplePortfolio], CompletedProcess[str]]
Tree = Callable[[Path], Mapping[str, str]]

pytestmark = pytest.mark.usefixtures("quick_gate")

MONDAY = dt.date(2025, 1, 6)
RIGHT = dt.datetime(2025, 1, 6, 21, tzinfo=dt.UTC)
SLOW = RIGHT - dt.timedelta(days=20)


@pytest.fixture
def serve(bovespa: Run) -> Serve:
    """Capture one portfolio from an exchange that serves just that."""

    def capture(portfolio: SamplePortfolio) -> CompletedProcess[str]:
        with Exchange([portfolio], today=portfolio.reference_date) as exchange:
            return bovespa("capture", portfolio.index_code, "--source", exchange.url)

    return capture


@pytest.fixture
def first(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, PETR4=4_000_000, VALE3=2_000_000)


@pytest.fixture
def corrected(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, PETR4=4_000_001, VALE3=2_000_000)


@pytest.fixture
def published(bovespa: Run) -> Callable[[], str]:
    sql = """select source, cast(captured_at as date), max(theoretical_quantity)
             from portfolio join position using (index_code, reference_date) group by 1, 2"""

    def ask() -> str:
        return bovespa("query", sql, "--format", "csv").stdout.partition("\n")[2].strip()

    return ask


@pytest.mark.parametrize("refined_between", [True, False])
def test_a_session_captured_under_a_slow_clock_is_published_once_the_clock_is_right(  # noqa: PLR0913, PLR0917 - fixtures
    first: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    clock: Any,
    published: Callable[[], str],
    refined_between: bool,
) -> None:
    """The later sighting of the same bytes counts, without --retry."""
    clock.time = SLOW
    serve(first)
    if refined_between:
        assert "days_after_capture" in bovespa("refine").stderr
    clock.time = RIGHT
    serve(first)
    result = bovespa("refine")
    assert (result.returncode, result.stdout) == (0, "published 1 portfolio of 1 index\n")
    assert published() == "capture,2025-01-06,4000000"


def test_a_file_imported_under_a_slow_clock_is_published_once_the_clock_is_right(
    first: SamplePortfolio, bovespa: Run, clock: Any, here: Path
) -> None:
    (here / "IBOV.csv").write_bytes(first.to_csv())
    clock.time = SLOW
    bovespa("import", "IBOV.csv")
    assert bovespa("refine").returncode == 1
    clock.time = RIGHT
    assert "already there, and came again" in bovespa("import", "IBOV.csv").stdout
    assert bovespa("refine").stdout == "published 1 portfolio of 1 index\n"


@pytest.mark.parametrize("refined_between", [True, False])
def test_of_answers_a_b_a_the_last_word_counts(  # noqa: PLR0913, PLR0917 - fixtures
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    clock: Any,
    published: Callable[[], str],
    refined_between: bool,
) -> None:
    """Although its third answer writes no new payload; a rebuild gives the same."""
    clock.time = RIGHT
    for answer in (first, corrected, first):
        serve(answer)
        if refined_between:
            bovespa("refine")
    bovespa("refine")
    assert published() == "capture,2025-01-06,4000000"
    bovespa("refine", "--rebuild")
    assert published() == "capture,2025-01-06,4000000"


@pytest.mark.parametrize("refined_between", [True, False])
def test_what_was_imported_and_then_captured_counts_as_captured(  # noqa: PLR0913, PLR0917 - fixtures
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    clock: Any,
    here: Path,
    published: Callable[[], str],
    refined_between: bool,
) -> None:
    """So another import of the session contradicts nothing."""
    (here / "GetPortfolioDay_IBOV.json").write_bytes(first.to_json(segment="2", page_size=9999))
    (here / "other.csv").write_bytes(corrected.to_csv())
    clock.time = RIGHT
    bovespa("import", "GetPortfolioDay_IBOV.json")
    if refined_between:
        bovespa("refine")
        assert published() == "import,2025-01-06,4000000"
    assert serve(first).stdout == "captured 1 index, 0 answers new\n"
    bovespa("import", "other.csv")
    assert bovespa("refine").returncode == 0
    assert published() == "capture,2025-01-06,4000000"


def test_a_sighting_that_decides_nothing_is_not_kept(
    first: SamplePortfolio, serve: Serve, clock: Any, lake: Path, tree: Tree
) -> None:
    """The second capture of a day, or the one after a long weekend: only the undated answers,
    which are kept each day, are new."""
    clock.time = RIGHT
    serve(first)
    before = tree(lake)
    clock.time = RIGHT + dt.timedelta(days=4)
    serve(first)
    new = tree(lake).keys() - before.keys()
    assert {key.split("/")[1] for key in new} == {"reference"}


def test_what_was_known_before_a_later_sighting_stays_as_it_was(
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    clock: Any,
) -> None:
    """Each answer counts from its own time on."""
    answers = {}
    for number, answer in enumerate((first, corrected, first)):
        clock.time = RIGHT + dt.timedelta(hours=number)
        serve(answer)
        answers[number] = answer
    bovespa("refine")
    for number, quantity in enumerate((4_000_000, 4_000_001, 4_000_000)):
        known_at = (RIGHT + dt.timedelta(hours=number, minutes=30)).isoformat()
        result = bovespa("members", "IBOV", "--known-at", known_at, "--format", "csv")
        assert f"PETR4,PETR S/A,ON,,NM,Utilidade Públ / Energ Elétrica,{quantity}" in result.stdout


def test_a_sighting_is_announced(
    first: SamplePortfolio, serve: Serve, clock: Any, lake: Path
) -> None:
    """A manifest of the same entries has another id, so that it wakes whoever waits for one."""
    clock.time = SLOW
    serve(first)
    clock.time = RIGHT
    serve(first)
    assert len(list((lake / "raw" / "manifest").iterdir())) == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import", "`bovespa refine` withholds the session, unless the gate refuses one"),
        ("capture", "is used, not this file"),
    ],
)
def test_an_import_says_that_it_contradicts_another_payload(  # noqa: PLR0913, PLR0917 - fixtures
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    here: Path,
    source: str,
    expected: str,
) -> None:
    """At once, and not by taking the session out at the next refine."""
    (here / "first.csv").write_bytes(first.to_csv())
    (here / "other.csv").write_bytes(corrected.to_csv())
    if source == "capture":
        serve(first)
    else:
        bovespa("import", "first.csv")
    result = bovespa("import", "other.csv")
    assert result.returncode == 0
    assert "warning: other.csv: its figures differ from those of" in result.stderr
    assert expected in result.stderr


def test_a_file_that_says_the_same_in_another_form_contradicts_nothing(
    first: SamplePortfolio, bovespa: Run, here: Path
) -> None:
    (here / "first.csv").write_bytes(first.to_csv())
    (here / "sectors.csv").write_bytes(first.to_csv(sector=True))
    assert bovespa("import", "first.csv", "sectors.csv").stderr == ""
