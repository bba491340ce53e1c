"""Imports of each command: nothing heavy for help, neither gate nor pandera for a query."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bovespa_pipeline.cli import bovespa
from bovespa_pipeline.cli.commands import SUMMARIES

HEAVY = {"numpy", "pandas", "pandera", "pyarrow", "pyiceberg", "requests", "rich", "sqlalchemy"}
NOT_FOR_QUERIES = {"great_expectations", "holidays", "pandas", "pandera", "requests", "sqlglot"}
PROGRAM = (
    "import sys; from bovespa_pipeline.cli import run_command; run_command(sys.argv[1:]);"
    "print('|', *sorted({name.partition('.')[0] for name in sys.modules}))"
)


def imported(process_environment: Mapping[str, str], *arguments: str | Path) -> set[str]:
    """The top-level modules of a process that has run the command."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=process_environment,
    )
    return set(result.stdout.rpartition("|")[2].split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["members"], ["dance"]], ids=" ".join
)
def test_help_and_wrong_usage_import_nothing_heavy(
    process_environment: Mapping[str, str], arguments: list[str]
) -> None:
    assert imported(process_environment, *arguments) & HEAVY == set()


def test_a_query_imports_neither_gate_nor_pandera(
    process_environment: Mapping[str, str], sample_lake: Path
) -> None:
    """Nor the calendar, where the session that answers is that of the day's quadrimester."""
    words = ("members", "IBOV", "--on", "2025-03-01", "--lake", sample_lake)
    modules = imported(process_environment, *words)
    assert "pyiceberg" in modules
    assert modules & NOT_FOR_QUERIES == set()


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_the_first_sentence_of_the_help(name: str) -> None:
    command = bovespa.get_command(bovespa.make_context("bovespa", [], resilient_parsing=True), name)
    assert command is not None
    first = " ".join(str(command.help).partition("\n\n")[0].split())
    assert (command.name, first) == (name, SUMMARIES[name])
