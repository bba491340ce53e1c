"""Rows that a large run holds packed are the rows that were read."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.specification import RAW
from glue_transform import DuckDBEngine, packed_rows, row_buffer, transform
from glue_transform.packed_rows import PackedRows, batches, pack
from glue_transform.refine import refine
from glue_transform.row_buffer import RowBuffer
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io import Lake, open_lake

MONDAY = dt.date(2025, 1, 6)
LINES = [
    Line("PETR4", 100, Decimal("60.000"), share_class="PN"),
    Line("VALE3", 50, Decimal("40.000"), ex_rights="ED"),
]


def _portfolios() -> list[pa.Table]:
    """Three indices on four days; every field differs somewhere."""
    return [
        raw_rows(index, MONDAY + dt.timedelta(day), LINES)
        for index in ("IBOV", "IBXX", "SMLL")
        for day in range(4)
    ]


def _portfolio_of(count: int) -> pa.Table:
    names = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}AA3" for n in range(count)]
    return raw_rows("IBOV", MONDAY, evenly({name: 7 + n for n, name in enumerate(names)}))


@pytest.mark.parametrize("rows", [_portfolio_of(2), _portfolio_of(90)], ids=["short", "long"])
def test_packed_rows_are_the_same_rows(rows: pa.Table) -> None:
    with ThreadPoolExecutor() as executor:
        packed = pack(rows.combine_chunks(), executor)
    assert (
        PackedRows([packed.slice(1), packed.slice(0, 1)])
        .rows()
        .equals(pa.concat_tables([rows.slice(1), rows.slice(0, 1)]))
    )


def test_a_long_portfolio_takes_a_fraction_of_its_memory() -> None:
    rows = _portfolio_of(500)
    with ThreadPoolExecutor() as executor:
        assert pack(rows.combine_chunks(), executor).nbytes < rows.nbytes / 3


def test_some_columns_are_unpacked_alone() -> None:
    rows = _portfolio_of(3)
    assert PackedRows([rows]).rows(["ticker"]).equals(rows.select(["ticker"]))


def test_no_rows_have_the_columns_of_the_contract() -> None:
    assert PackedRows().rows().equals(arrow.empty(RAW))


def test_batches_hold_every_row_once_and_stay_below_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed_rows, "BATCH_ROWS", 5)
    tables = [PackedRows([rows]) for rows in _portfolios()]
    found = [batch.rows() for batch in batches(tables)]
    assert [rows.num_rows for rows in found] == [4] * 6
    assert pa.concat_tables(found).equals(pa.concat_tables(_portfolios()))


@dataclass
class Rows:
    """The raw zone of a lake, which counts what is read at a time."""

    lake: Lake
    reads: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.lake.raw, name)

    def read(self, keys: list[object]) -> object:
        self.reads.append(len(keys))
        return self.lake.raw.read(keys)  # type: ignore[arg-type]  # of the same keys


def _landed(folder: Path) -> Lake:
    lake = open_lake(str(folder))
    for rows in _portfolios():
        lake.raw.land(rows)
    return lake


def test_many_files_are_read_a_number_at_a_time_and_handed_over_by_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_buffer, "FILES_AT_ONCE", 5)
    zone = Rows(_landed(tmp_path))
    buffer = RowBuffer(zone, dict(zone.lake.raw.entries()))  # type: ignore[arg-type]  # reads what a RawZone reads
    read = buffer.read(buffer.keys)
    assert zone.reads == [5, 5, 2]
    assert sum(table.num_rows for table in read) == 24
    by_index = buffer.pop(buffer.keys)
    assert sorted(by_index) == ["IBOV", "IBXX", "SMLL"]
    for index, rows in by_index.items():
        ours = [each for each in _portfolios() if each["index_code"][0].as_py() == index]
        assert rows.rows().sort_by("reference_date").equals(pa.concat_tables(ours))


def test_rows_of_a_refused_entry_are_left_out_of_a_packed_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_buffer, "FILES_AT_ONCE", 5)
    lake = _landed(tmp_path)
    buffer = RowBuffer(lake.raw, dict(lake.raw.entries()))
    buffer.read(buffer.keys)
    passed = [entry for entry in buffer.keys if entry.reference_date != MONDAY]
    dates = {
        (index, date)
        for index, rows in buffer.pop(passed).items()
        for date in rows.rows()["reference_date"].to_pylist()
    }
    assert dates == {(entry.index_code, entry.reference_date) for entry in passed}


def test_a_large_run_publishes_what_small_runs_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)
    whole, apart = _landed(tmp_path / "whole"), _landed(tmp_path / "apart")
    refine(whole, DuckDBEngine(), now, evaluate=evaluate)
    monkeypatch.setattr(row_buffer, "FILES_AT_ONCE", 5)
    monkeypatch.setattr(packed_rows, "BATCH_ROWS", 5)
    monkeypatch.setattr(transform, "BATCH_ROWS", 5)
    refine(apart, DuckDBEngine(), now, evaluate=evaluate)
    for table in ("portfolio", "position", "position_change", "membership"):
        rows = [lake.refined_tables.snapshot().read(table) for lake in (whole, apart)]
        one, other = (
            each.sort_by([(name, "ascending") for name in each.column_names[:3]]) for each in rows
        )
        assert one.equals(other)
