"""Words of B3 that nobody knows: landed, published, and told of once each."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper.testing import SamplePortfolio, SampleRow

Run = Callable[..., CompletedProcess[str]]

CASE = Path(__file__).parents[4] / "shared/cases/classes/GetPortfolioDay_IBBR_made.json"
ROWS = {
    "ROXO34": "DRN",
    "INBR32": "DR2",
    "XPBR31": "DR1 EJ",
    "JBSS32": "DR3     M2",
    "BOVA39": "DRE",
    "AAAA3": "PNZ     NM",
    "BBBB3": "ON  E9  N9",
    "CCCC3": "ON      MP",
    "DDDD3": "ON      MA",
    "EEEE3": "ON      MB",
}
WORDS = (
    "unknown share class 'PNZ', kept",
    "unknown ex-rights marker 'E9', kept",
    "unknown listing segment 'MP', kept",
    "unknown listing segment 'N9', kept",
)


@pytest.fixture(autouse=True)
def that_day(clock: Any) -> None:
    """The clock of the command, on the day of the answer."""
    clock.time = dt.datetime(2026, 9, 1, 21, tzinfo=dt.UTC)


@pytest.fixture(params=["made here", "of the cases"])
def answer(request: pytest.FixtureRequest, here: Path) -> Path:
    """A file of IBBR with four unknown words."""
    if request.param == "of the cases":
        if not CASE.is_file():
            pytest.skip("the folder of cases (../shared/cases) is not here")
        return CASE
    rows = tuple(
        SampleRow(ticker, "COMPANY", security, None, 1000, Decimal("10.000"))
        for ticker, security in ROWS.items()
    )
    sample = SamplePortfolio("IBBR", dt.date(2026, 9, 1), rows)
    file = here / "answer.json"
    file.write_bytes(sample.to_json())
    return file


@pytest.mark.usefixtures("quick_gate")
def test_unknown_words_are_told_at_landing_and_published(answer: Path, bovespa: Run) -> None:
    """A warning for each word, exit code 0, and not again when there is nothing new."""
    landed = bovespa("import", "--index", "IBBR", answer)
    assert landed.returncode == 0
    assert all(landed.stderr.count(word) == 1 for word in WORDS)
    refined = bovespa("refine")
    assert (refined.returncode, refined.stdout) == (0, "published 1 portfolio of 1 index\n")
    for column, row in (
        ("unknown_share_class_count", "1 (ticker="),
        ("unknown_ex_rights_count", "1 (ticker="),
        ("unknown_listing_segment_count", "2 (ticker="),
    ):
        assert f"{column} equal_to(0), found {row}" in refined.stderr


@pytest.mark.usefixtures("quick_gate")
def test_unknown_words_are_in_the_tables_as_b3_wrote_them(answer: Path, bovespa: Run) -> None:
    bovespa("import", "--index", "IBBR", answer)
    bovespa("refine")
    classes = _values(bovespa, "select distinct share_class from position")
    assert classes >= {"DR1", "DR2", "DR3", "DRE", "PNZ"}
    assert _values(bovespa, "select share_class from share_class_summary") == classes
    assert _values(bovespa, "select ex_rights from position") >= {"E9"}
    segments = _values(bovespa, "select listing_segment from position")
    assert segments >= {"MA", "M2", "MP", "N9"}


def _values(bovespa: Run, sql: str) -> set[str]:
    return set(bovespa("query", sql, "--format", "csv").stdout.splitlines()[1:])


@pytest.mark.usefixtures("quick_gate")
def test_the_gate_records_unknown_words_as_warnings(answer: Path, bovespa: Run) -> None:
    """In `quality_result`, the rows named."""
    bovespa("import", "--index", "IBBR", answer)
    bovespa("refine")
    sql = (
        "select column_name, severity from quality_result "
        "where index_code is not null and not success order by 1"
    )
    assert bovespa("query", sql, "--format", "csv").stdout.splitlines()[1:] == [
        "unknown_ex_rights_count,warning",
        "unknown_listing_segment_count,warning",
        "unknown_share_class_count,warning",
    ]
