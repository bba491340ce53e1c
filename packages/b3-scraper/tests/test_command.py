"""The command: what it prints, and how it ends."""

import csv
import datetime as dt
import io
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from b3_scraper.command import main
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
    [[], ["IBOV", "--indices"], ["IBOV", "--format", "xlsx"], ["../x"], ["IBOV", "--what"]],
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
    [(Fault.MOVED, 3), (Fault.HTML, 3), (Fault.SHORT_PAGE, 1), (Fault.WRONG_TOTAL, 1)],
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
    """As in `b3-scraper IBOV | head -1`."""
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
