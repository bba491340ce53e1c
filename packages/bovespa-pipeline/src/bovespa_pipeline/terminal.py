"""What a person sees and what a pipe gets: tables, exact figures, progress."""

import csv
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, Protocol

import click
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bovespa_pipeline.tables import Column, exact, lay_out

__all__ = ["FORMATS", "Step", "counted", "error", "progress", "say", "show"]

FORMATS: Final = ("table", "csv", "json", "parquet")


class Step(Protocol):
    """Told what is being worked on now."""

    def __call__(self, what: str, /) -> None: ...


def say(text: str) -> None:
    """A line of the answer, on standard output."""
    click.echo(text)


def error(text: str) -> None:
    """A line about the work, on standard error, out of the way of a pipe."""
    click.echo(text, err=True)


def counted(number: int, one: str, many: str) -> str:
    """A count as a person says it: `1 index`, `2 indices`."""
    return f"{number:,} {one if number == 1 else many}"


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Step]:
    """A bar on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    columns = [TextColumn("{task.description}"), BarColumn()]
    if total is not None:
        columns.append(MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=total)

        def step(what: str, /) -> None:
            bar.update(task, description=f"{title}: {what}", advance=1)

        yield step


def show(rows: pa.Table, form: str, columns: Sequence[Column] = ()) -> None:
    """The rows in one of `FORMATS`, decimals with all their digits.

    `columns` are a table's; the other formats, which are for programs, have them all.
    """
    match form:
        case "table":
            _show_table(rows, columns)
        case "csv":
            click.echo(_csv(rows), nl=False)
        case "json":
            click.echo(_json(rows))
        case _:
            _write_parquet(rows)


def _show_table(rows: pa.Table, columns: Sequence[Column]) -> None:
    """As wide as the terminal; in a pipe nothing is cut."""
    width = Console().width if sys.stdout.isatty() else None
    shown = lay_out(rows, columns, width)
    header, *lines = shown.lines
    click.echo("\n".join([click.style(header, bold=True), *lines]))
    if shown.left_out:
        left_out = ", ".join(shown.left_out)
        error(f"no room in {width} columns for {left_out}: `--format csv` has everything")


def _csv(rows: pa.Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(map(exact, row) for row in _rows(rows))
    return text.getvalue()


def _json(rows: pa.Table) -> str:
    if len(set(rows.column_names)) < rows.num_columns:
        raise click.UsageError("two columns have one name, which JSON cannot tell apart: use `as`")
    return json.dumps(rows.to_pylist(), default=_plain, ensure_ascii=False)


def _rows(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Row by row, by place: two columns of a query may have one name."""
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def _write_parquet(rows: pa.Table) -> None:
    if sys.stdout.isatty():
        raise click.UsageError("parquet is not for a terminal: redirect it, as in `> rows.parquet`")
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    sys.stdout.buffer.write(sink.getvalue())


def _plain(value: Any) -> Any:
    """JSON has no decimals or dates: both as text, so that no digit is lost."""
    return exact(value) if isinstance(value, dt.date | Decimal) else str(value)
