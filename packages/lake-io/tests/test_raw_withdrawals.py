"""Withdrawals and reinstatements of an entry: the newest note until a time decides."""

import datetime as dt
from pathlib import Path
from types import ModuleType

import pytest

from lake_io import LakeDamaged, RawZone

NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)


def test_withdrawn_entries_are_told_as_of_a_time(raw: RawZone, factories: ModuleType) -> None:
    """Whatever zone the times were given in."""
    entry, _ = raw.land(factories.raw_rows())
    sao_paulo = dt.timezone(dt.timedelta(hours=-3))
    raw.withdraw(entry, "B3 corrected it by mail", NOON.astimezone(sao_paulo))
    assert raw.withdrawn() == {entry}
    assert raw.withdrawn(until=NOON) == {entry}
    assert raw.withdrawn(until=NOON - dt.timedelta(seconds=1)) == frozenset()


def test_a_reinstated_entry_is_told_as_of_a_time(raw: RawZone, factories: ModuleType) -> None:
    """Each note has its time; the newest one until then decides."""
    entry, _ = raw.land(factories.raw_rows("IBOV", 6))
    hours = [NOON + dt.timedelta(hours=hour) for hour in range(4)]
    raw.withdraw(entry, "wrong", hours[0])
    raw.withdraw(entry, "still wrong", hours[1])
    raw.reinstate(entry, "right after all", hours[2])
    assert raw.withdrawn() == frozenset()
    raw.withdraw(entry, "wrong again", hours[3])
    assert raw.withdrawn() == {entry}
    states = [bool(raw.withdrawn(until=hour)) for hour in hours]
    assert states == [True, True, False, True]


def test_a_damaged_reinstatement_is_told_and_written_again(
    raw: RawZone, factories: ModuleType, tmp_path: Path
) -> None:
    entry, _ = raw.land(factories.raw_rows("IBOV", 6))
    raw.withdraw(entry, "wrong", NOON)
    raw.reinstate(entry, "right", NOON)
    (note,) = tmp_path.rglob("*.1.json")
    note.write_bytes(b"")
    assert raw.withdrawn() == frozenset()
    with pytest.raises(LakeDamaged):
        raw.withdrawn(until=NOON)
