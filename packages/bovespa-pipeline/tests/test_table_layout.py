"""Tables for reading: a row a line, within the terminal, and what is left out is named."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bovespa_pipeline.cli.table_layout import Column, lay_out
from bovespa_pipeline.texts import PORTUGUESE, texts

OnTerminal = Callable[..., Sequence[str]]

ROWS = pa.table(
    {
        "ticker": ["VALE3", "PETR4"],
        "company": ["VALE", "A company with quite a long name of its own"],
        "quantity": [4_270_903_023, 12],
        "weight_pct": [Decimal("11.533"), None],
    }
)


def test_with_room_for_all_nothing_is_cut() -> None:
    """Numbers are grouped and stand at the right, texts at the left; nothing is null."""
    assert lay_out(ROWS).lines == [
        "ticker  company                                           quantity  weight_pct",
        "VALE3   VALE                                         4,270,903,023      11.533",
        "PETR4   A company with quite a long name of its own             12",
    ]


def test_texts_are_cut_before_a_column_goes() -> None:
    """To what room there is, and never a figure."""
    shown = lay_out(ROWS, width=65)
    assert shown.left_out == []
    assert shown.lines[2] == "PETR4   A company with quite a long n…             12"


def test_the_columns_that_matter_least_go_first() -> None:
    """By rank, not by place; what still fits stays."""
    columns = [
        Column("ticker", "ticker", 0),
        Column("company", "who", 3),
        Column("quantity", "quantity", 2),
        Column("weight_pct", "weight, %", 1),
    ]
    shown = lay_out(ROWS, columns, 34)
    assert shown.lines[:2] == [
        "ticker       quantity  weight, %",
        "VALE3   4,270,903,023     11.533",
    ]
    assert shown.left_out == ["who"]
    assert lay_out(ROWS, columns, 20).left_out == ["who", "quantity"]


def test_a_named_column_without_a_value_is_not_shown() -> None:
    """Nothing is left out by that; without rows the heading is whole."""
    columns = [Column("a", "a", 0), Column("b", "b", 1)]
    rows = pa.table({"a": [1], "b": pa.array([None], pa.string())})
    assert (lay_out(rows, columns).lines, lay_out(rows, columns).left_out) == (["a", "1"], ())
    assert lay_out(rows.slice(1), columns).lines == ["a  b"]


def test_one_column_wider_than_the_terminal_is_cut() -> None:
    """For there is nothing else to leave out."""
    assert lay_out(pa.table({"a": ["x" * 99]}), width=10).lines == ["a", "x" * 9 + "…"]


def test_a_cell_cannot_break_the_line_or_the_terminal() -> None:
    """Line breaks, escapes and what a library would read as markup are shown as they are."""
    rows = pa.table({"a": ["x\ny", "\x1b[31m", "[bold]"]})
    assert lay_out(rows).lines == ["a", "x\\ny", "\\x1b[31m", "[bold]"]


def test_floats_are_rounded() -> None:
    """Each column of them has as many decimals as the weights."""
    rows = pa.table({"effective": [24.49148573091752, 8.5]})
    assert lay_out(rows).lines == ["effective", "   24.491", "    8.500"]
    portuguese = lay_out(rows, words=texts(PORTUGUESE))
    assert portuguese.lines[1] == "   24,491"


@settings(deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=60), min_size=2, max_size=2), min_size=1, max_size=6),
    st.integers(8, 90),
)
def test_no_line_is_ever_wider(columns: list[list[str]], width: int) -> None:
    """Whatever stands in the cells, letters of double width among it."""
    rows = pa.table([pa.array(cells) for cells in columns], [f"c{n}" for n in range(len(columns))])
    shown = lay_out(rows, width=width)
    assert max(map(cell_len, shown.lines)) <= width
    assert len(shown.lines) == 1 + rows.num_rows


@pytest.fixture
def on_terminal(
    sample_lake: Path, here: Path, process_environment: Mapping[str, str]
) -> OnTerminal:
    """The lines that a terminal of so many columns gets from the real command."""

    def run(columns: int, *arguments: str) -> Sequence[str]:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {**process_environment, "TERM": "xterm"}
        environment.pop("COLUMNS", None)
        with subprocess.Popen(
            [sys.executable, "-m", "bovespa_pipeline", *arguments, "--lake", str(sample_lake)],
            stdout=theirs,
            stderr=subprocess.STDOUT,
            cwd=here,
            env=environment,
        ) as process:
            os.close(theirs)
            seen = b"".join(iter(lambda: _read(ours), b""))
            assert process.wait() == 0
        os.close(ours)
        return seen.decode().replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()

    return run


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


EVERYTHING = "`--format csv` has everything"
SEEN = {
    "members at 80": (
        80,
        "members",
        "ticker  company       class       quantity  weight %",
        f"no room in 80 columns for sector: {EVERYTHING}",
    ),
    "members at 60": (
        60,
        "members",
        "ticker  company       class       quantity  weight %",
        f"no room in 60 columns for sector: {EVERYTHING}",
    ),
    "changes at 80": (
        80,
        "changes",
        "session     ticker  change     cause             quantity before   quantity now",
        f"no room in 80 columns for since, weight pp: {EVERYTHING}",
    ),
    "changes at 60": (
        60,
        "changes",
        "session     ticker  change     cause             weight pp",
        f"no room in 60 columns for since, quantity before, quantity now: {EVERYTHING}",
    ),
}


@pytest.mark.parametrize(("columns", "command", "header", "note"), SEEN.values(), ids=SEEN)
def test_what_a_terminal_gets_fits(
    columns: int, command: str, header: str, note: str, on_terminal: OnTerminal
) -> None:
    """A row is a line; the columns that had to go are named below the rows."""
    lines = on_terminal(columns, command, "IBOV")
    rows = 87 if command == "members" else 53
    assert (lines[0], lines[rows + 1]) == (header, note)
    assert max(map(len, lines[: rows + 1])) <= columns
