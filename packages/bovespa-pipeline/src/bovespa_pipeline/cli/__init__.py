"""The command `bovespa`: one module for each subcommand; errors become exit codes."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from b3_contracts.errors import ContractError
from b3_contracts.failures import system_failure
from b3_scraper import B3Error, Unreachable, console
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.capture import capture
from bovespa_pipeline.cli.changes import changes
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.cli.demo import demo
from bovespa_pipeline.cli.exit_codes import INTERRUPTED, REFUSED, UNREACHABLE, USAGE
from bovespa_pipeline.cli.gaps import gaps
from bovespa_pipeline.cli.hints import hint
from bovespa_pipeline.cli.history import history
from bovespa_pipeline.cli.import_files import import_
from bovespa_pipeline.cli.members import members
from bovespa_pipeline.cli.plot import plot
from bovespa_pipeline.cli.query import query
from bovespa_pipeline.cli.refine import refine
from bovespa_pipeline.cli.reparse import reparse
from bovespa_pipeline.cli.report import report
from bovespa_pipeline.cli.run import run
from bovespa_pipeline.cli.verify import verify
from bovespa_pipeline.cli.weights import weights
from bovespa_pipeline.cli.withdraw import withdraw
from bovespa_pipeline.queries.results import MissingPackage
from bovespa_pipeline.version import __version__
from glue_transform import TransformError
from lake_io import LakeError, NotInLake, QueryError

__all__ = ["bovespa", "main", "run_command"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bovespa")
def bovespa() -> None:
    """Capture, audit and query the portfolios of B3's indices."""


for command in (
    demo,
    capture,
    import_,
    refine,
    run,
    query,
    members,
    changes,
    weights,
    plot,
    gaps,
    report,
    history,
    withdraw,
    reparse,
    verify,
):
    bovespa.add_command(command)


def main() -> None:
    """Run the command line."""
    sys.exit(run_command())


def run_command(arguments: Sequence[str] | None = None, context: Context | None = None) -> int:
    """Run the command; the exit code. Every foreseeable error ends in one sentence.

    `context` carries another clock and HTTP client than the real ones.
    """
    console.prepare()
    terminal.output.failure = None
    code = _guarded(
        lambda: bovespa.main(arguments, "bovespa", standalone_mode=False, obj=context or Context())
    )
    return _with_output(code)


def _guarded(run: Callable[[], int | None]) -> int:
    try:
        return run() or 0
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        terminal.error("bovespa: interrupted")
        return INTERRUPTED
    except (B3Error, ContractError, LakeError, MissingPackage, TransformError) as error:
        terminal.error(f"bovespa: {error}{hint(error)}")
        return _code(error)
    except Exception as error:
        failure = system_failure(error)
        if failure is None:
            raise
        terminal.error(f"bovespa: {failure}")
        return UNREACHABLE


def _with_output(code: int) -> int:
    """Return the exit code, given that output may have failed: a closed pipe is no failure."""
    failure, terminal.output.failure = terminal.output.failure, None
    if failure is None:
        return code
    console.drop_output()
    if isinstance(failure, BrokenPipeError):
        return code
    terminal.error(f"bovespa: {failure}")
    return code or UNREACHABLE


def _code(error: Exception) -> int:
    match error:
        case QueryError() | NotInLake() | MissingPackage():
            return USAGE
        case Unreachable() | LakeError():
            return UNREACHABLE
        case TransformError() if system_failure(error):
            return UNREACHABLE
        case _:
            return REFUSED
