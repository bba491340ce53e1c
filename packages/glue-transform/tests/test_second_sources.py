"""Two sources of one session: the better is used, and each comparison is recorded once."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc
import pytest

from b3_contracts.layout import RawEntry
from glue_transform import DuckDBEngine, RefineOptions, Report, refine
from glue_transform.second_sources import SECOND_SOURCE_RULE
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
DAY = dt.date(2025, 1, 6)
ENGINE = DuckDBEngine()
LINES = evenly({"PETR4": 100, "VALE3": 200})
OTHER = evenly({"PETR4": 101, "VALE3": 200})


@pytest.fixture
def lake() -> MemoryLake:
    return memory_lake()


def land(lake: MemoryLake, lines: list[Line], source: str, **about: Any) -> RawEntry:
    return lake.raw.land(raw_rows("IBOV", DAY, lines, source=source, **about))[0]


def run(lake: MemoryLake, options: RefineOptions = RefineOptions()) -> Report:  # noqa: B008 - frozen
    return refine(lake, ENGINE, NOW, options, evaluate=evaluate)


def comparisons(lake: MemoryLake) -> list[tuple[str, bool, int, str]]:
    table = lake.memory.tables["quality_result"]
    rows = table.filter(pc.equal(table["expectation"], SECOND_SOURCE_RULE)).to_pylist()
    names = ("payload_sha256", "success", "unexpected_count", "observed_value")
    return [tuple(row[name] for name in names) for row in rows]


def published(lake: MemoryLake) -> list[str]:
    sources: list[str] = lake.memory.tables["portfolio"]["source"].to_pylist()
    return sources


@pytest.mark.parametrize("first", ["bulletin", "capture"])
def test_two_sources_that_agree_are_recorded_and_warn_of_nothing(
    lake: MemoryLake, first: str
) -> None:
    """In one run or in two, in whatever order they come; a third run has nothing to do."""
    second = "capture" if first == "bulletin" else "bulletin"
    entries = {first: land(lake, LINES, first)}
    run(lake)
    entries[second] = land(lake, LINES, second)
    report = run(lake)
    assert (report.warnings, published(lake)) == ((), ["capture"])
    used = entries["capture"].payload_sha256[:16]
    digest = entries["bulletin"].payload_sha256
    expected = [(digest, True, 0, f"{used} is used; its quantities are the same")]
    assert comparisons(lake) == expected
    run(lake)
    assert comparisons(lake) == expected


def test_a_difference_is_one_warning_that_names_the_ticker(lake: MemoryLake) -> None:
    """The capture is published all the same, and the run is in order."""
    capture = land(lake, LINES, "capture")
    land(lake, OTHER, "bulletin")
    report = run(lake)
    (warning,) = report.warnings
    used = capture.payload_sha256[:16]
    assert str(warning) == (
        "IBOV 2025-01-06: position breaks the rule a second source agrees, found "
        f"{used} is used; 1 quantity differs here: PETR4 101, not 100"
    )
    assert report.is_done()
    assert run(lake).warnings == ()


def test_a_missing_security_is_a_difference(lake: MemoryLake) -> None:
    """On either side."""
    land(lake, LINES, "import")
    land(lake, evenly({"PETR4": 100, "ITUB4": 5}), "bulletin")
    (warning,) = run(lake).warnings
    assert warning.unexpected_count == 2
    told = str(warning.observed_value)
    assert told.endswith("ITUB4 5, not absent; VALE3 absent, not 200")


def test_weights_of_another_source_are_not_compared(lake: MemoryLake) -> None:
    """They are rounded otherwise."""
    land(lake, LINES, "capture")
    rounded = LINES[0]._replace(weight_pct=Decimal("50.001"))
    land(lake, [rounded, LINES[1]], "bulletin")
    assert run(lake).warnings == ()


def test_another_payload_in_use_is_compared_anew(lake: MemoryLake) -> None:
    """A later capture takes the place of the one that was compared."""
    land(lake, LINES, "capture")
    land(lake, LINES, "bulletin")
    run(lake)
    later = dt.datetime.combine(DAY, dt.time(23), dt.UTC)
    land(lake, OTHER, "capture", captured_at=later)
    (warning,) = run(lake).warnings
    assert "PETR4 100, not 101" in str(warning)
    assert [success for _, success, _, _ in comparisons(lake)] == [True, False]


def test_two_captures_are_not_two_sources(lake: MemoryLake) -> None:
    """B3 corrects itself."""
    land(lake, LINES, "capture")
    later = dt.datetime.combine(DAY, dt.time(23), dt.UTC)
    land(lake, OTHER, "capture", captured_at=later)
    assert run(lake).warnings == ()
    assert comparisons(lake) == []


def test_a_bulletin_alone_is_published_and_compared_with_nothing(lake: MemoryLake) -> None:
    """It is the only source of its session."""
    land(lake, LINES, "bulletin", total=None)
    assert run(lake).is_done()
    assert published(lake) == ["bulletin"]
    assert comparisons(lake) == []


def test_two_bulletins_that_differ_are_withheld(lake: MemoryLake) -> None:
    """Neither is the better; one has to be withdrawn."""
    land(lake, LINES, "bulletin")
    land(lake, OTHER, "bulletin")
    report = run(lake)
    assert len(report.withheld) == 1
    assert not report.is_clean


def test_a_withdrawn_payload_is_compared_with_nothing(lake: MemoryLake) -> None:
    """It is out of the comparison as out of the tables."""
    land(lake, LINES, "capture")
    bulletin = land(lake, OTHER, "bulletin")
    lake.raw.withdraw(bulletin, "wrong", NOW)
    assert run(lake).warnings == ()
    assert comparisons(lake) == []


def test_a_rebuild_compares_no_pair_twice(lake: MemoryLake) -> None:
    """The record stands."""
    land(lake, LINES, "capture")
    land(lake, OTHER, "bulletin")
    run(lake)
    run(lake, RefineOptions(rebuild=True))
    assert len(comparisons(lake)) == 1
