"""`b3-scraper IBOV`: one portfolio, or the list of indices, on the screen or in a file.

Exit codes: 0 done; 1 refused, or no such index; 2 wrong usage; 3 B3 cannot be reached, or
the system cannot write; 130 interrupted.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from b3_contracts.errors import printable
from b3_contracts.failures import system_failure
from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper import console
from b3_scraper.aliases import alias_hint
from b3_scraper.console import INTERRUPTED, starting
from b3_scraper.errors import B3Error, Unreachable
from b3_scraper.formats import FORMATS, format_of
from b3_scraper.output_file import NO_SUCH_PLACE, write_file
from b3_scraper.version import __version__

__all__ = ["main"]

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
SCREEN: Final = Path("-")
"""The name that stands for standard output."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code says what to do next."""
    console.prepare()
    parser = _parser()
    options = parser.parse_args(arguments)
    options.output = None if options.output == SCREEN else options.output
    try:
        options.format = format_of(options.output or Path(), options.format)
    except ValueError as error:
        parser.error(str(error))
    if options.format == "parquet" and options.output is None and sys.stdout.isatty():
        parser.error("Parquet is not for a screen; add --output FILE, or pipe it")
    return _guarded(lambda: _write(_fetch(options), options))


def _guarded(run: Callable[[], None]) -> int:
    """Run the command; every foreseeable failure becomes one sentence and an exit code."""
    try:
        run()
    except B3Error as error:
        return _fail(error, UNREACHABLE if isinstance(error, Unreachable) else REFUSED)
    except BrokenPipeError:  # the reader (`head`) has seen enough
        console.drop_output()
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except _NoSuchPlace as error:
        return _fail(error, USAGE)
    except Exception as error:
        if isinstance(error, console.OutputFailed):
            console.drop_output()
        failure = system_failure(error)
        if failure is None:
            raise
        return _fail(failure, UNREACHABLE)
    return DONE


def _fail(reason: object, code: int) -> int:
    console.error(f"b3-scraper: {reason}")
    return code


def _fetch(options: argparse.Namespace) -> bytes:
    with starting():
        from b3_scraper.client import B3_URL, Client
        from b3_scraper.output import render_indices, render_portfolio
    with Client(options.source or B3_URL) as client:
        if options.indices:
            return render_indices(client.fetch_indices(), options.format)
        portfolio = client.fetch_portfolio(options.index)
    for warning in portfolio.warnings:
        console.error(f"b3-scraper: warning: {printable(warning)}")
    return render_portfolio(portfolio, options.format)


class _NoSuchPlace(Exception):
    """The file to write cannot exist where it is named."""


def _write(content: bytes, options: argparse.Namespace) -> None:
    if options.output is None and options.format == "table":
        console.write_text(content.decode())
    elif options.output is None:
        console.write(content)
    else:
        _write_file(content, options.output)


def _write_file(content: bytes, path: Path) -> None:
    try:
        write_file(path, content)
    except NO_SUCH_PLACE as error:
        raise _NoSuchPlace(f"cannot write {printable(str(path))}: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="b3-scraper",
        description="The portfolio of one of B3's indices in the current or the next session.",
        epilog="exit codes: 0 done; 1 refused or no such index; 2 wrong usage; "
        "3 B3 unreachable, or the system cannot write; 130 interrupted",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("index", nargs="?", type=_index_code, help="the index's code, as IBOV")
    what.add_argument("--indices", action="store_true", help="list the codes of all indices")
    parser.add_argument(
        "--format", choices=FORMATS, help="default: by the ending of the file, else table"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here; - is the screen")
    parser.add_argument("--source", metavar="URL", help="another base address")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _index_code(text: str) -> str:
    code = text.upper()
    if not re.fullmatch(INDEX_CODE_PATTERN, code):
        hint = alias_hint(text) or "; they are as IBOV"
        raise argparse.ArgumentTypeError(f"{text!r} is not an index code{hint}")
    return code
