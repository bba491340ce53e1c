"""`bovespa capture`: today's answers of B3 to the raw zone."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from b3_scraper.console import starting
from bovespa_pipeline.cli import events, terminal
from bovespa_pipeline.cli.context import Context, pass_context
from bovespa_pipeline.cli.exit_codes import DONE, REFUSED, UNREACHABLE
from bovespa_pipeline.cli.options import IndexCode, lake_option, log_option, source_option

if TYPE_CHECKING:
    from b3_scraper import Client
    from bovespa_pipeline.ingest.capturing import CaptureResult
    from lake_io import Lake

__all__ = ["capture", "captured_into"]


@click.command()
@click.argument("codes", nargs=-1, type=IndexCode())
@lake_option
@source_option
@log_option
@pass_context
def capture(context: Context, codes: Sequence[str], lake_uri: str, source: str | None) -> int:
    """Capture indices from B3, all of them by default."""
    with starting():
        from lake_io import open_lake
    return captured_into(open_lake(lake_uri, lazily=True), codes, source, context)


def captured_into(
    lake: "Lake",
    codes: Sequence[str],
    source: str | None,
    context: Context,
    tell: "Callable[[CaptureResult], None] | None" = None,
) -> int:
    """Capture, and print the outcome, or hand it to `tell`; the exit code."""
    with starting():
        from b3_scraper import B3_URL
        from bovespa_pipeline.cli.landing_output import tell_capture, tell_repairs
        from bovespa_pipeline.ingest.capturing import CaptureResult
        from bovespa_pipeline.ingest.capturing import capture as capture_all
    with context.client(source or B3_URL) as client:
        chosen = codes or _all_codes(lake, client, context)
        captured = CaptureResult([], [])
        try:
            with (
                lake.raw.batch(),
                terminal.progress("capturing", len(chosen)) as step,
            ):
                capture_all(lake.raw, client, chosen, context.clock, step, captured=captured)
        finally:  # also after an interrupt: earlier answers have landed
            (tell or tell_capture)(captured)
            events.log.tell_capture(captured)
            tell_repairs(lake.raw)
    if captured.unreachable:
        return UNREACHABLE
    return REFUSED if captured.refusals else DONE


def _all_codes(lake: "Lake", client: "Client", context: Context) -> tuple[str, ...]:
    from b3_scraper import Refused
    from bovespa_pipeline.ingest.capturing import index_codes

    try:
        return index_codes(lake.raw, client, context.clock)
    except Refused as error:
        for page in error.pages:
            lake.raw.store_payload(page)
        raise
