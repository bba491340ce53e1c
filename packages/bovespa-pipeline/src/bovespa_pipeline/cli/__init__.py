"""The command `bovespa`: one module for each subcommand; errors become exit codes.

Importing it is cheap: a command's module, and what it needs, is imported when it is called.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise, takewhile

import click

from b3_scraper import console
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.commands import LazyGroup
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.cli.exit_codes import INTERRUPTED, UNREACHABLE, USAGE
from bovespa_pipeline.cli.language import choose, current, lang_option, language_of_locale, text
from bovespa_pipeline.texts import ENGLISH

__all__ = ["bovespa", "main", "run_command"]


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from bovespa_pipeline.version import __version__

        click.echo(f"bovespa, version {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def bovespa() -> None:
    """Capture, audit and query the portfolios of B3's indices."""


bovespa.params.append(lang_option(envvar="BOVESPA_LANG", show_envvar=True))


def main() -> None:
    """Run the command line."""
    sys.exit(run_command())


def run_command(arguments: Sequence[str] | None = None, context: Context | None = None) -> int:
    """Run the command; the exit code. Every foreseeable error ends in one sentence.

    `context` carries another clock and HTTP client than the real ones.
    """
    console.prepare()
    terminal.output.failure = None
    choose(language_of_locale())
    terminal.log.use_text()
    context = context or Context()
    arguments = sys.argv[1:] if arguments is None else arguments
    return _with_output(_guarded(arguments, context))


def _guarded(arguments: Sequence[str], context: Context) -> int:
    try:
        return bovespa.main(arguments, "bovespa", standalone_mode=False, obj=context) or 0
    except click.ClickException as error:
        if _wants_json_log(arguments):  # Click refuses an unknown option before it reads the others
            terminal.log.use_json(context.clock)
        with suppress(OSError):
            _show(error)
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        terminal.error(text("command.interrupted"))
        return INTERRUPTED
    except Exception as error:
        from bovespa_pipeline.cli.failures import describe

        description = describe(error)
        if description is None:
            raise
        message, code = description
        terminal.error(text("command.failed", message=message))
        return code


def _wants_json_log(arguments: Sequence[str]) -> bool:
    """True if `--log json` is among the options, of whatever command."""
    options = list(takewhile(lambda argument: argument != "--", arguments))
    return "--log=json" in options or ("--log", "json") in pairwise(options)


def _show(error: click.ClickException) -> None:
    """Print wrong usage as Click does, in the language of the command; in a JSON log its message.

    A group without a command shows its help, which is English.
    """
    if terminal.log.is_json:
        terminal.error(current().translated(error.format_message()))
        return
    if current().language == ENGLISH or isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        usage = context.get_usage().replace("Usage", text("command.usage"), 1)
        click.echo(f"{usage}\n{text('command.try', command=context.command_path)}\n", err=True)
    message = current().translated(error.format_message())
    click.echo(text("command.error", message=message), err=True)


def _with_output(code: int) -> int:
    """Return the exit code, given that output may have failed: a closed pipe is no failure."""
    failure, terminal.output.failure = terminal.output.failure, None
    if failure is None:
        return code
    console.drop_output()
    if isinstance(failure, BrokenPipeError):
        return code
    terminal.error(text("command.failed", message=failure))
    return code or UNREACHABLE
