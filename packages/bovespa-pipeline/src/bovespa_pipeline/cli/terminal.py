"""Output for a terminal and for a pipe: tables, exact figures, progress."""

import csv
import datetime as dt
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

import click

from b3_contracts.errors import printable
from b3_scraper import console
from bovespa_pipeline.cli.language import current, text
from bovespa_pipeline.cli.table_layout import Column, exact
from bovespa_pipeline.texts import ENGLISH

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FORMATS",
    "Step",
    "error",
    "finding",
    "json_line",
    "log",
    "message",
    "note",
    "output",
    "progress",
    "say",
    "show",
]

FORMATS: Final = ("table", "csv", "json", "parquet")


class Step(Protocol):
    """Callback that receives the name of the item in progress."""

    def __call__(self, what: str, /) -> None: ...


class Output:
    """Standard output. If a write fails, the work continues and the command reports the failure."""

    def __init__(self) -> None:
        self.failure: OSError | None = None

    def text(self, text: str) -> None:
        self._write(console.write_text, text)

    def data(self, content: bytes) -> None:
        self._write(console.write, content)

    def _write(self, write: Callable[[Any], None], what: str | bytes) -> None:
        if self.failure is not None:
            return
        try:
            write(what)
        except OSError as failure:
            self.failure = failure


output: Final = Output()


class Log:
    """Standard error: lines for a person, or JSON objects, one a line, for a log collector."""

    def __init__(self) -> None:
        self._clock: Callable[[], dt.datetime] | None = None

    @property
    def is_json(self) -> bool:
        return self._clock is not None

    def use_json(self, clock: Callable[[], dt.datetime]) -> None:
        """Write objects from now on, each with the time of this clock."""
        self._clock = clock

    def use_text(self) -> None:
        self._clock = None

    def line(self, text: str) -> None:
        if self._clock is None:
            console.error(printable(text, keep="\n"))
        else:
            self.event({"event": "message", "message": text})

    def event(self, event: Mapping[str, Any]) -> None:
        """Write an event; a log for a person has a sentence about it instead."""
        if self._clock is not None:
            console.error(json_line(event, self._clock))


log: Final = Log()


def json_line(event: Mapping[str, Any], clock: Callable[[], dt.datetime]) -> str:
    """An event as an object with the time, in UTC."""
    time = clock().astimezone(dt.UTC).isoformat()
    return printable(json.dumps({"time": time, **event}, ensure_ascii=False))


def say(text: str) -> None:
    """Write a line of the result to standard output."""
    output.text(printable(text, keep="\n") + "\n")


def error(text: str) -> None:
    """Write a line about the work to standard error, outside of a pipe's data."""
    log.line(text)


def message(text: str) -> None:
    """Write a message of a lower package, in the language of the command."""
    error(current().translated(text))


def note(kind: str, subject: str, *messages: str) -> None:
    """Write a problem: its kind, the subject, and messages of lower packages."""
    reasons = "; ".join(current().translated(message) for message in messages)
    error(": ".join(part for part in (text(f"kinds.{kind}"), subject, reasons) if part))


def finding(kind: str, subject: str, *messages: str) -> None:
    """Write a note about an outcome that is also an event, which a JSON log has instead."""
    if not log.is_json:
        note(kind, subject, *messages)


def is_plain() -> bool:
    """True if neither bold text nor a progress bar is wanted (NO_COLOR, dumb terminals)."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Step]:
    """Show a progress bar on a capable terminal, and nothing in a pipe."""
    if is_plain() or log.is_json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    screen = Console(stderr=True)
    title = current().term("progress", title)
    columns = [TextColumn("{task.description}"), BarColumn()]
    if total is not None:
        columns.append(MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def step(what: str, /) -> None:
            bar.update(task, description=f"{title}: {escape(printable(what))}", advance=1)

        yield step


def show(
    rows: "pa.Table", form: str, columns: Sequence[Column] = (), *, has_own_names: bool = False
) -> None:
    """Write the rows in one of `FORMATS`, decimals with all their digits.

    `columns` limit the table format only; the other formats have all columns. Names of columns
    are translated in the table format, unless a query has named them.
    """
    match form:
        case "table":
            _show_table(rows, columns, has_own_names=has_own_names)
        case "csv":
            output.data(_csv(rows).encode())
        case "json":
            output.data(f"{_json(rows)}\n".encode())
        case _:
            _write_parquet(rows)


def _show_table(rows: "pa.Table", columns: Sequence[Column], *, has_own_names: bool) -> None:
    """Fit the table to the terminal; in a pipe nothing is truncated."""
    from bovespa_pipeline.cli.table_layout import lay_out

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    columns = _headed(rows, columns, has_own_names=has_own_names)
    shown = lay_out(rows, columns, width, current())
    header, *lines = shown.lines
    is_bold = sys.stdout.isatty() and not is_plain()
    header = click.style(header, bold=True) if is_bold else header
    output.text("\n".join([header, *lines, ""]))
    if shown.left_out:
        left_out = ", ".join(shown.left_out)
        error(text("command.no_room", width=width, left_out=left_out))


def _headed(
    rows: "pa.Table", columns: Sequence[Column], *, has_own_names: bool
) -> Sequence[Column]:
    """The columns with their headings in the language of the command."""
    if columns:
        return [replace(column, label=text(f"labels.{column.label}")) for column in columns]
    if has_own_names or current().language == ENGLISH:
        return columns
    names = rows.column_names
    return [Column(name, current().term("columns", name), n) for n, name in enumerate(names)]


def _csv(rows: "pa.Table") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(map(_csv_cell, row) for row in _rows(rows))
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    """Format a value exactly: booleans in lower case, lists and structures as JSON."""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return exact(value)


def _json(rows: "pa.Table") -> str:
    if len(set(rows.column_names)) < rows.num_columns:
        raise click.UsageError(text("usage.same_name"))
    return json.dumps(rows.to_pylist(), default=_plain, ensure_ascii=False)


def _rows(rows: "pa.Table") -> Iterator[tuple[Any, ...]]:
    """Iterate rows by position: two columns of a query may share a name."""
    return zip(*(column.to_pylist() for column in rows.columns), strict=True)


def _write_parquet(rows: "pa.Table") -> None:
    if sys.stdout.isatty():
        raise click.UsageError(text("usage.parquet"))
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    output.data(sink.getvalue().to_pybytes())


def _plain(value: Any) -> Any:
    """Convert decimals and dates to text, so that JSON loses no digit."""
    return exact(value) if isinstance(value, dt.date | Decimal) else str(value)
