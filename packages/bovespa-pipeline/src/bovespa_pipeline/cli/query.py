"""`bovespa query`: SQL over the published tables."""

import sys
from pathlib import Path

import click

from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.language import current, text
from bovespa_pipeline.cli.options import format_option, known_at_option, lake_option
from bovespa_pipeline.cli.reading import reading

__all__ = ["query"]


class _Query(click.Command):
    """A command whose argument may begin with SQL's comment sign, `--`, as saved queries do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        sql = [each for each in args if _is_sql(each)]
        if sql and "--" not in args:
            args = [*(each for each in args if not _is_sql(each)), "--", *sql]
        return super().parse_args(ctx, args)


def _sql(argument: str | None, path: Path | None) -> str:
    """The text of the query, from the one place that was named."""
    if (argument is None) == (path is None):
        raise click.UsageError(text("usage.one_query"))
    try:
        if path is not None:
            return path.read_text("utf-8-sig")
        return sys.stdin.buffer.read().decode("utf-8-sig") if argument == "-" else str(argument)
    except UnicodeDecodeError as error:
        raise click.UsageError(text("usage.not_utf8")) from error
    except OSError as error:
        reason = current().translated(str(error.strerror))
        raise click.UsageError(text("usage.cannot_read", path=path, reason=reason)) from error


def _is_sql(argument: str) -> bool:
    """True for text after a comment sign: no option has white space in its name."""
    name = argument.partition("=")[0]
    is_option = name in {"--lake", "--file", "--format", "--known-at"}
    return argument.startswith("--") and not is_option and len(argument.split()) > 1


@click.command(cls=_Query)
@click.argument("sql", required=False)
@lake_option
@click.option("--file", "path", type=click.Path(path_type=Path), help="File with the SELECT.")
@format_option
@known_at_option
def query(
    sql: str | None, lake_uri: str, path: Path | None, form: str, known_at: str | None
) -> None:
    """Run a SELECT over the published tables.

    It is the argument, a file, or standard input (`-`).
    """
    sql = _sql(sql, path)
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    if any("\ud800" <= each <= "\udfff" for each in sql):
        raise click.UsageError(text("usage.not_utf8"))
    terminal.show(open_lake(lake_uri).sql(sql, known_at=known_at).arrow, form, has_own_names=True)
