"""The command: what it prints, and how it ends."""

import csv
import datetime as dt
import errno
import io
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from b3_scraper import console
from b3_scraper.command import main
from b3_scraper.console import starting
from b3_scraper.testing import Exchange, Fault, SamplePortfolio, SampleRow


@pytest.fixture
def source(exchange: Exchange) -> str:
    return f"--source={exchange.url}"


def test_a_table_is_for_reading(source: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Title, aligned rows, and the header's figures at the end."""
    assert main(["ibov", source]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0] == "IBOV, session of 2025-01-06"
    assert lines[2].split() == [
        "ticker",
        "company",
        "class",
        "ex",
        "segment",
        "sector",
        "quantity",
        "weight",
        "%",
    ]
    assert lines[-1].startswith("12 positions, ")


def test_csv_keeps_the_digits(
    source: str, sample: SamplePortfolio, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Three decimals each, no float on the way."""
    assert main(["IBOV", source, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode())))
    found = {row["ticker"]: row["weight_pct"] for row in rows}
    assert found == {row.ticker: str(row.weight_pct) for row in sample.rows}


def test_json_has_exact_numbers(
    source: str, sample: SamplePortfolio, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """A reader that keeps decimals gets B3's own."""
    assert main(["IBOV", source, "--format", "json"]) == 0
    document = json.loads(capfdbinary.readouterr().out, parse_float=Decimal)
    assert document["divisor"] == sample.divisor
    assert str(document["total_weight_pct"]) == "100.000"
    assert len(document["positions"]) == 12


def test_parquet_goes_to_a_file(source: str, sample: SamplePortfolio, tmp_path: Path) -> None:
    """With the header's figures in its metadata."""
    target = tmp_path / "ibov.parquet"
    assert main(["IBOV", source, "--format", "parquet", "--output", str(target)]) == 0
    table = pq.read_table(target)
    assert table.num_rows == 12
    assert table.schema.metadata[b"divisor"].decode() == str(sample.divisor)


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("table", b"IBOV\nIGCX\n"),
        ("csv", b"index_code\nIBOV\nIGCX\n"),
        ("json", b'["IBOV", "IGCX"]\n'),
    ],
)
def test_indices_are_listed(
    source: str, form: str, printed: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """In every format that a screen can show."""
    assert main(["--indices", source, "--format", form]) == 0
    assert capfdbinary.readouterr().out == printed


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["IBOV", "--indices"],
        ["IBOV", "--format", "xlsx"],
        ["../x"],
        ["IBOV", "--what"],
        ["IBOV", "--output", "x.xlsx"],
        ["IBOV", "--output", "x.csv", "--format", "json"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """argparse says what is wrong."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: b3-scraper" in capsys.readouterr().err


def test_parquet_is_not_for_a_screen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hint instead of binary on the terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(SystemExit) as end:
        main(["IBOV", "--format", "parquet"])
    assert end.value.code == 2
    assert "add --output FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.MOVED, 3),
        (Fault.FORBIDDEN, 3),
        (Fault.HTML, 3),
        (Fault.SHORT_PAGE, 1),
        (Fault.WRONG_TOTAL, 1),
    ],
)
def test_a_failure_is_one_sentence_and_a_code(
    exchange: Exchange, source: str, fault: Fault, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """3 means try again later, 1 means look at it."""
    exchange.misbehave(fault)
    assert main(["IBOV", source]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("b3-scraper: ")
    assert printed.err.count("\n") == 1


def test_an_unknown_index_ends_with_1(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And says which."""
    assert main(["XXXX", source]) == 1
    assert "XXXX" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for a folder in the way."""
    assert main(["IBOV", source, "--output", str(tmp_path)]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error(source: str) -> None:
    """Close the pipe early, as `b3-scraper IBOV | head -1` does."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "b3_scraper", "IBOV", source]
    try:
        result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (result.returncode, result.stderr) == (0, b"")


def test_warnings_go_to_the_screen_not_into_the_data(capfd: pytest.CaptureFixture[str]) -> None:
    """An unknown marker is told beside the table."""
    row = SampleRow("VALE3", "VALE", "ON  XYZ NM", None, 1, Decimal("100.000"))
    sample = SamplePortfolio("IBOV", dt.date(2025, 1, 6), (row,))
    with Exchange([sample], today=sample.reference_date) as exchange:
        assert main(["IBOV", "--source", exchange.url, "--format", "csv"]) == 0
    assert "unknown ex-rights marker 'XYZ'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("ibov.csv", b"index_code,"),
        ("ibov.JSON", b'{"index_code"'),
        ("ibov.parquet", b"PAR1"),
        ("ibov.Txt", b"IBOV, session of"),
        ("ibov", b"IBOV, session of"),
        (".parquet", b"PAR1"),
    ],
)
def test_the_format_is_that_of_the_files_ending(
    source: str, name: str, start: bytes, tmp_path: Path
) -> None:
    """In either case; a name without an ending gets the table."""
    assert main(["IBOV", source, "--output", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ibov.xlsx", "a CSV opens as one: --output ibov.csv\n"),
        ("ibov.ODS", "a CSV opens as one: --output ibov.csv\n"),
        ("ibov.csv.gz", "--output ibov.csv, then compress it\n"),
        ("ibov.json.gz", "--output ibov.json, then compress it\n"),
        ("ibov.parquet.gz", "--output ibov.parquet, then compress it\n"),
        ("ibov.tsv", ".tsv: use one of .csv, .json, .parquet, .txt, or add --format\n"),
        ("ibov.", "ending .: use one of .csv, .json, .parquet, .txt, or add --format\n"),
        (".hidden", ".hidden: use one of .csv, .json, .parquet, .txt, or add --format\n"),
    ],
)
def test_an_ending_without_a_format_is_refused_with_a_hint(
    name: str, hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["IBOV", "--output", str(tmp_path / name)])
    assert (end.value.code, list(tmp_path.iterdir())) == (2, [])
    assert hint in capsys.readouterr().err.replace(f"{tmp_path}{os.sep}", "")


@pytest.mark.parametrize("name", ["ibov.xls", "ibov.csv.gz"])
def test_no_format_makes_a_spreadsheet_or_a_compressed_file(name: str) -> None:
    with pytest.raises(SystemExit):
        main(["IBOV", "--output", name, "--format", "csv"])


def test_a_format_is_written_under_any_other_ending(source: str, tmp_path: Path) -> None:
    target = tmp_path / "ibov.dat"
    assert main(["IBOV", source, "--format", "csv", "--output", str(target)]) == 0
    assert target.read_bytes().startswith(b"index_code,")


def test_a_dash_is_standard_output(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["IBOV", source, "--output", "-"]) == 0
    assert capfd.readouterr().out.startswith("IBOV, session of")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_code_gets_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """The code that B3 gives it."""
    with pytest.raises(SystemExit):
        main(["IBrX-100"])
    assert "B3's code of IBRX100 is IBXX" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no /dev/full")
def test_a_full_disk_ends_with_3(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A scheduler may try again."""
    assert main(["IBOV", source, "--output", "/dev/full"]) == 3
    told = "b3-scraper: cannot read or write /dev/full: No space left on device\n"
    assert capsys.readouterr().err == told


def test_an_interrupt_ends_with_130(
    source: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code that a shell expects after SIGINT."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("b3_scraper.client.Client", interrupted)
    assert main(["IBOV", source]) == 130
    assert capsys.readouterr().err == "b3-scraper: interrupted\n"


def test_one_position_is_one(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Counts are said as a person says them."""
    row = SampleRow("VALE3", "VALE", "ON      NM", None, 1, Decimal("100.000"))
    sample = SamplePortfolio("IBOV", dt.date(2025, 1, 6), (row,))
    with Exchange([sample], today=sample.reference_date) as exchange:
        assert main(["IBOV", "--source", exchange.url]) == 0
    last = capfdbinary.readouterr().out.decode().splitlines()[-1]
    assert last.startswith("1 position, 1 security, 100.000 %")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no sh")
@pytest.mark.parametrize(
    ("redirect", "arguments", "told"),
    [
        (">/dev/full", "IBOV", "standard output cannot be written: No space left on device"),
        (">&-", "IBOV", "standard output cannot be written: Bad file descriptor"),
        (">&-", "--version", "standard output cannot be written: Bad file descriptor"),
    ],
)
def test_an_output_that_is_full_or_closed_ends_with_3(
    redirect: str, arguments: str, told: str, source: str
) -> None:
    """In a sentence of the command's own, not in the interpreter's last words."""
    command = f"exec {sys.executable} -m b3_scraper {arguments} {source} {redirect}"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (3, f"b3-scraper: {told}\n")


def test_csv_in_a_pipe_is_utf_8_whatever_the_terminal_speaks(source: str) -> None:
    """And a character that a text's encoding lacks is replaced."""
    ours = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "b3_scraper", "IBOV", source]
    shown, data = (
        subprocess.run([*command, f"--format={form}"], capture_output=True, check=True, env=ours)
        for form in ("table", "csv")
    )
    assert "á" in data.stdout.decode()
    assert shown.stdout.isascii()


def test_an_interrupt_in_the_first_second_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the command is imported it ends the process at once; afterwards it is Python's."""
    ends: list[int] = []
    monkeypatch.setattr("b3_scraper.console.os._exit", ends.append)
    # A shell starts background processes with SIGINT ignored, which is left alone.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with starting():
            signal.raise_signal(signal.SIGINT)
        assert (ends, signal.getsignal(signal.SIGINT)) == ([130], signal.default_int_handler)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_goes_away_on_windows_is_a_closed_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows calls it an invalid argument; elsewhere that is a failure of the output."""

    def closed(_: str) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr("sys.stdout.write", closed)
    monkeypatch.setattr(console, "IS_WINDOWS", False)
    with pytest.raises(console.OutputFailed):
        console.write_text("text")
    monkeypatch.setattr(console, "IS_WINDOWS", True)
    with pytest.raises(BrokenPipeError):
        console.write_text("text")
