"""Refined tables in Iceberg: publications, snapshots, schema evolution, maintenance."""
