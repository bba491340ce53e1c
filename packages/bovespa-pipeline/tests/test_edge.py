"""Full disks, closed terminals and signals end a command with one sentence and an exit code."""

import errno
import importlib
import io
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pyarrow as pa
import pytest

import glue_transform
from b3_scraper.testing import Exchange, Fault, SamplePortfolio
from bovespa_pipeline.cli import run_command, terminal
from lake_io import LakeUnreachable

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

DAY = date(2025, 1, 6)
CAPTURED = f"captured 1 index, 1 answer new: IBOV {DAY}\n"
LOST = "bovespa: standard output cannot be written: No space left on device"


@pytest.fixture
def files(here: Path, portfolio: Make) -> list[str]:
    """Downloads of three sessions."""
    names = []
    for number in range(3):
        day = DAY + timedelta(days=number)
        names.append(f"{day}.csv")
        (here / names[-1]).write_bytes(portfolio(day, PETR4=4_000_000, VALE3=2_000_000).to_csv())
    return names


@pytest.fixture
def exchange(portfolio: Make) -> Iterator[Exchange]:
    with Exchange([portfolio(DAY, PETR4=4_000_000)], today=DAY) as server:
        yield server


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


BROKEN = {
    "a full disk": (
        OSError(errno.ENOSPC, "No space left on device", "warehouse/x.parquet"),
        "cannot read or write warehouse/x.parquet: No space left on device",
    ),
    "a read-only lake": (
        PermissionError(errno.EACCES, "Permission denied", "lake/lock"),
        "cannot read or write lake/lock: Permission denied",
    ),
    "a file size limit": (
        pa.lib.ArrowIOError(errno.EFBIG, "Error writing bytes to file"),
        "cannot read or write: File too large",
    ),
    "no memory": (MemoryError(), "out of memory"),
}


@pytest.mark.parametrize(("error", "told"), BROKEN.values(), ids=BROKEN)
def test_what_the_system_cannot_do_ends_with_3(
    error: Exception, told: str, bovespa: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, whatever library was in between."""
    monkeypatch.setattr(glue_transform, "refine", failing(error))
    result = bovespa("refine")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == f"bovespa: {told}\n"


def test_a_defect_keeps_its_traceback(bovespa: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a disk or a person did."""
    monkeypatch.setattr(glue_transform, "refine", failing(TypeError("a defect")))
    with pytest.raises(TypeError):
        bovespa("refine")


@pytest.fixture
def full_after_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room for one portfolio and no more."""
    raw = importlib.import_module("lake_io.raw.zone").RawZone
    remake, landed = raw.remake, []

    def once(self: Any, *given: Any, **named: Any) -> Any:
        if landed:
            raise LakeUnreachable("cannot write x: No space left on device")
        landed.append(given)
        return remake(self, *given, **named)

    monkeypatch.setattr(raw, "remake", once)


@pytest.mark.usefixtures("full_after_one")
def test_an_import_that_is_cut_short_says_what_landed(files: list[str], bovespa: Run) -> None:
    """And ends with 3."""
    result = bovespa("import", *files)
    landed = f"{files[0]}: IBOV 2025-01-06, 2 positions, landed\n"
    assert (result.returncode, result.stdout) == (3, landed)
    assert result.stderr == "bovespa: cannot write x: No space left on device\n"


@pytest.mark.parametrize("command", ["capture", "run"])
def test_an_interrupt_says_what_landed_and_ends_with_130(
    command: str, exchange: Exchange, bovespa: Run, monkeypatch: pytest.MonkeyPatch, lake: Path
) -> None:
    """The manifest of it is written."""
    client = importlib.import_module("b3_scraper.client").Client
    fetch, asked = client.fetch_portfolio, []

    def interrupted(self: Any, code: str, **named: Any) -> Any:
        if asked:
            raise KeyboardInterrupt
        asked.append(code)
        return fetch(self, code, **named)

    monkeypatch.setattr(client, "fetch_portfolio", interrupted)
    result = bovespa(command, "IBOV", "IBRA", "--source", exchange.url)
    assert (result.returncode, result.stdout) == (
        130,
        CAPTURED,
    )
    assert result.stderr.strip() == "bovespa: interrupted"
    assert len(list((lake / "raw/manifest").iterdir())) == 1


class Full(io.RawIOBase):
    """A device without room."""

    def writable(self) -> bool:
        return True

    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def full() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(Full()), "utf-8", write_through=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["members", "IBOV"],
        ["query", "select 1 as a", "--format", "csv"],
        ["query", "select 1 as a", "--format", "json"],
        ["query", "select 1 as a", "--format", "parquet"],
        ["history"],
        ["gaps"],
    ],
)
def test_a_full_standard_output_ends_with_3(
    arguments: list[str],
    sample_lake: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Said last, after what else there is to say."""
    monkeypatch.setattr(sys, "stdout", full())
    assert run_command([*arguments, "--lake", str(sample_lake)]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == LOST


@pytest.mark.usefixtures("quick_gate")
def test_work_goes_on_where_nobody_can_read_of_it(
    files: list[str],
    bovespa: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All files land and are published; the code says that the output was lost."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", full())
        codes = [run_command(["import", *files]), run_command(["refine"])]
    assert (codes, capsys.readouterr().err.count(LOST)) == ([3, 3], 2)
    assert bovespa("members", "IBOV", "--on", "2025-01-08").returncode == 0


def test_a_standard_error_that_is_full_changes_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nobody left to tell."""
    monkeypatch.setattr(sys, "stderr", full())
    assert [run_command(["members", "IBOV"]), run_command(["members"])] == [2, 2]


def test_a_process_ends_in_one_sentence_with_a_closed_output_and_with_a_size_limit(
    files: list[str], here: Path, process_environment: Mapping[str, str]
) -> None:
    """The real command, as a shell runs it."""

    def run(arguments: str, before: Callable[[], None] | None = None) -> CompletedProcess[str]:
        line = f"exec {sys.executable} -m bovespa_pipeline {arguments}"
        return subprocess.run(
            ["sh", "-c", line],
            capture_output=True,
            text=True,
            check=False,
            cwd=here,
            env=process_environment,
            preexec_fn=before,
        )

    closed = run(f"import {files[0]} >&-")
    told = "bovespa: standard output cannot be written: Bad file descriptor\n"
    assert (closed.returncode, closed.stderr) == (3, told)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    limited = run(
        f"import {files[1]}", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, most))
    )
    assert (limited.returncode, limited.stdout) == (3, "")
    assert limited.stderr.startswith("bovespa: cannot write ")
    assert limited.stderr.endswith(": File too large\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_terminal_cannot_show_is_replaced(
    encoding: str, sample_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a table; CSV and JSON in a pipe are UTF-8 whatever the terminal speaks."""
    arguments = ["query", "select 'é→' as x", "--lake", str(sample_lake), "--format"]
    seen = {}
    for form in ("table", "csv", "json"):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
        assert run_command([*arguments, form]) == 0
        seen[form] = written.getvalue()
    assert seen["table"].decode(encoding).splitlines()[1] in {"??", "é?"}
    assert seen["csv"].decode() == "x\né→\n"
    assert json.loads(seen["json"].decode()) == [{"x": "é→"}]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_plain_terminal_gets_neither_bold_nor_a_bar(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each by its own variable; without them there is both."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)

    def seen() -> str:
        with terminal.progress("working", 1) as step:
            step("it")
        terminal.show(pa.table({"a": [1]}), "table")
        return "".join(capsys.readouterr())

    assert "\x1b[1m" in seen()
    monkeypatch.setenv(name, value)
    assert "\x1b" not in seen()


def test_spark_that_is_not_installed_says_both_ways(
    bovespa: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both as an installed package and in a clone."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "glue_transform.engines.spark", raising=False)
    result = bovespa("refine", "--engine", "spark")
    assert result.returncode == 1
    assert result.stderr.startswith("bovespa: Spark is not installed: ")
    assert "pip install 'bovespa-pipeline[refine,spark]'" in result.stderr
    assert "hatch -e spark run bovespa refine --engine spark" in result.stderr


def test_standard_input_is_a_file(
    files: list[str], here: Path, bovespa: Run, monkeypatch: pytest.MonkeyPatch, lake: Path
) -> None:
    """Called so; its payload is kept like any other."""
    body = (here / files[0]).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
    result = bovespa("import", "-")
    assert result.stdout == "standard input: IBOV 2025-01-06, 2 positions, landed\n"
    assert len(list((lake / "raw/payload").iterdir())) == 1


def test_a_pipe_is_a_file(files: list[str], here: Path, bovespa: Run) -> None:
    """A process substitution, as in `bovespa import <(curl …)`."""
    body = (here / files[0]).read_bytes()
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(writing, body), os.close(writing)))
    writer.start()
    result = bovespa("import", f"/dev/fd/{reading}")
    writer.join()
    os.close(reading)
    assert result.stdout == f"/dev/fd/{reading}: IBOV 2025-01-06, 2 positions, landed\n"


def test_one_position_is_one(here: Path, portfolio: Make, bovespa: Run) -> None:
    """Counts are said as a person says them."""
    (here / "x.csv").write_bytes(portfolio(DAY, PETR4=4_000_000).to_csv())
    assert bovespa("import", "x.csv").stdout == "x.csv: IBOV 2025-01-06, 1 position, landed\n"


@pytest.mark.usefixtures("quick_gate")
def test_half_a_character_in_an_answer_is_refused_kept_and_told(
    here: Path, portfolio: Make, bovespa: Run, lake: Path
) -> None:
    """In any key or value; the reason can be printed and stored, and stands on the site."""
    good = json.loads(portfolio(DAY, PETR4=4_000_000).to_json())
    spoilt = (
        {**good, "page": {**good["page"], "pageSize": "\ud800"}},
        {**good, "extra\udfff": 1},
        {**good, "extra": [{"x": "a\ud83d"}]},
    )
    for number, document in enumerate(spoilt):
        name = f"GetPortfolioDay_IBOV_{number}.json"
        (here / name).write_text(json.dumps(document), "utf-8")
        result = bovespa("import", name)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith(f"refused: {name}: the JSON has U+D")
    notes = [json.loads(path.read_text("utf-8")) for path in (lake / "raw/rejected").iterdir()]
    assert len(notes) == len(spoilt)
    assert all(note["reason"].isprintable() for note in notes)
    assert bovespa("refine").returncode == 0
    assert "U+D800" in (lake / "quality/index.html").read_text("utf-8")


@pytest.mark.parametrize("fault", [Fault.EMPTY, Fault.NULL, Fault.FORBIDDEN])
def test_an_exchange_that_gives_nothing_is_out_of_reach(
    fault: Fault, exchange: Exchange, bovespa: Run, lake: Path
) -> None:
    """Nothing is refused, and nothing kept: a scheduler tries again."""
    exchange.misbehave(fault, times=None)
    result = bovespa("capture", "IBOV", "--source", exchange.url)
    assert (result.returncode, result.stderr.startswith("unreachable: IBOV: ")) == (3, True)
    assert not (lake / "raw/rejected").exists()
