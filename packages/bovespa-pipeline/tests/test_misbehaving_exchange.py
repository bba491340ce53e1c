"""An exchange that misbehaves: the good lands, the bad is told and kept, nothing is lost."""

import datetime as dt
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import Exchange, Fault, SamplePortfolio

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

DAY = dt.date(2025, 1, 6)
CODES = GOOD, BAD = "IBRA", "IBOV"
CAPTURED = f"captured 1 index, 1 answer new: {GOOD} {DAY}\n"


@pytest.fixture
def exchange(portfolio: Make) -> Iterator[Exchange]:
    """Two indices; faults are queued for IBOV."""
    securities = {"PETR4": 4_000_000, "VALE3": 2_000_000, "WEGE3": 1_000_000}
    served = [portfolio(DAY, index, **securities) for index in (GOOD, BAD)]
    with Exchange(served, today=DAY) as server:
        yield server


@pytest.fixture
def capture(exchange: Exchange, bovespa: Run) -> Callable[..., CompletedProcess[str]]:
    return lambda *codes: bovespa("capture", *codes, "--source", exchange.url)


def sessions(bovespa: Run) -> list[str]:
    answer = bovespa("query", "select index_code from portfolio order by 1", "--format", "csv")
    return answer.stdout.splitlines()[1:]


def names(lake: Path) -> set[str]:
    """The undated answers kept, without their hashes."""
    return {path.name.rsplit("-", 1)[0] for path in (lake / "raw/reference").rglob("*.gz")}


def payloads(lake: Path) -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in (lake / "raw/payload").iterdir()]


REFUSED = {
    Fault.SHORT_PAGE: "the answer was cut: 2 rows of 3",
}


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize(("fault", "rule"), REFUSED.items(), ids=[f.name for f in REFUSED])
def test_an_answer_that_is_no_portfolio_is_refused_and_kept(  # noqa: PLR0913, PLR0917 - fixtures
    fault: Fault,
    rule: str,
    exchange: Exchange,
    capture: Run,
    bovespa: Run,
    lake: Path,
) -> None:
    """The index beside it lands; a later, good answer of the same session is taken."""
    exchange.misbehave(fault, index=BAD)
    first = capture(GOOD, BAD)
    assert (first.returncode, first.stdout) == (
        1,
        CAPTURED,
    )
    assert first.stderr.startswith(f"refused: {BAD}: {rule}")
    (note,) = (lake / "raw/rejected").iterdir()
    assert json.loads(note.read_text())["name"] == BAD
    assert (bovespa("refine").returncode, sessions(bovespa)) == (0, [GOOD])
    assert capture(GOOD, BAD).returncode == 0
    assert (bovespa("refine").returncode, sessions(bovespa)) == (0, [BAD, GOOD])


@pytest.mark.usefixtures("quick_gate")
def test_a_class_that_nobody_knows_is_published_with_a_warning(
    exchange: Exchange, capture: Run, bovespa: Run
) -> None:
    """At landing and by the gate: exit code 0, and the row is named."""
    exchange.misbehave(Fault.UNKNOWN_CLASS, index=BAD)
    first = capture(BAD)
    assert first.returncode == 0
    assert "unknown share class 'XYZ', kept" in first.stderr
    refined = bovespa("refine")
    assert (refined.returncode, sessions(bovespa)) == (0, [BAD])
    assert "unknown_share_class_count equal_to(0), found 1 (ticker=PETR4" in refined.stderr


INEXACT = {
    Fault.WRONG_TOTAL: "quantity_excess",
    Fault.DUPLICATE_TICKER: "duplicate_count",
}


@pytest.mark.parametrize(("fault", "column"), INEXACT.items(), ids=[f.name for f in INEXACT])
def test_an_inexact_portfolio_is_landed_and_refused_by_the_gate(
    fault: Fault, column: str, exchange: Exchange, capture: Run, bovespa: Run
) -> None:
    """Exit code 1 while it stands refused, 0 with `--only-new`; `--retry` evaluates it again."""
    exchange.misbehave(fault, index=BAD)
    assert capture(GOOD, BAD).returncode == 0
    first = bovespa("refine")
    assert (first.returncode, first.stdout) == (1, "published 1 portfolio of 1 index\n")
    (refused,) = first.stderr.splitlines()
    assert refused.startswith(f"refused: {BAD} {DAY}: ")
    assert f"(position: {column} equal_to(0), found " in refused
    prior_findings = bovespa("refine")
    assert (prior_findings.returncode, prior_findings.stdout) == (1, "nothing to publish\n")
    assert bovespa("refine", "--only-new").returncode == 0
    assert prior_findings.stderr == refused.replace("refused", "still refused", 1) + "\n"
    again = bovespa("refine", "--retry")
    assert (again.returncode, again.stderr) == (1, prior_findings.stderr)
    assert sessions(bovespa) == [GOOD]
    failed = "from quality_result where index_code is not null and not success"
    sql = f"select index_code, column_name, count(distinct run_id) as runs {failed} group by 1, 2"
    recorded = bovespa("query", sql, "--format", "csv").stdout
    assert recorded == f"index_code,column_name,runs\n{BAD},{column},2\n"
    assert Path(bovespa("report").stdout.strip()).exists()


@pytest.mark.usefixtures("quick_gate")
def test_a_right_answer_replaces_a_refused_one(
    exchange: Exchange, capture: Run, bovespa: Run
) -> None:
    """The session is published, and nothing stands refused any more."""
    exchange.misbehave(Fault.WRONG_TOTAL, index=BAD)
    capture(BAD)
    assert bovespa("refine").returncode == 1
    assert capture(BAD).returncode == 0
    healed = bovespa("refine")
    assert (healed.returncode, healed.stderr, sessions(bovespa)) == (0, "", [BAD])


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("fault", [Fault.HTML, Fault.MOVED, Fault.CUT, Fault.CDN_ERROR])
def test_an_exchange_that_answers_no_data_is_unreachable(
    fault: Fault, exchange: Exchange, capture: Run, bovespa: Run
) -> None:
    """For that index; the others land, and their manifest is written."""
    exchange.misbehave(fault, index=BAD, times=None)
    result = capture(BAD, GOOD)
    assert (result.returncode, result.stdout) == (
        3,
        CAPTURED,
    )
    assert f"unreachable: {BAD}: 127.0.0.1" in result.stderr
    assert (bovespa("refine").returncode, sessions(bovespa)) == (0, [GOOD])


def test_what_may_pass_is_asked_again(exchange: Exchange, capture: Run) -> None:
    """A 429, a 500 and a cut connection, one after the other, cost nothing but time."""
    for fault in (Fault.TOO_MANY_REQUESTS, Fault.SERVER_ERROR, Fault.CUT):
        exchange.misbehave(fault, index=BAD)
    assert capture(BAD).returncode == 0


def test_a_source_that_is_away_is_not_asked_for_ever(
    exchange: Exchange, capture: Run, lake: Path
) -> None:
    """After three indices in a row the rest are told and not asked."""
    exchange.close()
    result = capture(*(f"IND{letter}" for letter in "ABCDE"))
    lines = result.stderr.splitlines()
    assert (result.returncode, len(lines)) == (3, 5)
    assert [line.endswith("not asked: the source is away") for line in lines] == [0, 0, 0, 1, 1]
    assert not (lake / "raw/manifest").exists()


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.SERVER_ERROR])
def test_without_the_list_of_indices_nothing_can_be_captured(
    fault: Fault, exchange: Exchange, capture: Run
) -> None:
    """Exit code 3 in one line."""
    exchange.misbehave(fault, times=None)
    result = capture()
    assert (result.returncode, len(result.stderr.splitlines())) == (3, 1)


def test_an_index_b3_does_not_know_is_refused(capture: Run) -> None:
    """Its name is told, the others land."""
    result = capture("NONE", GOOD)
    assert (result.returncode, result.stdout) == (
        1,
        CAPTURED,
    )
    assert result.stderr == "refused: NONE: B3 has no portfolio of an index NONE\n"


def test_out_of_reach_goes_before_refused(exchange: Exchange, capture: Run) -> None:
    """Exit code 3 tells that trying again helps; what was refused is said all the same."""
    exchange.misbehave(Fault.SHORT_PAGE, index=BAD)
    exchange.misbehave(Fault.MOVED, index=GOOD, times=None)
    result = capture(BAD, GOOD)
    kinds = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert (result.returncode, kinds) == (3, ["refused", "unreachable"])


@pytest.mark.usefixtures("quick_gate")
def test_run_refines_what_landed_although_the_source_went_away(
    exchange: Exchange, bovespa: Run
) -> None:
    """The worse of both ends is the command's."""
    exchange.misbehave(Fault.MOVED, index=BAD, times=None)
    result = bovespa("run", GOOD, BAD, "--source", exchange.url)
    assert (result.returncode, sessions(bovespa)) == (3, [GOOD])


def test_what_cannot_be_had_later_is_kept_unread(capture: Run, lake: Path) -> None:
    """The list of indices and the undated portfolios, as they came."""
    assert capture().returncode == 0
    undated = ("GetQuartelyPreview", "GetTheoricalPortfolio")
    expected = {"GetStockIndex", *(f"{method}-{code}" for method in undated for code in CODES)}
    assert names(lake) == expected


def test_no_payload_is_lost_whatever_happened(exchange: Exchange, capture: Run, lake: Path) -> None:
    """Refused and inexact answers are all in raw, byte for byte."""
    for fault in (Fault.SHORT_PAGE, Fault.WRONG_TOTAL, Fault.DUPLICATE_TICKER):
        exchange.misbehave(fault, index=BAD)
        capture(BAD)
    assert len(payloads(lake)) == 3
    assert all(b"PETR4" in body for body in payloads(lake))
