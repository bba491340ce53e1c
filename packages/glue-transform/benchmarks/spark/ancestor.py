"""The way that pipelines of this kind usually go, written anew: what ours is measured against.

Spark, one session a run. Every session is read again to find the one before, and what comes
out is appended as Parquet by date **and** ticker. Nothing is checked, and a second run of a
day doubles it. Nothing is imported that it does not need.
"""

import sys
from pathlib import Path

from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as f


def refine(folder: str, day: str) -> None:
    """One day of raw, beside every day before it; changes and sums, appended."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.sources.partitionOverwriteMode", "dynamic")
        .getOrCreate()
    )
    today = spark.read.parquet(f"{folder}/raw/{day}").select(
        "index_code",
        f.col("reference_date").alias("date"),
        "ticker",
        "share_class",
        f.col("theoretical_quantity").alias("quantity"),
        f.col("weight_pct").alias("weight"),
    )
    known = today
    if Path(folder, "position").is_dir():
        known = spark.read.schema(today.schema).parquet(f"{folder}/position").unionByName(today)
    history = Window.partitionBy("index_code", "ticker").orderBy("date")
    earlier = f.lag("date").over(history)
    changes = (
        known.withColumn("previous", f.lag("quantity").over(history))
        .withColumn("days", f.datediff("date", earlier))
        .filter(f.col("date") == f.lit(day).cast("date"))
    )
    summary = today.groupBy("date", "index_code", "share_class").agg(
        f.sum("quantity").alias("quantity"),
        f.sum("weight").alias("weight"),
        f.count("*").alias("n"),
    )
    for name, frame, keys in (
        ("position", today, ["date", "ticker"]),
        ("change", changes, ["date", "ticker"]),
        ("summary", summary, ["date"]),
    ):
        frame.write.mode("append").partitionBy(*keys).parquet(f"{folder}/{name}")
    spark.stop()


if __name__ == "__main__":
    refine(*sys.argv[1:])
