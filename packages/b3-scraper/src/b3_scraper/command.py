"""`b3-scraper IBOV`: one portfolio, or the list of indices, on the screen or in a file.

Exit codes: 0 done; 1 refused, or no such index; 2 wrong usage; 3 B3 cannot be reached.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from b3_contracts.vocabulary import INDEX_CODE_PATTERN
from b3_scraper.client import B3_URL, Client
from b3_scraper.errors import B3Error, Unreachable
from b3_scraper.output import FORMATS, render_indices, render_portfolio
from b3_scraper.version import __version__

__all__ = ["main"]

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code says what to do next."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.format == "parquet" and options.output is None and sys.stdout.isatty():
        parser.error("Parquet is not for a screen; add --output FILE, or pipe it")
    try:
        _write(_fetch(options), options.output)
    except B3Error as error:
        print(f"b3-scraper: {error}", file=sys.stderr)  # noqa: T201 (the command's own voice)
        return UNREACHABLE if isinstance(error, Unreachable) else REFUSED
    except BrokenPipeError:  # the reader (`head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"b3-scraper: cannot write: {error}", file=sys.stderr)  # noqa: T201 (as above)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def _fetch(options: argparse.Namespace) -> bytes:
    with Client(options.source) as client:
        if options.indices:
            return render_indices(client.fetch_indices(), options.format)
        portfolio = client.fetch_portfolio(options.index)
    for warning in portfolio.warnings:
        print(f"b3-scraper: warning: {warning}", file=sys.stderr)  # noqa: T201 (as above)
    return render_portfolio(portfolio, options.format)


def _write(content: bytes, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(content)
        return
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="b3-scraper",
        description="The portfolio of one of B3's indices in the current or the next session.",
        epilog="exit codes: 0 done; 1 refused or no such index; 2 wrong usage; 3 B3 unreachable",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("index", nargs="?", type=_index_code, help="the index's code, as IBOV")
    what.add_argument("--indices", action="store_true", help="list the codes of all indices")
    parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here, not on the screen")
    parser.add_argument("--source", default=B3_URL, metavar="URL", help="another base address")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _index_code(text: str) -> str:
    code = text.upper()
    if not re.fullmatch(INDEX_CODE_PATTERN, code):
        raise argparse.ArgumentTypeError(f"{text!r} is not an index code; they are as IBOV")
    return code
