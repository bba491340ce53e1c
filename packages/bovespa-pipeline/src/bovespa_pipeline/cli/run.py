"""`bovespa run`: capture, then refine."""

from collections.abc import Callable, Sequence
from functools import partial

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.capture import captured_into
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.events import standard_output
from bovespa_pipeline.cli.language import text
from bovespa_pipeline.cli.options import (
    IndexCode,
    lake_option,
    log_option,
    only_new_option,
    source_option,
    wait_option,
)
from bovespa_pipeline.cli.refine import publish

__all__ = ["run"]


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@source_option
@only_new_option
@wait_option
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print an object a line for each event.")
@pass_context
def run(
    context: Context,
    codes: Sequence[str],
    lake_uri: str,
    source: str | None,
    only_new: bool,
    wait: float | None,
    as_json: bool,
) -> int:
    """Capture indices from B3, then refine: the daily job."""
    with context.gate() as gate:
        with starting():
            from lake_io import open_lake
        lake = open_lake(lake_uri, lazily=True)
        events = standard_output(context.clock) if as_json else None
        captured = captured_into(
            lake, codes, source, context, tell=events.tell_capture if events else None
        )
        refine = partial(
            publish,
            lake,
            context,
            gate=gate,
            only_new=only_new,
            wait=wait,
            tell_report=events.tell_report if events else None,
        )
        return max(captured, _exit_code(refine))


def _exit_code(refine: Callable[[], int]) -> int:
    """Refine; the exit code of a foreseeable error too, since a capture may ask for a retry."""
    try:
        return refine()
    except Exception as error:
        from bovespa_pipeline.cli.failures import describe

        if (failure := describe(error)) is None:
            raise
        message, code = failure
        terminal.error(text("command.failed", message=message))
        return code
