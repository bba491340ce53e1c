"""The lake as a library: the questions, point in time both ways, and what it says otherwise."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

import pyarrow as pa
import pytest

import bovespa_pipeline
from bovespa_pipeline import LakeReader, MissingPackage, open_lake
from lake_io import NotInLake, QueryError
from lake_io import open_lake as open_lake_parts

Run = Callable[..., CompletedProcess[str]]
EXAMPLE = Path(__file__).parents[1] / "examples" / "backtest_without_survivorship_bias.py"
TODAY = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def asked(sample_lake: Path) -> LakeReader:
    return open_lake(str(sample_lake), clock=lambda: TODAY)


def test_the_public_names_are_these() -> None:
    """Sorted; each is there, and listed, and no other."""
    names = [
        "Answer",
        "DatedAnswer",
        "LakeReader",
        "Members",
        "MissingPackage",
        "StaleAnswer",
        "WideAnswer",
        "__version__",
        "open_lake",
    ]
    assert bovespa_pipeline.__all__ == names
    assert all(hasattr(bovespa_pipeline, name) for name in names)
    assert dir(bovespa_pipeline) == names
    with pytest.raises(AttributeError, match="no attribute 'close_lake'"):
        _ = bovespa_pipeline.close_lake


def test_importing_it_is_cheap(process_environment: Mapping[str, str]) -> None:
    """Until a question is asked nothing is imported that reads tables."""
    heavy = "{'pyarrow', 'pyiceberg', 'duckdb', 'pandas', 'matplotlib', 'click'}"
    code = f"import sys, bovespa_pipeline; print(*{heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=process_environment,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split() == []


def test_members_are_those_of_the_latest_session_not_after_the_day(asked: LakeReader) -> None:
    """New Year's Eve is no session; the day before is, with EZTC3 still in."""
    found = asked.members("ibov", on="2024-12-31")
    assert (found.session, found.on) == (dt.date(2024, 12, 30), dt.date(2024, 12, 31))
    assert {"EZTC3", "ALPA4"} <= set(found.arrow["ticker"].to_pylist())
    assert len(found) == 87


@pytest.mark.parametrize(
    "day", [dt.date(2025, 1, 6), dt.datetime(2025, 1, 6, 18, tzinfo=dt.UTC), "2025-01-06"]
)
def test_a_day_is_a_date_a_time_or_a_text(asked: LakeReader, day: dt.date | str) -> None:
    """A pandas Timestamp is such a time."""
    assert asked.members("IBOV", on=day).session == dt.date(2025, 1, 6)


def test_changes_and_weights_are_of_a_span(asked: LakeReader) -> None:
    """Both ends included; the types are the contract's."""
    changes = asked.changes("IBOV", first="2025-01-07").arrow
    assert changes["ticker"].to_pylist() == ["EQTL3"]
    weights = asked.weights("IBOV", first="2024-12-30", last="2025-01-06").arrow
    assert weights.num_rows == 87 + 87
    assert weights.schema.field("weight_pct").type == pa.decimal128(9, 3)
    assert weights.schema.field("theoretical_quantity").type == pa.int64()


def test_the_indices_and_their_sessions_are_listed(asked: LakeReader) -> None:
    """The sessions and indices of the lake."""
    assert asked.indices() == ["IBOV", "IBRA"]
    assert asked.sessions("IBRA") == [dt.date(2025, 8, 26)]


def test_sql_takes_values(asked: LakeReader) -> None:
    """Results are exact, like the tables."""
    sql = "select weight_pct from position where ticker = ? and reference_date = ?"
    answer = asked.sql(sql, ["VALE3", dt.date(2025, 2, 14)])
    assert answer.arrow["weight_pct"].to_pylist() == [Decimal("11.533")]


@pytest.mark.filterwarnings("ignore::bovespa_pipeline.StaleAnswer")  # the run published lately
@pytest.mark.usefixtures("quick_past")
def test_what_was_known_is_asked_by_a_time_or_a_run(asked: LakeReader) -> None:
    """On 15 December the session of the 16th was not known, however one says that."""
    time = dt.datetime(2024, 12, 15, tzinfo=dt.UTC)
    for known_at in (time, "2024-12-15", "2024-12-14T22:00:00-03:00"):
        assert asked.members("IBOV", known_at=known_at).session == dt.date(2024, 12, 13)
    (run,) = asked.lake.refined_tables.history()
    assert asked.members("IBOV", known_at=run.run_id).session == dt.date(2025, 2, 14)
    assert asked.sql("from portfolio", known_at=time).arrow.num_rows == 2


@pytest.mark.usefixtures("quick_past")
def test_the_command_answers_the_same(asked: LakeReader, bovespa: Run) -> None:
    """One way of asking: the same rows by the same words."""
    words = ("members", "IBOV", "--on", "2024-12-12", "--known-at", "2024-12-15")
    told = bovespa(*words, "--format", "csv", "--lake", asked.uri).stdout.splitlines()
    rows = asked.members("IBOV", on="2024-12-12", known_at="2024-12-15").arrow
    assert [line.split(",")[2] for line in told[1:]] == rows["ticker"].to_pylist()


def test_an_answer_becomes_a_pandas_frame(asked: LakeReader) -> None:
    """Days that pandas can slice, weights without a lost digit."""
    pytest.importorskip("pandas")
    frame = asked.weights("IBOV").to_pandas()
    assert frame["reference_date"].dtype.kind == "M"
    total = frame[frame["reference_date"] == "2025-01-06"]["weight_pct"].sum()
    assert total == Decimal("100.000")


def test_an_answer_becomes_a_polars_frame(asked: LakeReader) -> None:
    """With Arrow's types; Polars takes the answer itself as well."""
    polars = pytest.importorskip("polars")
    answer = asked.members("IBOV", on="2025-02-14")
    assert answer.to_polars().schema["weight_pct"] == polars.Decimal(9, 3)
    assert polars.DataFrame(answer).equals(answer.to_polars())


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_package_that_is_not_there_is_named(
    asked: LakeReader, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, name, None)
    answer = asked.sql("select 1")
    with pytest.raises(MissingPackage, match=f"pip install {name}"):
        getattr(answer, f"to_{name}")()


WRONG: dict[str, tuple[Callable[[LakeReader], object], str]] = {
    "an index it does not hold": (
        lambda lake: lake.members("IBXX"),
        "the lake holds no IBXX; it holds IBOV, IBRA",
    ),
    "a day before the first session": (
        lambda lake: lake.members("IBOV", on="2024-12-10"),
        (
            "IBOV is in the lake from 2024-12-11 on, not on 2024-12-10: "
            "run `bovespa members IBOV --on 2024-12-11`"
        ),
    ),
    "a day that has not come": (
        lambda lake: lake.members("IBOV", on="2026-03-03"),
        "2026-03-03 has not come yet; the newest session of IBOV is 2025-02-14",
    ),
    "a span without a session": (
        lambda lake: lake.changes("IBOV", first="2025-01-07", last="2025-01-10"),
        (
            "no session of IBOV from 2025-01-07 to 2025-01-10 is in the lake; "
            "the nearest: 2025-01-06 and 2025-02-03"
        ),
    ),
    "a span after the last session": (
        lambda lake: lake.weights("IBOV", first="2025-03-01", last="2025-03-31"),
        "no session of IBOV from 2025-03-01 to 2025-03-31 is in the lake; the nearest: 2025-02-14",
    ),
    "a time before it was known": (
        lambda lake: lake.weights("IBRA", known_at="2025-01-01"),
        (
            "nothing of IBRA was known at 2025-01-01; "
            "now the lake holds its sessions from 2025-08-26 to 2025-08-26"
        ),
    ),
    "an index never known": (
        lambda lake: lake.weights("IBXX", known_at="2025-01-01"),
        "the lake holds no IBXX; it holds IBOV, IBRA",
    ),
}


@pytest.mark.usefixtures("quick_past")
@pytest.mark.parametrize(("ask", "told"), WRONG.values(), ids=WRONG)
def test_what_it_does_not_hold_is_said_with_what_it_does(
    asked: LakeReader, ask: Callable[[LakeReader], object], told: str
) -> None:
    """The indices, the session, the nearest ones: in one sentence."""
    with pytest.raises(NotInLake) as error:
        ask(asked)
    assert str(error.value) == told


def test_a_lake_that_is_not_there_is_not_made(here: Path) -> None:
    """A mistyped name is told, with what would make a lake."""
    with pytest.raises(NotInLake, match="make one with `bovespa demo` or `bovespa run`"):
        open_lake("misspelt")
    assert not (here / "misspelt").exists()


def test_an_empty_lake_says_what_fills_it(lake: Path) -> None:
    """Every question, and the list of indices is empty."""
    open_lake_parts(str(lake))
    empty = open_lake(str(lake))
    for ask in (empty.members, empty.changes, empty.weights, empty.sessions, empty.picture):
        with pytest.raises(NotInLake, match="holds nothing yet: run `bovespa capture`"):
            ask("IBOV")
    assert empty.indices() == []


def test_sql_that_would_write_is_refused(asked: LakeReader) -> None:
    """With who may."""
    with pytest.raises(QueryError, match="queries cannot write"):
        asked.sql("delete from portfolio")


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2025-02-01", "2025-01-01", "the first day 2025-02-01 is after the last day 2025-01-01"),
        ("01/02/2025", "2025-03-01", "'01/02/2025' is no date of the form YYYY-MM-DD"),
    ],
)
def test_a_span_that_is_none_is_a_mistake(
    asked: LakeReader, first: str, last: str, told: str
) -> None:
    """Not an empty answer."""
    with pytest.raises(ValueError, match=told):
        asked.weights("IBOV", first=first, last=last)


def back_test(*arguments: str | Path) -> str:
    command = [sys.executable, str(EXAMPLE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_the_example_shows_the_bias(sample_lake: Path) -> None:
    """The two that left are named, and looking ahead seems to pay."""
    pytest.importorskip("pandas")
    told = back_test(sample_lake)
    assert "['ALPA4', 'EZTC3']" in told
    assert told.splitlines()[-1] == "survivorship bias           +0.029 points"


def test_the_example_takes_real_closes(sample_lake: Path, asked: LakeReader, here: Path) -> None:
    """If every close doubles in the last session, both results double."""
    pytest.importorskip("pandas")
    rows = asked.sql("select distinct reference_date, ticker from position").arrow.to_pylist()
    lines = [
        f"{day},{row['ticker']},{2 if day == dt.date(2025, 2, 14) else 1}"
        for row in rows
        for day in [row["reference_date"]]
    ]
    (here / "closes.csv").write_text("\n".join(["date,ticker,close", *lines]))
    told = back_test(sample_lake, here / "closes.csv").splitlines()
    assert told[1] == "the securities of each session  +100.000%"
