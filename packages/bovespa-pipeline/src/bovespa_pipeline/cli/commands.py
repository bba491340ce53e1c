"""The subcommands by name; a command's module is imported when it is called."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

import click
from click.shell_completion import CompletionItem

from bovespa_pipeline.cli.language import lang_option

__all__ = ["SUMMARIES", "LazyGroup"]

SUMMARIES: Final[Mapping[str, str]] = {
    "backfill": "Land the portfolios of past quadrimesters from B3's bulletins, then refine.",
    "capture": "Capture indices from B3, all of them by default.",
    "changes": "List the changes of an index by session, with their causes.",
    "check": "Report problems of the lake; the exit code is 1 while there are any.",
    "compare": "Compare the weights of two indices, today or on a date.",
    "concentration": "List by session how concentrated an index is.",
    "demo": "Run the whole pipeline on a bundled sample exchange.",
    "export": "Write the published tables to a folder, for others to use.",
    "gaps": "List the trading sessions missing between captures.",
    "history": "List the runs that published, for --known-at.",
    "holders": "List the indices that hold a security, today or on a date.",
    "import": "Import downloads and bulletins of B3, and tables of positions (Parquet, CSV).",
    "members": "List the members of an index, today or on a date.",
    "plot": "Draw weights or quantities over time.",
    "preview": "Show the portfolio that B3 has announced, and what it changes.",
    "query": "Run a SELECT over the published tables.",
    "raw": "Copy the raw zone of a lake to another place.",
    "refine": "Publish pending sessions that pass contract and gate.",
    "reinstate": "Undo a withdrawal; the next refine publishes the payload again.",
    "relocate": "Rewrite the paths in the tables to the folder that the lake is in now.",
    "reparse": "Parse all payloads again with this version.",
    "report": "Print the path of the quality report, or open it.",
    "run": "Capture indices from B3, then refine: the daily job.",
    "sectors": "List the sectors of an index by weight, today or on a date.",
    "security": "List quantity and weight of a security in every index and session.",
    "turnover": "List by session how much of an index was replaced since the one before.",
    "verify": "Read every file of the lake and list broken ones.",
    "weights": "List weights and quantities of an index by session.",
    "withdraw": "Withdraw a payload; the next refine removes it.",
}
"""The first sentence of each command's help: a test compares them."""
_QUESTIONS: Final = ("compare", "concentration", "holders", "sectors", "security", "turnover")
_MODULES: Final = {"import": "import_files", **dict.fromkeys(_QUESTIONS, "questions")}
_FUNCTIONS: Final = {"import": "import_"}


class LazyGroup(click.Group):
    """A group whose list and completion need no command's module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return sorted(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in SUMMARIES:
            return None
        module = import_module(f"bovespa_pipeline.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, _FUNCTIONS.get(cmd_name, cmd_name))
        _take_language(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl(sorted(SUMMARIES.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names: Sequence[str] = [name for name in SUMMARIES if name.startswith(incomplete)]
        items = [CompletionItem(name, help=SUMMARIES[name]) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]


def _take_language(command: click.Command) -> None:
    """Add `--lang` to the command, and to those of a group, which a user writes it after."""
    if all(option.name != "lang" for option in command.params):
        command.params.append(lang_option())
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _take_language(each)
