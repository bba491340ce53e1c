"""`bovespa export`: the published tables as a release that others can use without this project."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from b3_scraper.formats import ending_of
from b3_scraper.output_file import NO_SUCH_PLACE
from bovespa_pipeline.cli import terminal
from bovespa_pipeline.cli.language import counted, current, text
from bovespa_pipeline.cli.options import IndexCode, known_at_option, lake_option, log_option
from bovespa_pipeline.cli.reading import reading

__all__ = ["export"]

FORMATS = ("parquet", "csv", "sqlite", "duckdb", "qlib")
FILES: Final = frozenset(
    (
        *FORMATS,
        "7z",
        "bz2",
        "db",
        "feather",
        "gz",
        "json",
        "tar",
        "tgz",
        "tsv",
        "txt",
        "xlsx",
        "zip",
    )
)
"""Endings of files of data: an export of such a name would be mistaken for one."""


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _stem(path: Path) -> Path:
    """The path without its endings of data; a name that is such an ending alone is `export`."""
    while path.suffix and ending_of(path)[1:] in FILES:
        path = path.with_suffix("")
    return path.with_name("export") if ending_of(path)[1:] in FILES else path


class _Folder(click.ParamType[Path]):
    """A folder; its name does not end as that of a file of data does."""

    name = "TARGET"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if ending_of(path)[1:] in FILES:
            self.fail(text("usage.export_folder", better=_stem(path)), param, ctx)
        if not _is_utf8(str(path)):  # the libraries that write its files take UTF-8 only
            reason = current().translated("its name is not UTF-8")
            self.fail(text("usage.cannot_write", path=path, reason=reason), param, ctx)
        return path


@click.command()
@click.argument("target", type=_Folder())
@lake_option
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    default=FORMATS[:2],
    show_default=True,
    help="Format, several times for several.",
)
@click.option(
    "--wide",
    multiple=True,
    type=IndexCode(),
    help="Index whose weights are written as sessions by tickers too.",
)
@known_at_option
@log_option
def export(
    target: Path, lake_uri: str, formats: Sequence[str], wide: Sequence[str], known_at: str | None
) -> None:
    """Write the published tables to a folder, for others to use.

    The folder holds the data, their dictionary, checksums, a citation and a README in English and
    Portuguese. The same lake gives the same bytes.
    """
    with reading():
        from bovespa_pipeline.export.release import NotAnExport
        from bovespa_pipeline.export.release import export as write
        from bovespa_pipeline.lake_reader import lake_there
        from bovespa_pipeline.queries.point_in_time import snapshot_of
    lake = lake_there(lake_uri)
    try:
        with (
            snapshot_of(lake, known_at) as snapshot,
            terminal.progress("exporting") as step,
        ):
            contents = write(snapshot, target, formats, wide, step)
    except NotAnExport as error:
        raise click.UsageError(current().translated(str(error))) from error
    except (FileExistsError, *NO_SUCH_PLACE) as error:
        reason = current().translated(str(error.strerror))
        raise click.UsageError(text("usage.cannot_write", path=target, reason=reason)) from error
    count = counted(contents.portfolio.num_rows, "session")
    terminal.say(
        text(
            "export.done",
            target=target,
            sessions=count,
            first=contents.first,
            last=contents.last,
        )
    )
