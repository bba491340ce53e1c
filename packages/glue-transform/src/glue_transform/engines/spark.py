"""The transform's SQL on Spark: on this machine's cores, or on the cluster that runs us.

The same texts as on DuckDB, in ANSI mode (a cast that does not fit is an error, not a
null) and in UTC. Raw rows are validated on the way in, the refined tables on the way out:
Arrow proves a table valid in milliseconds, and Spark names what breaks the contract of one
that is not proven.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa
import sqlglot
from sqlglot import exp

from b3_contracts.backends.fast_checks import satisfies
from b3_contracts.models.tables import RAW, REFINED
from glue_transform.engines.base import DIALECT, conform_result, statement
from glue_transform.engines.java import provide_java
from glue_transform.engines.staging import Staging, staging
from glue_transform.errors import EngineMissing, StatementFailed

__all__ = ["SparkEngine", "Step", "start", "steps"]

_EXACT: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
}
FEW_ROWS: Final = 100_000
"""Inputs of a day's run, of which Spark needs more time to plan jobs than to do them."""

_FOR_FEW_ROWS: Final = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}
"""One stage after another in one task, interpreted: a third of the jobs, no Java to compile."""

_AT_HOME: Final = {
    "spark.master": "local[*]",
    "spark.driver.bindAddress": "127.0.0.1",
    # Starts in half the time of the default, which is the better one after minutes.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"
"""Set by who submitted this program to a cluster, whose settings then stand."""


class SparkEngine:
    """Runs statements in a session of its own, so that nothing else sees its views."""

    def __init__(self, session: Any, lake_uri: str | None = None) -> None:
        """Tables pass through `lake_uri` where Spark's workers are not on this machine."""
        self._session = session.newSession()
        self._views: list[str] = []
        for name, value in _EXACT.items():
            self._session.conf.set(name, value)
        parallelism = session.sparkContext.defaultParallelism
        self._for_many_rows = {
            **{name: self._session.conf.get(name) for name in _FOR_FEW_ROWS},
            "spark.sql.shuffle.partitions": str(parallelism),
        }
        is_here = session.sparkContext.master.startswith("local")
        self._lake_uri = None if is_here else lake_uri

    def run(self, name: str, inputs: Mapping[str, pa.Table]) -> pa.Table:
        """The rows of the statement, with the columns and types of the contract.

        Raises StatementFailed where it does not run, a cast that does not fit included, and
        ContractError where raw rows or the rows of a refined table break their contract.
        """
        self._tune(sum(rows.num_rows for rows in inputs.values()))
        with staging(self._lake_uri) as folder, _failing(name):
            try:
                for table, rows in inputs.items():
                    self._hand_in(table, rows, folder)
                self._ask(name, folder)
            finally:
                self._forget()
            return self._result(name, folder)

    def _tune(self, rows: int) -> None:
        for name, value in (_FOR_FEW_ROWS if rows <= FEW_ROWS else self._for_many_rows).items():
            self._session.conf.set(name, value)

    def _hand_in(self, table: str, rows: pa.Table, folder: Staging) -> None:
        from b3_contracts.backends import spark

        place = folder.write(table, rows)
        frame = self._session.read.schema(spark.struct(rows.schema)).parquet(place)
        if table == RAW.Config.name and not satisfies(rows, RAW):
            spark.validate(frame, RAW)
        self._name(table, frame)

    def _ask(self, name: str, folder: Staging) -> None:
        *parts, last = steps(name)
        for part in parts:
            frame = self._session.sql(part.sql)
            self._name(part.name, frame.cache() if part.is_shared else frame)
        self._session.sql(last.sql).write.parquet(folder.place(name))

    def _result(self, name: str, folder: Staging) -> pa.Table:
        """What was written, validated.

        The checks of `portfolio_audit` are the gate's: what breaks them is to be refused by it.
        """
        from b3_contracts.backends import spark

        rows = conform_result(name, folder.read(name))
        if name in REFINED and not satisfies(rows, REFINED[name]):
            spark.validate(self._session.read.parquet(folder.place(name)), REFINED[name])
        return rows

    def _name(self, view: str, frame: Any) -> None:
        frame.createOrReplaceTempView(view)
        self._views.append(view)

    def _forget(self) -> None:
        """By name: asking the catalogue for its views takes Spark longer than dropping them."""
        self._session.catalog.clearCache()
        while self._views:
            self._session.catalog.dropTempView(self._views.pop())


@dataclass(frozen=True)
class Step:
    """One of a statement's common tables, or its last select."""

    name: str
    sql: str
    is_shared: bool


@cache
def steps(name: str) -> tuple[Step, ...]:
    """The statement cut at its common tables.

    Spark computes a common table anew wherever it is named, and those within it again:
    44 jobs for `position_change`. Cut, the ones named more than once are computed once.
    """
    tree = sqlglot.parse_one(statement(name, DIALECT), read=DIALECT)
    uses = Counter(table.name for table in tree.find_all(exp.Table))
    tables = list(tree.args["with_"].expressions) if tree.args.get("with_") else []
    parts = [Step(table.alias, table.this.sql("spark"), uses[table.alias] > 1) for table in tables]
    tree.set("with_", None)
    return (*parts, Step(name, tree.sql("spark"), is_shared=False))


def start(settings: Mapping[str, str] = _AT_HOME) -> Any:
    """The Spark session of the cluster that runs this program, else one on this machine.

    The settings are this machine's; a cluster has its own.
    Raises EngineMissing where Spark, or the Java it runs on, is not installed.
    """
    try:
        import pyspark
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise EngineMissing("Spark is not installed") from error
    builder = SparkSession.builder.appName("bovespa refine")
    if _SUBMITTED not in os.environ:
        provide_java(pyspark.__version__)
        builder = builder.config(map={**_AT_HOME, **settings})
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise EngineMissing(
            f"Spark {pyspark.__version__} does not start; is its Java version 17? {error}"
        ) from error


@contextmanager
def _failing(name: str) -> Iterator[None]:
    """Translate Spark's exceptions into the error that every engine raises."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise StatementFailed(f"Spark cannot run {name}.sql: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The innermost cause, without the hundred lines of Java around it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return next(iter([*causes[-1:], *lines]), type(error).__name__).removeprefix("Caused by: ")
