"""Queries on the published tables: portfolios, changes, weights, gaps, point in time."""
