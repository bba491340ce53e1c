"""Help texts are whole: nothing is cut on a terminal of 80 columns, every option is described."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bovespa_pipeline.cli import bovespa
from bovespa_pipeline.cli.options import IndexCode

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


def test_completion_offers_the_indices_of_the_lake(
    sample_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the names of its folders; of no lake, nothing."""
    option = IndexCode()
    context = click.Context(click.Command("members"))
    monkeypatch.setenv("BOVESPA_LAKE", str(sample_lake))
    argument = click.Argument(["code"])
    offered = option.shell_complete(context, argument, "ib")
    assert [item.value for item in offered] == ["IBOV", "IBRA"]
    monkeypatch.setenv("BOVESPA_LAKE", "s3://bucket")
    assert option.shell_complete(context, argument, "") == []


@pytest.mark.parametrize("words", [("--first", "--last"), ("--from", "--to")])
def test_a_span_has_the_words_of_the_library(sample_lake: Path, words: tuple[str, str]) -> None:
    span = [words[0], "2025-02-05", words[1], "2025-02-06"]
    done = CliRunner().invoke(bovespa, ["weights", "IBOV", *span, "--lake", str(sample_lake)])
    assert (done.exit_code, done.output.count("2025-02-0")) == (0, 2 * 87)
