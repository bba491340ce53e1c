"""`bovespa query`: SQL over the published tables."""

import click

from bovespa_pipeline.cli import terminal
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


def _is_sql(argument: str) -> bool:
    """True for text after a comment sign: no option has white space in its name."""
    name = argument.partition("=")[0]
    is_option = name in {"--lake", "--format", "--known-at"}
    return argument.startswith("--") and not is_option and len(argument.split()) > 1


@click.command(cls=_Query)
@click.argument("sql")
@lake_option
@format_option
@known_at_option
def query(sql: str, lake_uri: str, form: str, known_at: str | None) -> None:
    """Run a SELECT over the published tables."""
    with reading():
        from bovespa_pipeline.lake_reader import open_lake
    if any("\ud800" <= each <= "\udfff" for each in sql):
        raise click.UsageError("the SQL is no UTF-8 text")
    terminal.show(open_lake(lake_uri).sql(sql, known_at=known_at).arrow, form)
