"""The command `bovespa`: one file a group of subcommands, errors turned into exit codes.

0  done
1  something was refused by a contract or the gate, and what is said
2  wrong usage, SQL included
3  the source or the lake cannot be reached, or the system cannot read or write
130  interrupted
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import click

from b3_contracts.errors import ContractError
from b3_contracts.failures import system_failure
from b3_scraper import B3Error, Unreachable, console
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.ask import changes, gaps, members, query, weights
from bovespa_pipeline.cli.bring import capture, import_, run
from bovespa_pipeline.cli.demo import demo
from bovespa_pipeline.cli.keep import history, reparse, report, verify, withdraw
from bovespa_pipeline.cli.plot import plot
from bovespa_pipeline.cli.refining import refine
from bovespa_pipeline.queries.results import MissingPackage
from bovespa_pipeline.version import __version__
from glue_transform import TransformError
from lake_io import LakeDamaged, LakeError, NotInLake, QueryError, RawDamaged

__all__ = ["bovespa", "main", "run_command"]

REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bovespa")
def bovespa() -> None:
    """B3's index portfolios: captured every session, audited, asked in SQL."""


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


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command; whatever a person, B3, a disk or a lake can do ends in a sentence
    and a code.
    """
    console.prepare()
    terminal.output.failure = None
    code = _guarded(lambda: bovespa.main(arguments, "bovespa", standalone_mode=False))
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
        return console.INTERRUPTED
    except (B3Error, ContractError, LakeError, MissingPackage, TransformError) as error:
        terminal.error(f"bovespa: {error}{_hint(error)}")
        return _code(error)
    except Exception as error:
        failure = system_failure(error)
        if failure is None:
            raise
        terminal.error(f"bovespa: {failure}")
        return UNREACHABLE


def _with_output(code: int) -> int:
    """The code of a run whose output may have failed: a reader that left is no failure."""
    failure, terminal.output.failure = terminal.output.failure, None
    if failure is None:
        return code
    console.drop_output()
    if isinstance(failure, BrokenPipeError):
        return code
    terminal.error(f"bovespa: {failure}")
    return code or UNREACHABLE


def _hint(error: Exception) -> str:
    """The command that mends it, where there is one."""
    match error:
        case RawDamaged():
            return "; run `bovespa verify --repair`"
        case LakeDamaged():
            return "; run `bovespa refine --rebuild`"
        case _:
            return ""


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
