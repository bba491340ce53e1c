"""The contract on Spark: the same rows are refused as on Arrow, in the same words."""

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from b3_contracts.backends import arrow, validation
from b3_contracts.errors import Broken, ContractError
from b3_contracts.models.rules import column_checks, limits, row_checks
from b3_contracts.models.tables import (
    TABLES,
    Membership,
    Portfolio,
    Position,
    PositionChange,
    PreviewPosition,
    Table,
)

pyspark = pytest.importorskip("pyspark", reason="needs the extra b3-contracts[spark]")
spark = pytest.importorskip("b3_contracts.backends.spark")

Row = Mapping[str, Any]

CONTRADICTIONS: Mapping[str, tuple[type[Table], Row]] = {
    "previous_is_before": (Portfolio, {"previous_reference_date": dt.date(2025, 1, 6)}),
    "previous_ticker_fits": (PositionChange, {"previous_ticker": "ISAE4"}),
    "quantity_change_adds_up": (PositionChange, {"quantity_change": 1}),
    "seen_before_effect": (PreviewPosition, {"first_seen_on": dt.date(2025, 1, 6)}),
    "stay_is_not_negative": (Membership, {"valid_to": dt.date(2024, 1, 2)}),
}


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """One Spark for all tests of this process: it takes seconds to start."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        # A JVM of a minute gains nothing from its best compiler.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
    }
    return SparkSession.builder.master("local[2]").config(map=options).getOrCreate()


@pytest.fixture
def frame_of(session: Any, tmp_path: Path) -> Any:
    """An Arrow table as a Spark frame, by way of a file."""

    def build(table: pa.Table) -> Any:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        may_be_null = pa.schema([pa.field(field.name, field.type) for field in table.schema])
        pq.write_table(table.cast(may_be_null), path)
        return session.read.schema(spark.struct(table.schema)).parquet(path.as_uri())

    return build


def spoilt_values(column: Any) -> Iterator[object]:
    """A value for each rule of a column that breaks it."""
    if not column.nullable:
        yield None
    for check in column_checks(column):
        limit = limits(check)
        if limit.one_of is not None:
            yield "?"
        if limit.matches is not None:
            yield from (text for text in ("", "PETR4\n") if not matches(text, limit.matches))
        if limit.above is not None:
            yield figure(column, limit.above, 0)
        if limit.at_least is not None:
            yield figure(column, limit.at_least, -1)
        if limit.at_most is not None:
            yield figure(column, limit.at_most, 1)


def matches(text: str, pattern: str) -> bool:
    return bool(pc.match_substring_regex(pa.scalar(text), pattern).as_py())


def figure(column: Any, bound: int | str, step: int) -> int | Decimal:
    """The bound, or the next figure beyond it that the column's type can hold."""
    scale = getattr(column.dtype.type, "scale", None)
    if scale is None:
        return int(bound) + step
    return Decimal(bound) + Decimal(step).scaleb(-scale)


def spoilt_rows(model: type[Table]) -> list[Row]:
    """A row for each way to break a rule of the model, its key twice, and a good one."""
    columns = model.to_schema().columns.items()
    one_each = [{name: value} for name, column in columns for value in spoilt_values(column)]
    contradictions = [row for other, row in CONTRADICTIONS.values() if other is model]
    return [{}, {}, *one_each, *contradictions]


def arrow_refusal(table: pa.Table, model: type[Table]) -> tuple[Broken, ...]:
    with pytest.raises(ContractError) as caught:
        validation.validate(table, model)
    return caught.value.broken


def spark_refusal(frame: Any, model: type[Table]) -> tuple[Broken, ...]:
    with pytest.raises(ContractError) as caught:
        spark.validate(frame, model)
    return caught.value.broken


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_a_good_table_keeps_its_contract(table_of: Any, frame_of: Any, model: type[Table]) -> None:
    """The frame comes back as it is, an empty one too."""
    frame = frame_of(table_of(model))
    assert spark.validate(frame, model) is frame
    assert spark.validate(frame.limit(0), model).count() == 0


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_every_kind_of_bad_row_is_refused_in_the_words_of_arrow(
    table_of: Any, frame_of: Any, model: type[Table]
) -> None:
    """Pandera's PySpark backend finds each rule that its Arrow backend finds, and its rows."""
    table = table_of(model, *spoilt_rows(model))
    expected = {(b.column, b.rule): b.rows for b in arrow_refusal(table, model)}
    actual = {(b.column, b.rule): b.rows for b in spark_refusal(frame_of(table), model)}
    assert actual.keys() == expected.keys()
    shown = {key: rows for key, rows in actual.items() if key[1] != "is not unique"}
    assert shown == {key: expected[key] for key in shown}


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_one_bad_row_is_enough(table_of: Any, frame_of: Any, model: type[Table]) -> None:
    """The quick proof fails for each of the ways to break a rule, taken alone."""
    frame = frame_of(table_of(model, *spoilt_rows(model)[2:]))
    rules = [rule.broken for rule in spark._rules(model)]
    broken = [pyspark.sql.functions.when(rule, 1).otherwise(0) for rule in rules]
    rows = frame.select(broken).collect()
    assert [row for row in rows if not any(row)] == []


def test_the_checks_of_whole_rows_have_their_twins() -> None:
    """A check that a model gains and Spark lacks would be a rule nobody keeps there."""
    known = {name for model in TABLES.values() for name in row_checks(model)}
    assert known == set(spark._ROW_RULES) == set(CONTRADICTIONS)


def test_an_unknown_check_of_rows_stops_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and not left out."""
    monkeypatch.setattr(spark, "_ROW_RULES", {})
    with pytest.raises(ContractError, match="previous_is_before has no twin on Spark"):
        spark._row_rule("previous_is_before", "words")


def test_an_environment_cannot_switch_the_rows_off(
    table_of: Any, frame_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pandera would only look at the schema, silently."""
    monkeypatch.setenv("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY")
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    (broken,) = spark_refusal(frame_of(table_of(Position, {"theoretical_quantity": 0})), Position)
    assert (broken.column, broken.rule) == ("theoretical_quantity", "must be greater than 0")


def test_the_first_five_offending_rows_are_shown(table_of: Any, frame_of: Any) -> None:
    """Enough to see what is wrong, whatever the size of the table."""
    rows = [{"ticker": f"PETR{n}", "weight_pct": Decimal(-1)} for n in range(1, 9)]
    (broken,) = spark_refusal(frame_of(table_of(Position, *rows)), Position)
    assert [row["ticker"] for row in broken.rows] == ["PETR1", "PETR2", "PETR3", "PETR4", "PETR5"]


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        (lambda frame: frame.drop("sector"), "sector", "not in dataframe"),
        (lambda frame: frame.withColumn("more", frame["sector"]), "more", "not in DataFrameSchema"),
        (
            lambda frame: frame.withColumn("weight_pct", frame["weight_pct"].cast("decimal(9,2)")),
            "weight_pct",
            "DecimalType(9,3)",
        ),
        (
            lambda frame: frame.withColumn(
                "theoretical_quantity", frame["theoretical_quantity"].cast("int")
            ),
            "theoretical_quantity",
            "LongType",
        ),
        (lambda frame: frame.select(frame.columns[::-1]), "row", "do not stand in the contract's"),
    ],
    ids=["missing", "unknown", "decimal", "integer", "order"],
)
def test_another_schema_is_refused(
    table_of: Any, frame_of: Any, change: Any, column: str, rule: str
) -> None:
    """A column too few, too many, of another type or elsewhere is one message."""
    frame = change(frame_of(table_of(Position, {"theoretical_quantity": 7})))
    (broken,) = spark_refusal(frame, Position)
    assert column in str(broken)
    assert rule in broken.rule


@pytest.mark.parametrize("model", TABLES.values(), ids=TABLES)
def test_the_schema_is_that_of_the_model(model: type[Table]) -> None:
    """Names, order, types and nullability come from the one place."""
    fields = spark.schema(model).fields
    assert [field.name for field in fields] == arrow.column_names(model)
    assert [field.nullable for field in fields] == [f.nullable for f in arrow.schema(model)]
