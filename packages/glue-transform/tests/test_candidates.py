"""The entry used for a session, of any number in any order."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from b3_contracts.layout import RawEntry
from glue_transform import ConflictingImports
from glue_transform.candidates import summarise_candidates, winner
from glue_transform.testing import Line, evenly, raw_rows

DAY = dt.date(2025, 4, 7)
MORNING = dt.datetime(2025, 4, 7, 9, tzinfo=dt.UTC)
EVENING = dt.datetime(2025, 4, 7, 21, tzinfo=dt.UTC)

FIGURES = evenly({"PETR4": 100, "VALE3": 200})
OTHERS = evenly({"PETR4": 100, "VALE3": 201})
BY_SECTOR = [line._replace(sector="Mining") for line in FIGURES]


def came(lines: list[Line], source: str, at: dt.datetime = EVENING, **header: Any) -> pa.Table:
    return raw_rows("IBOV", DAY, lines, source=source, captured_at=at, **header)


CSV = came(FIGURES, "import")
SECTORS = came(BY_SECTOR, "import")
JSON = came(BY_SECTOR, "import", payload="JSON")
LIVE = came(BY_SECTOR, "capture", MORNING)
CORRECTION = came(OTHERS, "capture", EVENING)
UNTITLED = came(OTHERS, "import_incomplete", total=None)
OTHER_CSV = came(OTHERS, "import")
OTHER_DIVISOR = came(FIGURES, "import", divisor=Decimal("16279911.48376400"))
ANOTHER_DIVISOR = came(FIGURES, "import", divisor=Decimal("16279911.48376401"))


def entry(rows: pa.Table) -> RawEntry:
    return RawEntry("IBOV", DAY, rows["payload_sha256"][0].as_py())


def chosen(rows: tuple[pa.Table, ...]) -> RawEntry | ConflictingImports:
    return winner(list(summarise_candidates(pa.concat_tables(rows))))


def in_every_order(*rows: pa.Table) -> set[RawEntry | ConflictingImports]:
    return {chosen(order) for order in itertools.permutations(rows)}


def test_the_latest_live_capture_wins_over_all_that_came() -> None:
    """B3 corrects itself, and whoever asked it last knows."""
    everything = (CSV, SECTORS, JSON, LIVE, CORRECTION, UNTITLED)
    assert in_every_order(*everything) == {entry(CORRECTION)}


def test_a_live_capture_wins_over_a_later_import_with_other_figures() -> None:
    """An import does not know when its file was downloaded."""
    assert in_every_order(LIVE, OTHER_CSV, UNTITLED) == {entry(LIVE)}


def test_among_equal_imports_one_with_sectors_is_named_then_the_smallest_hash() -> None:
    """The choice does not matter for the figures, and never depends on the order."""
    smallest = min(entry(SECTORS), entry(JSON))
    assert in_every_order(CSV, SECTORS, JSON) == {smallest}
    assert in_every_order(CSV, SECTORS) == {entry(SECTORS)}


def test_an_import_with_its_own_title_wins_over_one_dated_by_hand() -> None:
    """Different figures of a lower rank withhold nothing."""
    assert in_every_order(CSV, UNTITLED) == {entry(CSV)}


@pytest.mark.parametrize(
    "contenders",
    [(CSV, OTHER_CSV), (SECTORS, JSON, OTHER_CSV), (OTHER_DIVISOR, ANOTHER_DIVISOR)],
    ids=["quantities", "one of three", "divisors"],
)
def test_imports_that_contradict_each_other_withhold_their_session(
    contenders: tuple[pa.Table, ...],
) -> None:
    """Nobody can say which is right: all are named, in one order."""
    entries = tuple(sorted(map(entry, contenders)))
    assert in_every_order(*contenders) == {ConflictingImports("IBOV", DAY, entries)}


def test_a_total_or_divisor_that_a_file_does_not_give_contradicts_nothing() -> None:
    """A cut-off footer is an absence, not another figure."""
    assert isinstance(chosen((CSV, OTHER_DIVISOR)), RawEntry)
    assert isinstance(chosen((CSV, came(BY_SECTOR, "import", total=None))), RawEntry)


def test_the_order_of_lines_says_nothing() -> None:
    """Downloads differ in how they sort their rows."""
    turned = came(FIGURES[::-1], "import")
    assert chosen((CSV, turned)) == min(entry(CSV), entry(turned))


def test_a_withheld_session_says_what_to_do() -> None:
    """The message names the session, its payloads and the command."""
    message = str(chosen((CSV, OTHER_CSV)))
    assert entry(CSV).payload_sha256[:16] in message
    assert message.endswith("withdraw the wrong one")


def test_one_payload_of_two_sessions_is_two_candidates() -> None:
    """The same bytes dated twice by hand are weighed apart."""
    rows = [
        raw_rows("IBOV", day, FIGURES, source="import_incomplete", payload="the same")
        for day in (DAY, DAY + dt.timedelta(1))
    ]
    assert len(list(summarise_candidates(pa.concat_tables(rows)))) == 2
