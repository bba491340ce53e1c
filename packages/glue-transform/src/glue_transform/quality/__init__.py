"""The quality gate: Great Expectations suites, findings, offending rows."""
