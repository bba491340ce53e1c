"""The gate in a process of its own: the same findings, and no dependence on that process."""

import subprocess
from functools import partial
from pathlib import Path

import pytest

from bovespa_pipeline import gate_process as module
from bovespa_pipeline.gate_process import gate_process
from glue_transform import GateFailed
from glue_transform.quality import gate
from glue_transform.testing import audit_rows

RUN = "20250301T000000Z-00000000"


def test_the_findings_are_those_of_this_process(tmp_path: Path) -> None:
    """Several audits in turn; a rule that cannot be evaluated raises here as well."""
    here, there = tmp_path / "here", tmp_path / "there"
    with gate_process() as check:
        assert check is not None
        for number, broken in enumerate((audit_rows({"duplicate_count": 2}), audit_rows({}))):
            expected = gate.evaluate(broken, RUN, here / str(number))
            assert check(broken, RUN, there / str(number)) == expected
        assert [path.name for path in there.rglob("index.html")] == ["index.html"] * 2
        with pytest.raises(GateFailed, match="could not evaluate"):
            check(audit_rows({}).drop_columns("weight_excess"), RUN, there / "failed")


def test_a_process_that_has_ended_is_not_needed(tmp_path: Path) -> None:
    """Killed while it waited for an audit, as by a machine without memory."""
    with gate_process() as check:
        assert isinstance(check, partial)
        process = check.args[0]
        assert isinstance(process, subprocess.Popen)
        process.kill()
        process.wait()
        findings = check(audit_rows({"duplicate_count": 2}), RUN, tmp_path)
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
            check(audit_rows({}).drop_columns("weight_excess"), RUN, tmp_path / "docs")
        assert check.args[0].poll() is None
