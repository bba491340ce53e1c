"""The questions on securities and indices, beside plain SQL; answers as a notebook takes them."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bovespa_pipeline import LakeReader, StaleAnswer, open_lake
from bovespa_pipeline.dates import as_date, as_time
from lake_io import NotInLake, QueryError

Run = Callable[..., CompletedProcess[str]]

TODAY = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)
STALE = pytest.mark.filterwarnings("ignore::bovespa_pipeline.StaleAnswer")
"""The sample lake is older than today."""
FEBRUARY = dt.date(2025, 2, 5)


@pytest.fixture(scope="module")
def asked(sample_lake: Path) -> LakeReader:
    return open_lake(str(sample_lake), clock=lambda: TODAY)


def test_a_security_in_every_index_and_session(asked: LakeReader) -> None:
    answer = asked.history("pssa3")
    plain = asked.sql("select count(*) as n from position where ticker = 'PSSA3'")
    assert len(answer) == plain[0]["n"] == 12
    assert answer[0] == {
        "index_code": "IBOV",
        "reference_date": dt.date(2025, 1, 6),
        "ticker": "PSSA3",
        "theoretical_quantity": 182_560_698,
        "weight_pct": Decimal("0.329"),
        "ex_rights": "EJ",
    }
    assert set(answer["index_code"].to_pylist()) == {"IBOV", "IBRA"}


@STALE
def test_who_held_a_security_on_a_date(asked: LakeReader) -> None:
    """Each index in its latest session until then; none where it had left."""
    assert [row["index_code"] for row in asked.holders("PETR4")] == ["IBOV", "IBRA"]
    (row,) = asked.holders("PETR4", on="2025-02-09")
    assert (row["reference_date"], row["weight_pct"]) == (
        dt.date(2025, 2, 7),
        next(
            each["weight_pct"]
            for each in asked.members("IBOV", on="2025-02-07")
            if each["ticker"] == "PETR4"
        ),
    )
    assert len(asked.holders("ALPA4", on=FEBRUARY)) == 0
    with pytest.raises(NotInLake, match="no index in the lake ever held XXXX3"):
        asked.holders("XXXX3")
    with pytest.raises(NotInLake, match="2026-03-03 has not come yet"):
        asked.holders("PETR4", on="2026-03-03")


@STALE
def test_two_indices_compared(asked: LakeReader) -> None:
    """What both give to the same securities, as the sums of plain SQL say."""
    rows = list(asked.compare("IBOV", "IBRA"))
    assert len(rows) == len({row["ticker"] for row in rows}) >= 166
    assert sum(row["weight_pct"] or 0 for row in rows) == 100
    assert sum(row["other_weight_pct"] or 0 for row in rows) == 100
    overlap = asked.sql(
        "select sum(least(a.weight_pct, b.weight_pct)) as overlap from position a "
        "join position b using (ticker) where a.index_code = $own and b.index_code = $other "
        "and a.reference_date = $day and b.reference_date = $other_day",
        {
            "own": "IBOV",
            "other": "IBRA",
            "day": rows[0]["reference_date"],
            "other_day": rows[0]["other_reference_date"],
        },
    )
    assert sum(row["overlap_pct"] for row in rows) == overlap[0]["overlap"]
    with pytest.raises(NotInLake, match="the lake holds no SMLL"):
        asked.compare("IBOV", "SMLL")
    with pytest.raises(NotInLake, match="IBRA is in the lake from 2025-08-26 on"):
        asked.compare("IBOV", "IBRA", on=FEBRUARY)


@STALE
def test_sectors_add_up_to_the_index(asked: LakeReader) -> None:
    rows = list(asked.sectors("IBOV", on=FEBRUARY))
    assert sum(row["weight_pct"] for row in rows) == 100
    assert sum(row["position_count"] for row in rows) == 87
    assert {row["reference_date"] for row in rows} == {FEBRUARY}
    assert asked.sectors("IBRA")["sector"].null_count == 1
    with pytest.raises(NotInLake, match="from 2024-12-11 on, not on 2024-12-10"):
        asked.sectors("IBOV", on="2024-12-10")


def test_turnover_step_by_step(asked: LakeReader) -> None:
    """The rebalance is marked; a step's moves are those of the weights around it."""
    rows = {row["reference_date"]: row for row in asked.turnover("IBOV")}
    assert len(rows) == 14
    assert [day for day, row in rows.items() if row["is_rebalance"]] == [dt.date(2025, 1, 6)]
    before, after = (
        {row["ticker"]: row["weight_pct"] for row in asked.members("IBOV", on=day)}
        for day in ("2024-12-30", "2025-01-06")
    )
    moves = (abs(after.get(t, 0) - before.get(t, 0)) for t in before.keys() | after.keys())
    assert rows[dt.date(2025, 1, 6)]["turnover_pct"] == sum(moves) / 2


def test_concentration_session_by_session(asked: LakeReader) -> None:
    rows = {row["reference_date"]: row for row in asked.concentration("IBOV")}
    weights = sorted(
        (row["weight_pct"] for row in asked.members("IBOV", on=FEBRUARY)), reverse=True
    )
    row = rows[FEBRUARY]
    assert (row["position_count"], row["largest_weight_pct"]) == (87, weights[0])
    assert row["ten_largest_weight_pct"] == sum(weights[:10])
    assert row["effective_position_count"] == pytest.approx(
        1 / sum((float(weight) / 100) ** 2 for weight in weights)
    )


def test_what_changes_by_session_is_of_a_span(asked: LakeReader) -> None:
    """The first session of the span is compared with the one before it."""
    for ask in (asked.turnover, asked.concentration):
        rows = [row for row in ask("IBOV") if str(row["reference_date"]) >= "2025-01-06"]
        assert list(ask("IBOV", first="2025-01-06")) == rows
        assert list(ask("IBOV", first="2025-01-06", last="2025-01-06")) == rows[:1]
        with pytest.raises(NotInLake, match="the nearest: 2025-01-06 and 2025-02-03"):
            ask("IBOV", first="2025-01-11", last="2025-01-12")
        with pytest.raises(ValueError, match="is after the last day"):
            ask("IBOV", first="2025-02-01", last="2025-01-01")


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("command", ["turnover", "concentration"])
def test_a_span_is_an_option(bovespa: Run, sample_lake: Path, command: str, form: str) -> None:
    """As of `weights`, under both names, in every format."""
    shown = [
        bovespa(command, "ibov", *span, "--format", form, "--lake", sample_lake).stdout
        for span in (
            ("--first", "2025-01-06", "--last", "2025-01-06"),
            ("--from", "2025-01-06", "--to", "2025-01-06"),
        )
    ]
    assert shown[0] == shown[1]
    assert (shown[0].count("2025-01-06"), "2025-02" in shown[0]) == (1, False)
    backwards = ("--first", "2025-02-01", "--last", "2025-01-01", "--lake", sample_lake)
    assert "--first 2025-02-01 is after" in bovespa(command, "IBOV", *backwards).stderr


def test_weights_side_by_side_can_be_computed_with(asked: LakeReader) -> None:
    answer = asked.weights_wide("ibov")
    assert answer.arrow.schema.field("AMOB3").type == pa.decimal128(9, 3)
    frame = answer.to_pandas(floats=True)
    assert frame.index.dtype == "datetime64[ns]"
    assert answer.to_pandas().index.name == frame.index.name == "reference_date"
    assert (frame * 1.5).sum(axis=1).round(6).eq(150).all()
    assert np.isnan(frame.loc["2024-12-11", "AMOB3"])
    with pytest.raises(NotInLake):
        asked.weights_wide("SMLL")


def test_floats_join_and_go_to_sql(asked: LakeReader, here: Path) -> None:
    import sqlite3

    weights = asked.weights("IBOV").to_pandas(floats=True)
    one = weights[weights.ticker == "PETR4"].sort_values("reference_date")
    prices = pd.DataFrame({"reference_date": pd.to_datetime(["2025-01-10", "2025-02-20"])})
    joined = pd.merge_asof(prices, one, on="reference_date")
    assert joined.weight_pct.tolist() == [8.354, 7.922]
    with sqlite3.connect(here / "x.sqlite") as database:
        assert weights.to_sql("weights", database) == len(weights)


@pytest.mark.parametrize(
    "day",
    [
        "2025-02-05",
        FEBRUARY,
        dt.datetime(2025, 2, 5, 10, tzinfo=dt.UTC),
        np.datetime64("2025-02-05"),
        np.datetime64("2025-02-05T10:00:00", "ns"),
        pd.Timestamp("2025-02-05"),
        pd.Timestamp("2025-02-05 21:00", tz="America/Sao_Paulo"),
    ],
)
def test_days_of_every_kind(asked: LakeReader, day: dt.date) -> None:
    assert asked.members("IBOV", on=day).session == FEBRUARY


@pytest.mark.parametrize(
    "time",
    [
        "2024-12-15",
        dt.date(2024, 12, 15),
        np.datetime64("2024-12-15T00:00"),
        np.datetime64("2024-12-15", "ns"),
        pd.Timestamp("2024-12-15"),
    ],
)
def test_times_of_every_kind(time: object) -> None:
    assert as_time(time) == dt.datetime(2024, 12, 15, tzinfo=dt.UTC)  # type: ignore[arg-type]  # each kind is one


@pytest.mark.parametrize("day", [20241231, None, pd.Series(["2024-12-31"]), ["2024-12-31"]])
def test_what_is_no_day_is_named_by_its_type(day: object) -> None:
    for convert in (as_date, as_time):
        with pytest.raises(TypeError, match=f"is expected, not .* {type(day).__name__}"):
            convert(day)  # type: ignore[arg-type]  # what the type forbids


@pytest.mark.parametrize("day", [pd.NaT, np.datetime64("NaT"), "NaT", "31/12/2024", ""])
def test_what_names_no_day_is_refused(day: Any) -> None:
    for convert in (as_date, as_time):
        with pytest.raises(ValueError, match=r"NaT|no date|isoformat"):
            convert(day)


@STALE
def test_the_age_of_an_answer(asked: LakeReader) -> None:
    """In days, to the date that was asked for, or to today."""
    assert asked.members("IBOV", on=FEBRUARY).age_days == 0
    assert asked.members("IBOV", on="2025-02-09").age_days == 2
    assert asked.members("IBRA").age_days == (TODAY.date() - dt.date(2025, 8, 26)).days
    assert asked.members("IBOV", on="2025-02-09", max_age=2).age_days == 2
    with pytest.raises(
        NotInLake, match="2025-02-07, 2 days before 2025-02-09; the limit is 0 days"
    ):
        asked.members("IBOV", on="2025-02-09", max_age=0)
    with pytest.raises(NotInLake, match="188 days before today"):
        asked.members("IBRA", max_age=30)
    with pytest.warns(StaleAnswer):
        asked.members("IBOV", on="2025-05-06")


@pytest.mark.parametrize(
    "ask",
    [
        lambda lake, **how: lake.members("IBOV", **how),
        lambda lake, **how: lake.sectors("IBOV", **how),
        lambda lake, **how: lake.compare("IBOV", "IBRA", **how),
        lambda lake, **how: lake.holders("PETR4", **how),
    ],
)
def test_no_answer_for_a_day_is_silently_old(asked: LakeReader, ask: Callable[..., Any]) -> None:
    """Of today as of a day that is named; each has its age, and can be refused for it."""
    with pytest.warns(StaleAnswer, match=r"on 2026-03-02: .*IBOV of 2025-02-14, before"):
        answer = ask(asked)
    assert (answer.session, answer.age_days) == (dt.date(2025, 2, 14), 381)
    assert answer.rebalances["IBOV"] == dt.date(2026, 1, 5)
    with pytest.warns(StaleAnswer, match="on 2025-09-03: "):
        ask(asked, on="2025-09-03")
    with pytest.raises(NotInLake, match="IBOV is 2025-02-14, 381 days before today"):
        ask(asked, max_age=200)
    for age in (-1, 0.5, "3"):
        with pytest.raises(ValueError, match="whole number of days"):
            ask(asked, max_age=age)


def test_a_day_of_a_security_before_the_lake_begins_is_refused(asked: LakeReader) -> None:
    with pytest.raises(NotInLake, match="PETR4 is in the lake from 2024-12-11 on, not on 2020"):
        asked.holders("PETR4", on="2020-01-01")


def test_today_is_that_of_sao_paulo(sample_lake: Path) -> None:
    """Half past nine in the evening there is the next day in UTC."""
    evening = dt.datetime(2025, 2, 15, 0, 30, tzinfo=dt.UTC)
    lake = open_lake(str(sample_lake), clock=lambda: evening)
    assert lake.members("IBOV", max_age=0).age_days == 0
    with pytest.raises(NotInLake, match="2025-02-15 has not come yet"):
        lake.members("IBOV", on="2025-02-15")


@pytest.mark.usefixtures("quick_gate")
def test_a_security_is_followed_through_its_rename(
    here: Path, portfolio: Callable[..., Any], bovespa: Run
) -> None:
    """Each ticker answers for both; the rename is no turnover."""
    for day, ticker in ((6, "CCRO3"), (7, "CCRO3"), (8, "MOTV3"), (9, "MOTV3")):
        rows = portfolio(dt.date(2025, 1, day), **{ticker: 2_000_000, "PETR4": 4_000_000})
        (here / f"{day}.csv").write_bytes(rows.to_csv())
    assert bovespa("import", *(f"{day}.csv" for day in (6, 7, 8, 9))).returncode == 0
    assert bovespa("refine").returncode == 0
    lake = open_lake(str(here / "lake"), clock=lambda: dt.datetime(2025, 1, 9, 21, tzinfo=dt.UTC))
    for ticker in ("CCRO3", "MOTV3"):
        history = lake.history(ticker)
        assert history["ticker"].to_pylist() == ["CCRO3", "CCRO3", "MOTV3", "MOTV3"]
        assert [row["ticker"] for row in lake.holders(ticker)] == ["MOTV3"]
        assert [row["ticker"] for row in lake.holders(ticker, on="2025-01-07")] == ["CCRO3"]
    assert [row["turnover_pct"] for row in lake.turnover("IBOV")] == [0, 0, 0]


@pytest.mark.parametrize(("days", "code"), [("1", 2), ("2", 0), ("0", 2)])
def test_the_command_refuses_an_old_answer_too(
    bovespa: Run, sample_lake: Path, days: str, code: int
) -> None:
    arguments = ("--on", "2025-02-09", "--max-age", days, "--lake", sample_lake)
    done = bovespa("members", "IBOV", *arguments)
    assert (done.returncode, "2 days before 2025-02-09" in done.stderr) == (code, code == 2)


def test_rows_and_columns_of_an_answer(asked: LakeReader) -> None:
    answer = asked.members("IBOV", on=FEBRUARY)
    assert answer[0] == next(iter(answer))
    assert answer[-1] == list(answer)[-1]
    assert answer["ticker"][0].as_py() == answer[0]["ticker"]
    with pytest.raises(IndexError):
        _ = answer[87]
    with pytest.raises(KeyError):
        _ = answer["price"]


def test_answers_show_themselves_in_a_notebook(asked: LakeReader) -> None:
    """A heading, the first rows, where they come from; nothing of B3's is markup."""
    members = asked.members("IBOV", on=FEBRUARY)._repr_html_()
    assert members.startswith(
        "<p><strong>87 positions of IBOV on 2025-02-05, captured live from B3<"
    )
    assert members.count("<tr>") == 11
    assert "<p>and 77 more</p>" in members
    assert "preview 2 of 3 of IBOV for 2025-01-06" in asked.preview("IBOV")._repr_html_()
    assert "<td>IBRA</td>" in asked._repr_html_()
    hostile = asked.sql("select '<script>x</script>' as \"<b>\", null as b")._repr_html_()
    assert "<script>" not in hostile
    assert "<b>" not in hostile
    assert "<strong>1 row</strong>" in hostile


def test_parameters_by_name(asked: LakeReader) -> None:
    answer = asked.sql("select $code as code, $n + 1 as n", {"code": "IBOV", "n": 1})
    assert answer[0] == {"code": "IBOV", "n": 2}
    with pytest.raises(QueryError):
        asked.sql("select $code", {"other": 1})


@pytest.mark.parametrize(
    ("command", "header"),
    [
        (("security", "petr4"), "index_code"),
        (("holders", "PETR4", "--on", "2025-02-05"), "index_code"),
        (("compare", "ibov", "IBRA"), "ticker"),
        (("sectors", "IBOV"), "sector"),
        (("turnover", "IBOV"), "reference_date"),
        (("concentration", "IBOV"), "reference_date"),
        (("weights", "IBOV", "--wide"), "reference_date"),
    ],
)
def test_each_question_is_a_command(
    bovespa: Run, sample_lake: Path, command: tuple[str, ...], header: str
) -> None:
    done = bovespa(*command, "--lake", sample_lake, "--format", "csv")
    assert done.returncode == 0
    assert done.stdout.startswith(header)
    assert ("session of" in done.stderr) == (command[0] in {"compare", "holders", "sectors"})


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("security", "PETROBRAS"), "no ticker such as PETR4"),
        (("security", "XXXX3"), "ever held"),
        (("holders", "PETR4", "--on", "2030-01-01"), "has not come yet"),
        (("compare", "IBOV", "SMLL"), "holds no SMLL"),
        (("sectors", "SMLL"), "holds no SMLL"),
    ],
)
def test_what_cannot_be_answered_is_said(
    bovespa: Run, sample_lake: Path, command: tuple[str, ...], reason: str
) -> None:
    done = bovespa(*command, "--lake", sample_lake)
    assert (done.returncode, reason in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "command",
    [("security", "PETR4"), ("holders", "PETR4"), ("sectors", "IBOV"), ("turnover", "IBOV")],
)
def test_an_empty_lake_answers_nothing(bovespa: Run, lake: Path, command: tuple[str, ...]) -> None:
    from lake_io import open_lake as open_parts

    open_parts(str(lake))
    done = bovespa(*command)
    assert (done.returncode, "Traceback" in done.stderr, bool(done.stderr)) == (2, False, True)


def test_sql_comes_from_a_file_or_standard_input(
    bovespa: Run, sample_lake: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    (here / "q.sql").write_text("-- why\nselect 1 as a\n", "utf-8-sig")
    done = bovespa("query", "--file", "q.sql", "--lake", sample_lake, "--format", "csv")
    assert (done.returncode, done.stdout) == (0, "a\n1\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"select 2 as b")))
    done = bovespa("query", "-", "--lake", sample_lake, "--format", "csv")
    assert (done.returncode, done.stdout) == (0, "b\n2\n")
    (here / "bad.sql").write_bytes(b"select '\xe9'")
    for arguments in (
        (),
        ("select 1", "--file", "q.sql"),
        ("--file", "no.sql"),
        ("--file", "bad.sql"),
    ):
        told = bovespa("query", *arguments, "--lake", sample_lake)
        assert (told.returncode, bool(told.stderr)) == (2, True)
