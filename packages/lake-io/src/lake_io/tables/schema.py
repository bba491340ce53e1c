"""The contract's tables as Iceberg tables: schema, partitions, maintenance properties."""

from typing import Final

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import MonthTransform

from b3_contracts.backends import iceberg
from b3_contracts.table_spec import TableSpec, as_spec

__all__ = ["partition_spec", "properties", "schema"]

_PROPERTIES: Final = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # Untended, 200 daily commits make a commit twenty times slower.
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "8",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    # A lost race is never retried blindly: what is published would be stale.
    "commit.retry.num-retries": "0",
}


def properties() -> dict[str, str]:
    return dict(_PROPERTIES)


def schema(model: TableSpec) -> Schema:
    return Schema.model_validate(iceberg.schema_json(model))


def partition_spec(model: TableSpec) -> PartitionSpec:
    """By month of the contract's `partition_by` column, or none."""
    column = as_spec(model).partition_by
    if column is None:
        return PartitionSpec()
    source = schema(model).find_field(column)
    return PartitionSpec(PartitionField(source.field_id, 1000, MonthTransform(), f"{column}_month"))
