"""A run of refine: what it publishes, refuses, withholds, reports, and leaves alone."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry, raw_position_key
from glue_transform import (
    ConflictingImports,
    DuckDBEngine,
    Finding,
    IndexSession,
    RefineOptions,
    Report,
    Scope,
    refine,
)
from glue_transform.engines.base import STATEMENTS
from glue_transform.quality import findings
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io import Conflict
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
MON, TUE, WED = (dt.date(2025, 2, day) for day in (3, 4, 5))
ENGINE = DuckDBEngine()
GOOD = evenly({"PETR4": 100, "VALE3": 200})
BAD = [GOOD[0]._replace(weight_pct=Decimal("50.001")), GOOD[1]]
OTHER = evenly({"PETR4": 100, "VALE3": 201})
RETRY, REBUILD = RefineOptions(retry=True), RefineOptions(rebuild=True)


@pytest.fixture
def lake() -> MemoryLake:
    return memory_lake()


def land(
    lake: MemoryLake,
    day: dt.date,
    lines: list[Line] = GOOD,
    index: str = "IBOV",
    **about: Any,
) -> RawEntry:
    return lake.raw.land(raw_rows(index, day, lines, **about))[0]


def run(lake: MemoryLake, choices: RefineOptions = RefineOptions()) -> Report:  # noqa: B008 - frozen
    return refine(lake, ENGINE, NOW, choices, evaluate=evaluate)


def sessions(lake: MemoryLake) -> set[IndexSession]:
    rows = lake.memory.tables["portfolio"].select(["index_code", "reference_date"])
    return {IndexSession(*row.values()) for row in rows.to_pylist()}


def results(lake: MemoryLake, report: Report) -> list[dict[str, Any]]:
    table = lake.memory.tables["quality_result"]
    mine = table.filter(pc.equal(table["run_id"], report.run_id))
    return [dict(row) for row in mine.to_pylist()]


def test_a_refused_portfolio_stays_out_and_the_others_go_on(lake: MemoryLake) -> None:
    """The refusal names table, rule and figure; what it would have followed is linked past."""
    land(lake, MON)
    bad = land(lake, TUE, BAD)
    land(lake, WED)
    land(lake, TUE, index="IBRA")
    report = run(lake)
    assert sessions(lake) == {("IBOV", MON), ("IBOV", WED), ("IBRA", TUE)}
    [refusal] = report.refused
    assert (refusal.entry, refusal.observed_value) == (bad, "0.001")
    assert str(refusal) == (
        "IBOV 2025-02-04: position breaks the rule weight_excess equal_to(0), found 0.001"
    )
    assert not report.is_clean


def test_a_standing_refusal_is_named_and_not_tried_again(lake: MemoryLake) -> None:
    """The second run is clean, says what still stands, and publishes nothing."""
    bad = land(lake, TUE, BAD)
    run(lake)
    published = lake.memory.published
    report = run(lake)
    assert report.is_clean
    assert [f.entry for f in report.prior_findings if isinstance(f, Finding)] == [bad]
    assert lake.memory.published == published


def test_a_retry_judges_again_what_was_refused(lake: MemoryLake) -> None:
    """It is recorded in the new run, and is no news."""
    land(lake, TUE, BAD)
    run(lake)
    report = run(lake, RETRY)
    assert report.is_clean
    assert len(report.prior_findings) == 1
    assert [row["success"] for row in results(lake, report) if row["payload_sha256"]] == [False]


def test_a_refusal_counts_only_under_the_rules_it_was_made_by(
    lake: MemoryLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the rules change, what they refused is evaluated again."""
    land(lake, TUE, BAD)
    run(lake)
    monkeypatch.setattr(findings, "rules_version", lambda: "9.9.9+00000000")
    report = run(lake)
    assert len(report.refused) == 1
    assert {row["rules_version"] for row in results(lake, report)} == {"9.9.9+00000000"}


def test_the_next_candidate_speaks_where_the_first_is_refused(lake: MemoryLake) -> None:
    """A broken correction does not take the session with it."""
    first = land(lake, MON)
    later = dt.datetime(2025, 2, 3, 23, tzinfo=dt.UTC)
    land(lake, MON, BAD, captured_at=later)
    report = run(lake)
    assert len(report.refused) == 1
    published = lake.memory.tables["portfolio"]["payload_sha256"].to_pylist()
    assert published == [first.payload_sha256]


def test_a_refused_correction_of_a_published_session_only_records_it(lake: MemoryLake) -> None:
    """The session keeps its portfolio; nothing stands open."""
    land(lake, MON)
    run(lake)
    before = lake.memory.tables["portfolio"]
    land(lake, MON, BAD, captured_at=dt.datetime(2025, 2, 3, 23, tzinfo=dt.UTC))
    report = run(lake)
    assert (report.published, report.removed, len(report.refused)) == ((), (), 1)
    assert lake.memory.tables["portfolio"] == before
    assert run(lake).prior_findings == ()


def test_a_payload_refused_for_two_sessions_is_remembered_for_both(lake: MemoryLake) -> None:
    """The same bytes dated twice by hand are two entries."""
    for day in (MON, TUE):
        land(lake, day, BAD, source="import_incomplete", payload="the same")
    assert len(run(lake).refused) == 2
    published = lake.memory.published
    assert len(run(lake).prior_findings) == 2
    assert lake.memory.published == published


def test_contradicting_imports_withhold_a_published_session_until_one_is_withdrawn(
    lake: MemoryLake,
) -> None:
    """It is taken out, told once, kept in mind, and comes back."""
    first = land(lake, MON, source="import")
    run(lake)
    second = land(lake, MON, OTHER, source="import")
    report = run(lake)
    assert report.removed == (("IBOV", MON),)
    assert report.withheld == (ConflictingImports("IBOV", MON, tuple(sorted((first, second)))),)
    published = lake.memory.published
    again = run(lake)
    assert (again.withheld, again.prior_findings) == ((), report.withheld)
    assert lake.memory.published == published
    lake.raw.withdraw(first, "wrong", NOW)
    assert run(lake).published == (("IBOV", MON),)
    assert run(lake).prior_findings == ()


def test_an_import_that_the_gate_refuses_contradicts_nobody(lake: MemoryLake) -> None:
    """Landed beside a good one, before or after it, the good one is published."""
    good = land(lake, MON, source="import")
    bad = land(lake, MON, [*BAD[:1], *OTHER[1:]], source="import")
    report = run(lake)
    assert [f.entry for f in report.refused] == [bad]
    assert report.withheld == ()
    assert lake.memory.tables["portfolio"]["payload_sha256"].to_pylist() == [good.payload_sha256]


def test_a_withdrawn_refusal_is_settled(lake: MemoryLake) -> None:
    """A person has looked at it: it is not named again."""
    bad = land(lake, MON, BAD)
    run(lake)
    lake.raw.withdraw(bad, "truncated", NOW)
    assert run(lake).prior_findings == ()


def test_the_last_session_of_an_index_can_be_withdrawn(lake: MemoryLake) -> None:
    """No row of the index remains in any table of figures."""
    entry = land(lake, MON)
    run(lake)
    lake.raw.withdraw(entry, "wrong", NOW)
    assert run(lake).removed == (("IBOV", MON),)
    tables = lake.memory.tables
    assert {n: t.num_rows for n, t in tables.items() if n != "quality_result"} == {
        "position": 0,
        "share_class_summary": 0,
        "position_change": 0,
        "membership": 0,
        "preview_position": 0,
        "preview_change": 0,
        "portfolio": 0,
    }


def test_a_scope_names_only_its_own_standing_refusals(lake: MemoryLake) -> None:
    """A run restricted to one index reports on that index alone."""
    land(lake, MON, BAD)
    run(lake)
    assert run(lake, RefineOptions(Scope(frozenset({"IBRA"})))).prior_findings == ()


def test_a_rebuild_keeps_and_names_what_raw_no_longer_holds(lake: MemoryLake) -> None:
    """The session stays, with a refusal that names the file; an ordinary run skips it."""
    land(lake, MON)
    run(lake)
    before = lake.memory.tables["position"]
    lake.store.objects.clear()
    assert run(lake).removed == ()
    [refusal] = run(lake, REBUILD).refused
    assert "raw/position/index_code=IBOV/reference_date=2025-02-03/" in str(refusal)
    assert lake.memory.tables["position"] == before
    assert sessions(lake) == {("IBOV", MON)}


def test_a_bad_row_in_raw_refuses_its_portfolio_only_and_is_named(lake: MemoryLake) -> None:
    """Rows that passed the parser's check are stopped by refine's."""
    land(lake, MON)
    rows = raw_rows("IBOV", TUE, [GOOD[0], GOOD[1]._replace(ticker="../etc")])
    put_raw(lake, rows)
    report = run(lake)
    assert sessions(lake) == {("IBOV", MON)}
    [refusal] = report.refused
    assert refusal.expectation.startswith("contract: ticker")
    assert "ticker=../etc" in str(refusal)
    assert len(run(lake).prior_findings) == 1


def test_a_bad_row_breaking_several_columns_is_told_of_each(lake: MemoryLake) -> None:
    """One row of `quality_result` per column, though the rule be the same."""
    rows = raw_rows("IBOV", TUE, [GOOD[0]._replace(share_class="xx", sector=" ")])
    put_raw(lake, rows.set_column(3, "company", pa.array([" "])))
    refused = {f.column_name for f in run(lake).refused}
    assert refused == {"company", "share_class", "sector"}


def test_a_broken_rival_leaves_the_session_to_the_other(lake: MemoryLake) -> None:
    """A contested session is decided among those that can be read."""
    good = land(lake, MON, source="import")
    put_raw(lake, raw_rows("IBOV", MON, [GOOD[0]._replace(ticker="nope")]))
    report = run(lake)
    assert (len(report.refused), report.published) == (1, (("IBOV", MON),))
    assert lake.memory.tables["portfolio"]["payload_sha256"].to_pylist() == [good.payload_sha256]


def put_raw(lake: MemoryLake, rows: pa.Table) -> None:
    """As `land`, without its checks."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    names = ("index_code", "reference_date", "payload_sha256")
    entry = RawEntry(*(rows[name][0].as_py() for name in names))
    lake.store.put(raw_position_key(entry, 1), sink.getvalue().to_pybytes())


def test_raw_that_is_no_parquet_refuses_its_portfolio_only(lake: MemoryLake) -> None:
    """A file that a disk has ruined is told and left."""
    land(lake, MON)
    lake.store.put(raw_position_key(RawEntry("IBOV", TUE, "a" * 64), 1), b"not parquet")
    [refusal] = run(lake).refused
    assert refusal.expectation.startswith("contract: file cannot be read")
    assert sessions(lake) == {("IBOV", MON)}


@pytest.mark.parametrize("name", [n for n in STATEMENTS if n != "portfolio_audit"])
def test_output_that_breaks_its_contract_publishes_nothing(lake: MemoryLake, name: str) -> None:
    """The transform is held to the contracts as raw is."""

    class Wrong(DuckDBEngine):
        def run(self, statement: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
            rows = super().run(statement, inputs)
            if statement != name:
                return rows
            spoilt = pa.array(["not an index"] * rows.num_rows)
            return rows.set_column(0, rows.schema.field(0), spoilt)

    land(lake, MON)
    land(lake, TUE, OTHER)
    with pytest.raises(ContractError, match="index_code"):
        refine(lake, Wrong(), NOW, evaluate=evaluate)
    assert lake.memory.published == 0


def test_a_run_that_is_overtaken_computes_anew(lake: MemoryLake) -> None:
    """The other run's publication stays; this run adds the rest."""
    land(lake, MON)
    overtaken: list[bool] = []

    def interfere() -> None:
        if not overtaken:
            overtaken.append(True)
            land(lake, TUE)
            refine(lake, ENGINE, NOW, evaluate=evaluate)

    lake.memory.before_publish = interfere
    said: list[str] = []
    report = refine(lake, ENGINE, NOW, progress=said.append, evaluate=evaluate)
    assert report.published == ()
    assert sessions(lake) == {("IBOV", MON), ("IBOV", TUE)}
    assert "another run published meanwhile: computing anew" in said


def test_a_run_that_is_overtaken_for_ever_gives_up(lake: MemoryLake) -> None:
    """Twenty attempts, then the conflict is told."""
    land(lake, MON)
    attempts: list[bool] = []

    def interfere() -> None:
        attempts.append(True)
        lake.memory.published += 1

    lake.memory.before_publish = interfere
    with pytest.raises(Conflict):
        run(lake)
    assert len(attempts) == 20


def test_an_empty_lake_has_nothing_to_publish(lake: MemoryLake) -> None:
    """No table is made for nothing."""
    assert run(lake).published == ()
    assert lake.memory.published == 0


def test_a_runs_name_is_its_time_in_utc_and_chance(lake: MemoryLake) -> None:
    """Two runs of one second have two names."""
    local = NOW.astimezone(dt.timezone(dt.timedelta(hours=-3)))
    names = {refine(lake, ENGINE, local, evaluate=evaluate).run_id for _ in range(2)}
    assert {name[:17] for name in names} == {"20250301T000000Z-"}
    assert len(names) == 2


@pytest.mark.parametrize(("days", "published"), [(10, 1), (11, 0)])
def test_a_reference_date_lies_at_most_ten_days_after_its_capture(
    lake: MemoryLake, days: int, published: int
) -> None:
    """Carnival and a weekend are shorter; later dates are misread ones."""
    captured = dt.datetime.combine(MON - dt.timedelta(days), dt.time(23, 59), dt.UTC)
    land(lake, MON, captured_at=captured)
    assert len(run(lake).published) == published


def test_what_compares_with_neighbours_only_warns(lake: MemoryLake) -> None:
    """An index that doubles is published, and the jump recorded with it."""
    land(lake, MON, evenly({f"A{n:03d}3": 1 for n in range(10)}))
    land(lake, TUE, evenly({f"A{n:03d}3": 1 for n in range(20)}))
    report = run(lake)
    assert len(report.published) == 2
    [warning] = report.warnings
    assert (warning.severity, warning.observed_value) == ("warning", "5")


def test_unknown_words_of_b3_are_published_with_a_warning_each(lake: MemoryLake) -> None:
    """B3 adds classes and segments every year; a session cannot be had again."""
    odd = GOOD[0]._replace(share_class="PNZ", ex_rights="E9", listing_segment="MP")
    land(lake, MON, [odd, GOOD[1]._replace(share_class="DR3", listing_segment="M2")])
    report = run(lake)
    assert (len(report.published), report.refused) == (1, ())
    assert [(w.column_name, w.observed_value) for w in report.warnings] == [
        ("unknown_share_class_count", f"1 (ticker={odd.ticker}, share_class=PNZ)"),
        ("unknown_ex_rights_count", f"1 (ticker={odd.ticker}, ex_rights=E9)"),
        ("unknown_listing_segment_count", f"1 (ticker={odd.ticker}, listing_segment=MP)"),
    ]
    summary = lake.memory.tables["share_class_summary"].to_pylist()
    assert [row["share_class"] for row in summary] == ["DR3", "PNZ"]


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (dt.date(2025, 2, 8), "2025-02-08, Saturday"),
        (dt.date(2025, 12, 25), "2025-12-25, Christmas Day"),
        (dt.date(2021, 7, 9), "2021-07-09, Constitutionalist Revolution Day"),
    ],
)
def test_a_portfolio_of_a_closed_day_is_published_with_a_warning(
    lake: MemoryLake, day: dt.date, why: str
) -> None:
    """The header's date is the truth, and the calendar doubts it."""
    land(lake, day)
    report = run(lake)
    [warning] = report.warnings
    assert len(report.published) == 1
    assert warning.expectation == "closed_day_count equal_to(0)"
    assert warning.observed_value == f"1 ({why})"


def test_an_unknown_marker_warns(lake: MemoryLake) -> None:
    """B3 composes new ones."""
    land(lake, MON, [GOOD[0]._replace(ex_rights="XYZ"), GOOD[1]._replace(ex_rights="ED")])
    report = run(lake)
    assert [w.expectation for w in report.warnings] == ["unknown_ex_rights_count equal_to(0)"]
    assert report.is_clean
