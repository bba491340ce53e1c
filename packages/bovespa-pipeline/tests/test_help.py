"""Help texts are whole: nothing is cut on a terminal of 80 columns, every option is described."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from bovespa_pipeline.cli import bovespa

WIDTH = 80


def commands() -> Iterator[click.Command]:
    context = click.Context(bovespa)
    for name in bovespa.list_commands(context):
        command = bovespa.get_command(context, name)
        assert command is not None
        yield command


def shown(*arguments: str) -> str:
    return CliRunner().invoke(bovespa, [*arguments, "--help"], terminal_width=WIDTH).output


def test_the_list_of_commands_cuts_no_sentence() -> None:
    listing = " ".join(shown().split())
    for command in commands():
        summary = " ".join(str(command.help).partition("\n\n")[0].split())
        assert f"{command.name} {summary}" in listing


@pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)
def test_every_option_is_described(command: click.Command) -> None:
    for option in (each for each in command.params if isinstance(each, click.Option)):
        assert option.help, option.name
        assert option.help[0].isupper(), option.help
    assert str(command.help).partition("\n\n")[0].endswith(".")


@pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)
def test_every_line_fits(command: click.Command) -> None:
    assert [line for line in shown(str(command.name)).splitlines() if len(line) > WIDTH] == []
