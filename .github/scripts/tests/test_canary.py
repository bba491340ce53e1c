"""The canary's verdict on an exchange that is unchanged, changed, and out of reach."""

import datetime as dt
from functools import partial
from pathlib import Path

import canary
import pytest

from b3_scraper import Client
from b3_scraper.testing import Exchange, Fault, sample_portfolio

SESSION = dt.date(2025, 1, 6)
IMPATIENT = partial(Client, timeout=(5, 5), retries=1, sleep=lambda _seconds: None)


@pytest.fixture
def exchange():
    with Exchange([sample_portfolio("IBOV", SESSION)], today=SESSION) as server:
        yield server


@pytest.fixture
def ask(exchange, tmp_path: Path):
    """The canary's return code and page, asked on a day for an index."""

    def asked(today: dt.date = SESSION, index: str = "IBOV", source: str | None = None):
        file = tmp_path / "page.md"
        options = ["--page", str(file), "--index", index, "--today", str(today)]
        code = canary.main([*options, "--source", source or exchange.url], IMPATIENT)
        return code, file.read_text("utf-8")

    return asked


def test_an_exchange_as_ever_passes_every_check(ask) -> None:
    """And there is nothing to do."""
    code, page = ask()
    assert code == 0
    assert page.startswith("## B3 answers as ever\n\nAsked for IBOV on 2025-01-06.")
    assert page.count("| yes |") == 5
    assert "| the portfolio is read whole | yes | 87 positions |" in page


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        (Fault.UNKNOWN_CLASS, "it holds nothing unknown"),
        (Fault.SHORT_PAGE, "the portfolio is read whole"),
        (Fault.WRONG_TOTAL, "its figures agree with its header"),
        (Fault.DUPLICATE_TICKER, "its figures agree with its header"),
        (Fault.MOVED, "the portfolio is read whole"),
    ],
)
def test_an_answer_of_another_kind_is_a_change(exchange, ask, fault, title) -> None:
    """The page names the field and the value, for a person to inspect."""
    exchange.misbehave(fault, index="IBOV", times=None)
    code, page = ask()
    assert code == 1
    assert page.startswith("## B3 has changed")
    assert f"| {title} | **no** |" in page
    assert "bovespa reparse" in page


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.TOO_MANY_REQUESTS, Fault.HTML, Fault.CUT]
)
def test_an_exchange_out_of_reach_is_no_change(exchange, ask, fault) -> None:
    """Busy, broken or blocking: other words, and another code."""
    exchange.misbehave(fault, times=None)
    code, page = ask()
    assert code == 3
    assert page.startswith("## B3 could not be reached")
    assert "| the portfolio is read whole | not known |" in page


def test_a_server_that_is_not_there_is_no_change(ask) -> None:
    """Nothing listens: nothing is known."""
    with Exchange([], today=SESSION) as gone:
        source = gone.url
    code, page = ask(source=source)
    assert (code, page.splitlines()[0]) == (3, "## B3 could not be reached")


def test_a_change_is_told_even_where_something_else_is_out_of_reach(exchange, ask) -> None:
    """The list of indices breaks down, the portfolio is another."""
    exchange.misbehave(Fault.SERVER_ERROR, times=2)
    exchange.misbehave(Fault.UNKNOWN_CLASS, times=None)
    code, page = ask()
    assert code == 1
    assert "| the list of indices is read | not known |" in page


def test_a_stale_session_is_a_change(ask) -> None:
    """B3 would be serving a portfolio of long ago."""
    code, page = ask(today=SESSION + dt.timedelta(days=11))
    assert code == 1
    assert "| its session is near | **no** | 2025-01-06 |" in page


def test_an_index_that_is_gone_is_a_change(ask) -> None:
    """From the list, and from the answers."""
    code, page = ask(index="GONE")
    assert code == 1
    assert "GONE is not among them" in page


def test_what_b3_says_cannot_break_the_page() -> None:
    """A bar or a new line stays in its cell."""
    seen = canary.Check("a check", canary.State.CHANGED, "one | two\nthree")
    assert "| a check | **no** | one \\| two three |" in canary.page([seen], "IBOV", SESSION)
