"""Engines that run the SQL statements: DuckDB and Spark."""
