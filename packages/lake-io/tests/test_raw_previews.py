"""Typed previews in the raw zone: an answer is a file, found by its index."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.specification import RAW_PREVIEW
from lake_io import LakeDamaged, RawZone
from lake_io.raw.checks import fault_of

DAY = dt.date(2024, 12, 3)


def rows(
    index: str = "IBOV", day: dt.date = DAY, sha256: str = "a" * 64, **more: object
) -> pa.Table:
    row = {
        "index_code": index,
        "captured_on": day,
        "ticker": "PETR4",
        "company": "PETROBRAS",
        "share_class": "PN",
        "ex_rights": None,
        "listing_segment": "N2",
        "theoretical_quantity": 100,
        "weight_pct": Decimal("100.000"),
        "total_theoretical_quantity": 100,
        "divisor": Decimal("1.00000000"),
        "payload_sha256": sha256,
        "parser_revision": 1,
        **more,
    }
    return pa.Table.from_pylist([row], arrow.schema(RAW_PREVIEW))


def test_answers_are_found_by_index_in_the_order_they_came(raw: RawZone) -> None:
    for index, day in (("SMLL", 3), ("IBOV", 5), ("IBOV", 4)):
        assert raw.previews.land(rows(index, DAY.replace(day=day)))
    assert not raw.previews.land(rows("SMLL"))
    kept = raw.previews.keys()
    found = [(key.index_code, key.captured_on.day) for key in kept]
    assert found == [("IBOV", 4), ("IBOV", 5), ("SMLL", 3)]
    assert [key.index_code for key in raw.previews.keys(["SMLL"])] == ["SMLL"]
    assert raw.previews.keys(["IBXX"]) == []


def test_the_highest_revision_stands_for_an_answer(raw: RawZone) -> None:
    raw.previews.land(rows())
    raw.previews.land(rows(parser_revision=2, company="OTHER"))
    (key,) = raw.previews.keys()
    assert raw.previews.read_one(key)["company"].to_pylist() == ["OTHER"]


@pytest.mark.parametrize("body", [b"", b"PAR1", b"damaged"])
def test_a_damaged_file_is_told_and_written_again(
    raw: RawZone, tmp_path: Path, body: bytes
) -> None:
    raw.previews.land(rows())
    (key,) = raw.previews.keys()
    (tmp_path / key.name).write_bytes(body)
    assert "cannot be read" in str(fault_of(raw, key.name))
    with pytest.raises(ContractError):
        raw.previews.read_one(key)
    assert raw.previews.land(rows())
    assert fault_of(raw, key.name) is None


def test_a_file_under_another_name_is_no_answer(raw: RawZone, tmp_path: Path) -> None:
    raw.previews.land(rows())
    (key,) = raw.previews.keys()
    body = (tmp_path / key.name).read_bytes()
    other = tmp_path / key.name.replace("IBOV", "SMLL")
    other.parent.mkdir(parents=True)
    other.write_bytes(body)
    (smll,) = raw.previews.keys(["SMLL"])
    assert "holds another answer" in str(fault_of(raw, smll.name))


def test_rows_of_two_answers_and_broken_rows_are_refused(raw: RawZone) -> None:
    for wrong in (
        pa.concat_tables([rows(), rows("SMLL")]),
        rows().slice(0, 0),
        rows(theoretical_quantity=0),
        pa.concat_tables([rows(), rows()]),
    ):
        with pytest.raises(ContractError):
            raw.previews.land(wrong)


def test_undated_answers_are_read_back(raw: RawZone, tmp_path: Path) -> None:
    raw.store_reference(DAY, "GetQuartelyPreview-IBOV", b"second")
    raw.store_reference(DAY.replace(day=2), "GetQuartelyPreview-IBOV", b"first")
    raw.store_reference(DAY, "GetStockIndex", b"list")
    found = raw.references("GetQuartelyPreview-")
    assert [raw.reference(each) for each in found] == [b"first", b"second"]
    (tmp_path / found[0].key).write_bytes(b"damaged")
    with pytest.raises(LakeDamaged, match="its bytes are not those it is named after"):
        raw.reference(found[0])
