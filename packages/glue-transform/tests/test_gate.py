"""The gate itself: Great Expectations over the audit, each portfolio evaluated on its own."""

import dataclasses
import datetime as dt
import re
import stat
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b3_contracts.governance import expectations
from b3_contracts.governance.expectations import suite
from b3_contracts.layout import RawEntry
from b3_contracts.models.tables import AUDIT
from glue_transform import DuckDBEngine, Finding, GateFailed, GateMissing, refine, testing
from glue_transform.quality import findings, gate
from glue_transform.testing import audit_rows, evenly, raw_rows
from lake_io import open_lake
from lake_io.testing import memory_lake

DAY = dt.date(2025, 2, 3)
RUN = "20250301T000000Z-00000000"
BROKEN: dict[str, dict[str, Any]] = {
    "index_code str_matches": {"index_code": "ibov"},
    "position_count greater_than_or_equal_to(1)": {"position_count": 0},
    "duplicate_count equal_to(0)": {"duplicate_count": 2},
    "weight_excess equal_to(0)": {"weight_excess": Decimal("-0.001")},
    "quantity_excess equal_to(0)": {"quantity_excess": 1},
    "days_after_capture less_than_or_equal_to(10)": {"days_after_capture": 11},
    "position_count_jump less_than_or_equal_to(0)": {"position_count_jump": 1},
    "unknown_share_class_count equal_to(0)": {"unknown_share_class_count": 1},
    "unknown_ex_rights_count equal_to(0)": {"unknown_ex_rights_count": 1},
    "unknown_listing_segment_count equal_to(0)": {"unknown_listing_segment_count": 2},
    "closed_day_count equal_to(0)": {"closed_day_count": 1},
}
HOLDING: list[dict[str, Any]] = [
    {},
    {"quantity_excess": None},
    {"days_after_capture": 10},
    {"days_after_capture": -4000},
]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Finding], Path]:
    """The gate's findings in one run over valid portfolios and one broken for each rule."""
    docs = tmp_path_factory.mktemp("docs")
    return gate.evaluate(audit_rows(*HOLDING, *BROKEN.values()), RUN, docs), docs


@pytest.mark.parametrize("rule", BROKEN)
def test_a_portfolio_that_breaks_one_rule_is_found_by_it_alone(
    evaluated: tuple[list[Finding], Path], rule: str
) -> None:
    """The rule names that portfolio and its exact figure, and no other portfolio."""
    place = len(HOLDING) + list(BROKEN).index(rule)
    found = [f for f in evaluated[0] if f.expectation == rule and f.entry]
    assert [f.entry.payload_sha256 for f in found if f.entry] == [f"{place:064x}"]
    [figure] = BROKEN[rule].values()
    assert found[0].observed_value == str(figure)


def test_warnings_refuse_nobody(evaluated: tuple[list[Finding], Path]) -> None:
    """Checks of neighbouring sessions and of vocabulary only warn."""
    by_severity = {f.expectation: (f.refuses, f.warns) for f in evaluated[0] if f.entry}
    assert [rule for rule, (refuses, _) in by_severity.items() if not refuses] == [
        "position_count_jump less_than_or_equal_to(0)",
        "unknown_share_class_count equal_to(0)",
        "unknown_ex_rights_count equal_to(0)",
        "unknown_listing_segment_count equal_to(0)",
        "closed_day_count equal_to(0)",
    ]
    assert all(refuses != warns for refuses, warns in by_severity.values())


def test_every_rule_has_its_own_row_whether_it_held_or_not(
    evaluated: tuple[list[Finding], Path],
) -> None:
    """A run that refused nobody can be told from one that evaluated nothing."""
    overall = {f.expectation: f.unexpected_count for f in evaluated[0] if f.entry is None}
    assert overall == {rule.name: int(rule.name in BROKEN) for rule in suite(AUDIT)}


def test_the_findings_are_rows_of_quality_result(evaluated: tuple[list[Finding], Path]) -> None:
    """They keep the contract, uniqueness by run, rule and portfolio among it."""
    checked = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
    found = [f for f in evaluated[0] if not (f.entry and f.entry.index_code == "ibov")]
    assert findings.rows([*found, *found], RUN, checked).num_rows == len(found)


def pages(docs: Path) -> list[str]:
    """The runs that have a page of Data Docs."""
    return sorted(page.parts[-3] for page in docs.glob("validations/portfolio_audit/*/*/*.html"))


def test_the_pages_of_the_run_are_written(evaluated: tuple[list[Finding], Path]) -> None:
    """A page of the run and the suite's."""
    _, docs = evaluated
    assert pages(docs) == [RUN]
    assert (docs / "expectations" / "portfolio_audit.html").is_file()


def test_no_page_loads_anything(evaluated: tuple[list[Finding], Path]) -> None:
    """Their own links are all that is left: they are read where there is no network."""
    texts = [page.read_text("utf-8") for page in evaluated[1].rglob("*.html")]
    loaded = re.compile(r"<script|<link(?! rel=.icon. href=.data:)|@import|url\(|src=.https?:")
    assert len(texts) > 1
    assert [loaded.findall(text) for text in texts] == [[]] * len(texts)


@pytest.mark.parametrize("suffix", ["99999999", "00000000", "12345678", "0000e000", "abcdefab"])
def test_any_suffix_of_a_run_id_has_its_page(suffix: str, tmp_path: Path) -> None:
    """Eight digits look like an offset from UTC to Great Expectations."""
    run_id = f"20250301T000000Z-{suffix}"
    assert gate.evaluate(audit_rows(HOLDING[0]), run_id, tmp_path)
    assert pages(tmp_path) == [run_id]


def test_a_lake_keeps_the_pages_of_every_run(tmp_path: Path) -> None:
    """Those of other runs, and those of the same run, which may evaluate more than once; without
    a front page of theirs, and with the permissions that the process gives."""
    lake = open_lake(str(tmp_path / "lake"))
    other = RUN.replace("2025", "2026")
    for run in (RUN, RUN, other):
        with lake.scratch("quality") as scratch:
            gate.evaluate(audit_rows({}), run, scratch)
            lake.quality.add(scratch)
    assert pages(Path(lake.quality.uri)) == [RUN, RUN, other]
    assert not (Path(lake.quality.uri) / "index.html").exists()
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").touch()
    usual = {stat.S_IMODE((tmp_path / "plain" / name).stat().st_mode) for name in (".", "file")}
    written = {stat.S_IMODE(path.stat().st_mode) for path in Path(lake.quality.uri).rglob("*")}
    assert written == usual
    assert stat.S_IMODE(Path(lake.quality.uri).stat().st_mode) in usual


def test_the_judge_for_tests_finds_what_the_gate_finds(
    evaluated: tuple[list[Finding], Path],
) -> None:
    """Tests that do without Great Expectations are evaluated by the same rules."""
    plain = testing.evaluate(audit_rows(*HOLDING, *BROKEN.values()), RUN, Path())
    assert bare(plain) == bare(evaluated[0])


def bare(found: list[Finding]) -> list[tuple[Any, ...]]:
    kept = [f for f in found if f.expectation in BROKEN]
    return sorted(
        (f.expectation, f.success, f.unexpected_count, str(f.entry), f.severity) for f in kept
    )


def test_one_payload_of_two_sessions_is_evaluated_for_each(tmp_path: Path) -> None:
    """The figure that a finding shows is that of its own session."""
    same = {"payload_sha256": "a" * 64}
    other = {**same, "reference_date": DAY + dt.timedelta(1), "duplicate_count": 3}
    found = gate.evaluate(audit_rows({**same, "duplicate_count": 2}, other), RUN, tmp_path)
    seen = {f.entry: f.observed_value for f in found if f.entry}
    assert seen == {
        RawEntry("IBOV", DAY, "a" * 64): "2",
        RawEntry("IBOV", DAY + dt.timedelta(1), "a" * 64): "3",
    }


def test_many_offenders_are_all_found(tmp_path: Path) -> None:
    """Great Expectations shows twenty by default; the gate lets none of the rest pass."""
    found = gate.evaluate(audit_rows(*[{"weight_excess": Decimal("0.001")}] * 300), RUN, tmp_path)
    assert len([f for f in found if f.refuses]) == 300


def test_a_gate_that_cannot_judge_lets_nothing_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that fails without naming anybody is an error of the gate."""
    rules = [
        dataclasses.replace(rule, kwargs={**rule.kwargs, "column": "no_such_column"})
        for rule in suite(AUDIT)
        if rule.name == "duplicate_count equal_to(0)"
    ]
    monkeypatch.setattr(expectations, "suite", lambda _: tuple(rules))
    with pytest.raises(GateFailed, match="duplicate_count"):
        gate.evaluate(audit_rows({}), RUN, tmp_path)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        ({"weight_pct": Decimal("50.001")}, "weight_excess equal_to(0)"),
        ({"theoretical_quantity": 101}, "quantity_excess equal_to(0)"),
        ({"ticker": "VALE3"}, "duplicate_count equal_to(0)"),
    ],
    ids=["a thousandth of a percent", "one security", "a ticker twice"],
)
def test_a_run_refuses_whom_the_gate_refuses(spoil: dict[str, Any], rule: str) -> None:
    """From raw rows to the report, by the real gate; the other index is published."""
    lake = memory_lake()
    good = evenly({"PETR4": 100, "VALE3": 200})
    lake.raw.land(raw_rows("IBRA", DAY, good))
    lake.raw.land(raw_rows("IBOV", DAY, [good[0]._replace(**spoil), good[1]], total=300))
    report = refine(lake, DuckDBEngine(), dt.datetime(2025, 3, 1, tzinfo=dt.UTC))
    assert [f.expectation for f in report.refused] == [rule]
    assert [s.index_code for s in report.published] == ["IBRA"]


def test_without_great_expectations_nothing_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the extra `gate` is not installed; the message names what is missing."""
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(GateMissing, match=r"^Great Expectations is not installed$"):
        gate.evaluate(audit_rows({}), RUN, tmp_path)
