"""The same cells on Spark, as Athena runs them: every data frame is as the local lake gives it."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

# The sample lake beside this folder: tests are imported without their folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1]))

pytest.importorskip("pyspark", reason="needs Spark: hatch run spark:test")

import matplotlib as mpl
import pandas as pd
import pyarrow.parquet as pq
from sample_lake import sample_lake

from b3_contracts.specification import REFINED
from bovespa_pipeline import open_lake
from glue_transform.engines.spark import start
from glue_transform.testing import evaluate

FOLDER: Final = Path(__file__).parents[1]
NAMES: Final = ("athena_notebook", "quality_notebook")
USE: Final = "use bovespa"
FEW_ROWS: Final = {
    "spark.master": "local[1]",
    "spark.sql.shuffle.partitions": "1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}

Sql = Callable[[str], Any]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    return sample_lake(tmp_path_factory.mktemp("spark") / "lake", evaluate).uri


@pytest.fixture(scope="module")
def spark(lake: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session whose database `bovespa` has the lake's tables."""
    folder = tmp_path_factory.mktemp("tables")
    snapshot = open_lake(lake).lake.refined_tables.snapshot()
    with start({**FEW_ROWS, "spark.sql.warehouse.dir": str(folder / "warehouse")}) as session:
        session.sql("create database bovespa")
        for name in REFINED:
            file = folder / f"{name}.parquet"
            pq.write_table(snapshot.read(name), file, coerce_timestamps="us")
            session.read.parquet(str(file)).createOrReplaceTempView(name)
        yield session


def ran(name: str, sql: Sql) -> Mapping[str, Any]:
    """Return the variables of a notebook's cells, run in order with the given `spark.sql`."""
    mpl.use("Agg")
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))
    held: dict[str, Any] = {"spark": SimpleNamespace(sql=sql)}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).replace("%matplot plt", "plt.close('all')")
            exec(compile(source, name, "exec"), held)  # noqa: S102 - our own cells
    return held


def locally(lake: str) -> Sql:
    opened = open_lake(lake)
    return lambda text: SimpleNamespace(
        toPandas=lambda: None if text == USE else opened.sql(text).to_pandas()
    )


@pytest.mark.parametrize("name", NAMES)
def test_spark_gives_what_the_local_lake_gives(name: str, lake: str, spark: Any) -> None:
    """Frame by frame, sentence by sentence."""
    on_spark, here = ran(name, spark.sql), ran(name, locally(lake))
    frames = [key for key, value in here.items() if isinstance(value, pd.DataFrame)]
    sentences = [key for key in here if key.startswith("frase")]
    assert len(frames) >= 4
    assert {key: on_spark[key] for key in sentences} == {key: here[key] for key in sentences}
    for key in frames:
        pd.testing.assert_frame_equal(on_spark[key], here[key], check_dtype=False, obj=key)
