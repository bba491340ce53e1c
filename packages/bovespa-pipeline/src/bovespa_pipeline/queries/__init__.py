"""Answers about the published tables: portfolios, changes, weights, gaps, past moments."""
