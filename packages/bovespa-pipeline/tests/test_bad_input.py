"""Inputs of `bovespa import` that are no portfolio are refused in one sentence, and kept."""

import datetime as dt
import gzip
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from b3_scraper.testing import SamplePortfolio

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]

DAY = dt.date(2025, 1, 6)
GOOD = "IBOVDia_06-01-25.csv"


@pytest.fixture
def body(portfolio: Make) -> bytes:
    """A good download of three positions, as B3 gives it."""
    return portfolio(DAY, PETR4=4_000_000, VALE3=2_000_000, WEGE3=1_000_000).to_csv()


@pytest.fixture
def good(here: Path, body: bytes) -> Path:
    """The download that is handed in with each bad one."""
    path = here / GOOD
    path.write_bytes(body)
    return path


def refusal(result: CompletedProcess[str], name: str) -> str:
    """The one line that says what became of the bad file; the good one has landed."""
    assert result.returncode == 1
    assert "IBOV 2025-01-06, 3 positions, landed" in result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"refused: {name}: ")
    return line.removeprefix(f"refused: {name}: ")


def kept(lake: Path, body: bytes) -> dict[str, str]:
    """The note beside a refused payload, which is kept byte for byte."""
    digest = hashlib.sha256(body).hexdigest()
    assert gzip.decompress((lake / f"raw/payload/{digest}.gz").read_bytes()) == body
    note: dict[str, str] = json.loads((lake / f"raw/rejected/{digest}.json").read_text("utf-8"))
    return note


DAMAGED = {
    "damaged/IBOV_2025-03-19_82-of-87-rows.csv": "IBOV 2025-03-19: there are no footers and the "
    "weights add up to 97.846",
    "damaged/IBOV_2025-07-09_first-page-only.html": "it seems to be a web page (HTML)",
    "damaged/IBOV_2025-08-01_comma-lost_20-rows.csv": "IBOV 2025-08-01: footer: is not as B3 "
    "writes it",
    "json/GetTheoricalPortfolio_IBOV_captured-2025-04-07.json": "without a date: give "
    "--quadrimester YYYY-N",
    "json/GetStockIndex_2025-04-07.json": "it seems to be the list of stocks",
}


@pytest.mark.parametrize(("name", "rule"), DAMAGED.items())
def test_what_others_made_of_b3s_data_is_refused(
    name: str, rule: str, captures: Path, good: Path, bovespa: Run
) -> None:
    """With the rule it breaks; the payload and why stay in raw, whatever the name promises."""
    bad = captures / name
    told = refusal(bovespa("import", "--date-from-name", bad, good), str(bad))
    assert rule in told
    note = kept(good.with_name("lake"), bad.read_bytes())
    assert (note["name"], note["reason"]) == (str(bad), told)


@pytest.mark.usefixtures("quick_gate")
def test_whole_files_without_accents_title_or_footers_land(captures: Path, bovespa: Run) -> None:
    """84 and 87 positions; a total that the source does not give is not made up."""
    edited = captures / "damaged/IBOV_2025-06-27_edited.csv"
    untitled = captures / "untitled/IBOVDia_30-12-24.csv"
    landed = bovespa("import", "--date-from-name", edited, untitled)
    assert landed.returncode == 0
    assert "IBOV 2025-06-27, 84 positions, landed" in landed.stdout
    assert bovespa("refine").returncode == 0
    sql = "select reference_date, position_count, total_theoretical_quantity, source from portfolio"
    rows = bovespa("query", f"{sql} order by 1", "--format", "csv").stdout.splitlines()[1:]
    assert rows == ["2024-12-30,87,,import_incomplete", "2025-06-27,84,,import_incomplete"]


def zipped(body: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(GOOD, body)
    return stream.getvalue()


def replacing(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(old.encode("latin-1"), new.encode("latin-1"))


SPOILT: dict[str, tuple[str, Callable[[bytes], bytes], tuple[str, ...]]] = {
    "an empty file": ("IBOVDia_07-01-25.csv", lambda _: b"", ("it is empty",)),
    "a ZIP": ("pack.zip", zipped, ("a ZIP archive",)),
    "another index's title": (
        "IBRADia_06-01-25.csv",
        replacing("no such", ""),
        ("index is IBOV, not IBRA",),
    ),
    "two languages": (
        "mixed.csv",
        replacing("1.000.000;33,333", "1,000,000;33,333"),
        ("theoretical_quantity", "pt-br quantity", "line=5", "WEGE3", "1,000,000"),
    ),
    "a weight of the other language": (
        "mixed.csv",
        replacing("33,333", "33.333"),
        ("weight_pct", "pt-br percentage", "line=4", "ticker=VALE3", "33.333"),
    ),
    "a path for a ticker": (
        "path.csv",
        replacing("WEGE3", "../../etc/passwd"),
        ("ticker: must match", "ticker=../../etc/passwd"),
    ),
    "a quote in a ticker": (
        "quote.csv",
        replacing("WEGE3", "WE' or 1=1 --"),
        ("ticker: must match", "ticker=WE' or 1=1 --"),
    ),
    "a double quote": ("dquote.csv", replacing("WEGE3", '"WEGE3'), ("quotes do not match",)),
    "a hidden character": ("zero.csv", replacing("WEGE3", "WEGE3\x00"), ("binary",)),
    "a share class of no plausible shape": (
        "class.csv",
        replacing("WEGE3;WEGE S/A;ON ", "WEGE3;WEGE S/A;x? "),
        ("fixed-width types", "line=5", "WEGE3"),
    ),
    "a row cut off": (
        "short.csv",
        replacing("1.000.000;33,333;", "1.000.000;"),
        ("has other than 5 fields", "line=5"),
    ),
    "a footer cut off": ("cut.csv", lambda body: body[: body.index(b"Redutor")], ("footers",)),
}


@pytest.mark.parametrize(("name", "spoil", "told"), SPOILT.values(), ids=SPOILT)
def test_a_bad_file_is_refused_with_its_rule_and_rows(  # noqa: PLR0913, PLR0917 - fixtures
    name: str,
    spoil: Callable[[bytes], bytes],
    told: tuple[str, ...],
    here: Path,
    lake: Path,
    good: Path,
    body: bytes,
    bovespa: Run,
) -> None:
    """One line names the file, the rule and the row; the payload and the note are kept."""
    bad = spoil(body)
    (here / name).write_bytes(bad)
    line = refusal(bovespa("import", name, good), name)
    assert [words for words in told if words not in line] == []
    if bad != body:
        assert kept(lake, bad)["reason"] == line


def test_an_answer_whose_header_is_in_two_languages_is_refused(
    here: Path, good: Path, lake: Path, bovespa: Run, portfolio: Make
) -> None:
    """English figures under a Portuguese text could be read as either."""
    american = portfolio(DAY, PETR4=4_000_000).to_json(language="en-us")
    mixed = american.replace(b"Total Theorethical Quantity", "Quantidade Teórica Total".encode())
    name = "GetPortfolioDay_IBOV.json"
    (here / name).write_bytes(mixed)
    assert "the header's texts tell no language" in refusal(bovespa("import", name, good), name)
    assert kept(lake, mixed)["name"] == name


def test_an_answer_names_its_index_by_option_or_name_or_not_at_all(
    here: Path, good: Path, bovespa: Run, portfolio: Make
) -> None:
    """B3's JSON does not, and the refusal says what would help."""
    (here / "body.json").write_bytes(portfolio(DAY, PETR4=4_000_000).to_json())
    assert "give --index CODE" in refusal(bovespa("import", "body.json", good), "body.json")
    assert bovespa("import", "body.json", "--index", "ibov").returncode == 0


def test_a_date_for_a_file_that_has_another_is_refused(
    here: Path, good: Path, bovespa: Run, portfolio: Make
) -> None:
    """The title does not lie; the person, or the name, may."""
    told = bovespa("import", good, "--date", "2025-01-07")
    assert (told.returncode, "2025-01-06, not 2025-01-07" in told.stderr) == (1, True)
    liar = here / "IBOVDia_31-12-24.csv"
    liar.write_bytes(portfolio(DAY, PETR4=4_000_000).to_csv())
    assert "IBOV 2025-01-06" in bovespa("import", liar, "--date-from-name").stdout


def test_a_name_without_a_date_does_not_date_a_file(
    here: Path, good: Path, body: bytes, bovespa: Run
) -> None:
    """And the refusal does not advise what was tried."""
    (here / "untitled.csv").write_bytes(body.split(b"\r\n", 1)[1])
    told = refusal(bovespa("import", "untitled.csv", good, "--date-from-name"), "untitled.csv")
    assert told == "neither a line of it nor its name says which session it is of: give --date"


def unopened(path: Path) -> None:
    os.mkfifo(path)


def looping(path: Path) -> None:
    path.symlink_to(path)


NOT_KEPT: dict[str, tuple[Callable[[Path], None], str]] = {
    "a folder": (Path.mkdir, "is a folder without files to import, and is not kept"),
    "a pipe": (unopened, "is a pipe that nobody writes to, and is not kept"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "is no file, and is not kept"),
    "missing": (lambda _: None, "cannot be read: No such file or directory"),
    "unreadable": (looping, "cannot be read: Too many levels of symbolic links"),
}


@pytest.mark.parametrize(("make", "told"), NOT_KEPT.values(), ids=NOT_KEPT)
def test_what_is_no_file_is_refused_and_not_kept(
    make: Callable[[Path], None], told: str, lake: Path, good: Path, bovespa: Run
) -> None:
    """Nothing is waited for, and only the good payload is in raw."""
    make(good.with_name("bad.csv"))
    assert refusal(bovespa("import", "bad.csv", good), "bad.csv") == told
    assert len(list((lake / "raw/payload").iterdir())) == 1
    assert not (lake / "raw/rejected").exists()


def test_a_file_of_a_terabyte_is_not_read_whole(
    here: Path, lake: Path, good: Path, bovespa: Run
) -> None:
    """Refused for its size, and not kept: whoever read it would still be reading."""
    with (here / "huge.csv").open("wb") as file:
        file.truncate(2**40)
    told = refusal(bovespa("import", "huge.csv", good), "huge.csv")
    assert told == "is larger than 8 MiB, and is not kept"
    assert sum(path.stat().st_size for path in (lake / "raw/payload").iterdir()) < 10_000


def test_a_name_cannot_disturb_the_terminal(here: Path, bovespa: Run) -> None:
    """Escapes and line breaks are shown, not written."""
    (here / "\x1b[31m\nrefused: x.csv").write_bytes(b"nothing")
    told = bovespa("import", "\x1b[31m\nrefused: x.csv")
    assert (told.returncode, told.stderr.count("\n"), "\x1b" in told.stderr) == (1, 1, False)


def test_the_same_refused_file_again_adds_nothing(
    here: Path, lake: Path, bovespa: Run, tree: Callable[[Path], object]
) -> None:
    """The note beside the payload is the first one."""
    (here / "bad.csv").write_bytes(b"nothing")
    assert bovespa("import", "bad.csv").returncode == 1
    before = tree(lake)
    assert bovespa("import", "bad.csv").returncode == 1
    assert tree(lake) == before
