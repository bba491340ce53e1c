"""The gate in a process of its own: the same findings, and no dependence on that process."""

import subprocess
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from b3_contracts.backends import arrow
from b3_contracts.specification import AUDIT
from bovespa_pipeline import gate_process as module
from bovespa_pipeline.gate_process import gate_process
from glue_transform import GateFailed
from glue_transform.quality import gate

RUN = "20250301T000000Z-00000000"
ROW = {
    "index_code": "IBOV",
    "reference_date": date(2025, 2, 3),
    "payload_sha256": "0" * 64,
    "position_count": 87,
    "duplicate_count": 0,
    "weight_excess": Decimal("0.000"),
    "quantity_excess": 0,
    "days_after_capture": 4,
    "position_count_jump": 0,
    "unknown_share_class_count": 0,
    "unknown_ex_rights_count": 0,
    "unknown_listing_segment_count": 0,
    "closed_day_count": 0,
}


def audit(**changes: object) -> pa.Table:
    return pa.Table.from_pylist([{**ROW, **changes}], schema=arrow.schema(AUDIT))


def test_the_findings_are_those_of_this_process(tmp_path: Path) -> None:
    """Several audits in turn; a rule that cannot be evaluated raises here as well."""
    here, there = tmp_path / "here", tmp_path / "there"
    with gate_process() as check:
        assert check is not None
        for number, broken in enumerate((audit(duplicate_count=2), audit())):
            expected = gate.evaluate(broken, RUN, here / str(number))
            assert check(broken, RUN, there / str(number)) == expected
        assert [path.name for path in there.rglob("index.html")] == ["index.html"] * 2
        with pytest.raises(GateFailed, match="could not evaluate"):
            check(audit().drop_columns("weight_excess"), RUN, there / "failed")


def test_a_process_that_has_ended_is_not_needed(tmp_path: Path) -> None:
    """Killed before the audit or during it, as by a machine without memory."""
    with gate_process() as check:
        assert isinstance(check, partial)
        process = check.args[0]
        assert isinstance(process, subprocess.Popen)
        process.kill()
        process.wait()
        findings = check(audit(duplicate_count=2), RUN, tmp_path)
    assert [f.expectation for f in findings if f.entry] == ["duplicate_count equal_to(0)"]


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "executable", "/no/such/python")
    with gate_process() as check:
        assert check is None


def test_nothing_in_the_current_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "great_expectations.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    with gate_process() as check:
        assert isinstance(check, partial)
        with pytest.raises(GateFailed):
            check(audit().drop_columns("weight_excess"), RUN, tmp_path / "docs")
        assert check.args[0].poll() is None
