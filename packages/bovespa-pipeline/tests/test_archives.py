"""Archives in the lake: tables of many sessions imported, tried, read again, refused in part."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from b3_scraper.testing import sample_portfolio
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Tables = Callable[[Path], Mapping[str, list[dict[str, Any]]]]

pytestmark = pytest.mark.usefixtures("quick_gate")

CASES = Path(__file__).parents[4] / "shared" / "cases" / "tables"
DAYS = [dt.date(2025, 2, day) for day in (3, 4, 5)]
IBOV, SMLL = (sample_portfolio(code, DAYS[0], position_count=12) for code in ("IBOV", "SMLL"))


def table(days: list[dt.date] = DAYS, codes: tuple[str, ...] = ("IBOV", "SMLL")) -> pa.Table:
    """The same positions every day, as people name the columns."""
    rows = [
        {
            "indice": sample.index_code,
            "data": str(day),
            "ticker": row["ticker"],
            "company": row["company"],
            "tipo": row["share_class"],
            "qtd": row["theoretical_quantity"],
            "part": float(row["weight_pct"]),
        }
        for day in days
        for sample in (IBOV, SMLL)
        if sample.index_code in codes
        for row in sample.to_positions().to_pylist()
    ]
    return pa.Table.from_pylist(rows)


@pytest.fixture
def archive(here: Path) -> Path:
    pq.write_table(table(), here / "history.parquet")
    return here / "history.parquet"


def sessions(lake: Path) -> list[tuple[str, dt.date, str, int]]:
    rows = open_lake(str(lake)).refined_tables.snapshot().read("portfolio").to_pylist()
    names = ("index_code", "reference_date", "source", "position_count")
    return sorted(tuple(row[name] for name in names) for row in rows)


THREE = "3 sessions from 2025-02-03 to 2025-02-05"
ALL = [(code, day, "import_incomplete", 12) for code in ("IBOV", "SMLL") for day in DAYS]


def test_an_archive_fills_the_lake(bovespa: Run, archive: Path, lake: Path) -> None:
    """A line for each index; the payload kept is the file."""
    done = bovespa("import", archive.name)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"history.parquet: {code}, {THREE}, 36 positions, landed" for code in ("IBOV", "SMLL")],
    )
    assert bovespa("refine").returncode == 0
    assert sessions(lake) == ALL
    raw = open_lake(str(lake)).raw
    assert {raw.payload(entry.payload_sha256) for entry in raw.entries()} == {archive.read_bytes()}
    again = bovespa("import", archive.name)
    assert again.stdout.count("already there") == 2
    assert "positions" in bovespa("members", "IBOV", "--on", "2025-02-04").stderr


def test_text_is_the_same_as_parquet(bovespa: Run, here: Path, lake: Path) -> None:
    pa_csv.write_csv(table(), here / "history.csv")
    assert bovespa("import", "history.csv").returncode == 0
    assert bovespa("refine").returncode == 0
    assert sessions(lake) == ALL


def test_a_dry_run_says_what_would_land_and_keeps_nothing(
    bovespa: Run, archive: Path, here: Path, lake: Path
) -> None:
    wrong = here / "wrong.csv"
    wrong.write_bytes(b"ticker;part\nPETR4;100,000\n")
    done = bovespa("import", "--dry-run", archive.name, "wrong.csv")
    assert done.returncode == 1
    first, *lines = done.stdout.splitlines()
    assert first == (
        "history.parquet: index=indice, date=data, ticker=ticker, company=company, "
        "type=tipo, quantity=qtd, weight=part"
    )
    assert lines[0].endswith("36 positions, would land")
    assert done.stderr == (
        "refused: wrong.csv: no column is known to be the quantity or the type: "
        "it has 'ticker', 'part': give --columns FIELD=COLUMN\n"
    )
    assert not lake.exists()


def test_a_folder_stands_for_its_files(bovespa: Run, here: Path, lake: Path) -> None:
    """Of Hive's names of folders index and session; other programs' files are passed over."""
    for day in DAYS:
        for code in ("IBOV", "SMLL"):
            folder = here / f"lake-of-others/index={code}/date={day}"
            folder.mkdir(parents=True)
            part = table([day], (code,)).drop_columns(["indice", "data"])
            pq.write_table(part, folder / "part-0.parquet")
            (folder / ".part-0.parquet.crc").write_bytes(b"x")
            (folder / "_SUCCESS").touch()
    done = bovespa("import", "lake-of-others")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 6)
    assert bovespa("refine").returncode == 0
    assert sessions(lake) == ALL


def test_a_session_that_is_cut_is_refused_alone(bovespa: Run, here: Path, lake: Path) -> None:
    cut = table().filter(pa.compute.invert(pa.array([at == 25 for at in range(72)])))
    pq.write_table(cut, here / "cut.parquet")
    done = bovespa("import", "cut.parquet")
    assert done.returncode == 1
    assert "refused: cut.parquet: IBOV 2025-02-04: there are no footers" in done.stderr
    assert done.stdout.splitlines()[0].startswith("cut.parquet: IBOV, 2 sessions")
    (digest,) = open_lake(str(lake)).raw.rejected()
    assert open_lake(str(lake)).raw.payload(digest) == (here / "cut.parquet").read_bytes()


def test_columns_can_be_named_and_are_remembered(
    bovespa: Run, here: Path, lake: Path, tables: Tables
) -> None:
    """`reparse` reads the payload with the same names."""
    odd = table().rename_columns({"ticker": "a1", "part": "a2"})
    pq.write_table(odd, here / "odd.parquet")
    assert bovespa("import", "odd.parquet").returncode == 1
    assert bovespa("import", "--columns", "ticker=a1, peso=a2", "odd.parquet").returncode == 0
    assert bovespa("refine").returncode == 0
    before = tables(lake)
    shutil.rmtree(lake / "raw/position")
    assert bovespa("reparse").returncode == 0
    assert bovespa("refine", "--rebuild").returncode == 0
    assert tables(lake)["position"] == before["position"]


@pytest.mark.parametrize("columns", ["ticker", "ticker=", "tick=a", "ticker=a,cod=b", "=a", ""])
def test_a_wrong_list_of_columns_is_a_usage_error(bovespa: Run, columns: str) -> None:
    done = bovespa("import", "--columns", columns, "x.parquet")
    assert done.returncode == 2
    assert "FIELD=COLUMN" in done.stderr


def test_what_a_crash_left_is_finished(bovespa: Run, archive: Path, lake: Path) -> None:
    """Some sessions are typed and no manifest names them."""
    assert bovespa("import", archive.name).returncode == 0
    shutil.rmtree(lake / "raw/manifest")
    shutil.rmtree(lake / "raw/position/index_code=SMLL")
    (archive.parent / "other.csv").write_bytes(sample_portfolio("IBXL", DAYS[0]).to_csv())
    assert bovespa("import", "other.csv").returncode == 0
    assert len(open_lake(str(lake)).raw.entries()) == 7


def test_the_index_and_the_date_choose(bovespa: Run, archive: Path, lake: Path) -> None:
    assert (
        bovespa("import", "--index", "SMLL", "--date", "2025-02-04", archive.name).returncode == 0
    )
    assert [
        (each.index_code, each.reference_date) for each in open_lake(str(lake)).raw.entries()
    ] == [("SMLL", DAYS[1])]
    none = bovespa("import", "--index", "IBXL", archive.name)
    assert (none.returncode, "it has no row of IBXL" in none.stderr) == (1, True)


def test_a_download_of_b3_is_a_better_source(bovespa: Run, archive: Path, lake: Path) -> None:
    (archive.parent / "IBOV.csv").write_bytes(IBOV.to_csv())
    assert bovespa("import", archive.name, "IBOV.csv").returncode == 0
    assert bovespa("refine").returncode == 0
    sources = {(code, day): source for code, day, source, _ in sessions(lake)}
    assert sources["IBOV", DAYS[0]] == "import"
    assert sources["IBOV", DAYS[1]] == "import_incomplete"


def test_many_warnings_are_said_once(bovespa: Run, here: Path) -> None:
    pq.write_table(table().drop_columns(["company"]), here / "short.parquet")
    told = bovespa("import", "short.parquet").stderr.splitlines()
    expected = (
        "warning: short.parquet: IBOV 2025-02-03 and 5 more: the company is not said of "
        "every position: its ticker stands for it"
    )
    assert told == [expected]


def test_the_table_of_a_lake_can_be_imported_by_another(
    bovespa: Run, archive: Path, here: Path, lake: Path, tables: Tables
) -> None:
    """The names of our own columns are among those that are known."""
    assert bovespa("import", archive.name).returncode == 0
    assert bovespa("refine").returncode == 0
    first = tables(lake)["position"]
    rows = open_lake(str(lake)).refined_tables.snapshot().read("position")
    pq.write_table(rows, here / "position.parquet")
    shutil.rmtree(lake)
    assert bovespa("import", "position.parquet").returncode == 0
    assert bovespa("refine").returncode == 0
    assert tables(lake)["position"] == first


def test_a_receipt_without_columns_has_no_word_of_them(
    bovespa: Run, archive: Path, lake: Path
) -> None:
    """Notes of older versions and of this one are the same where nothing new is said."""
    assert bovespa("import", archive.name).returncode == 0
    (note,) = (json.loads(path.read_bytes()) for path in lake.glob("raw/receipt/**/*.json"))
    assert (note["source"], "columns" in note) == ("archive", False)


@pytest.mark.parametrize(
    ("name", "lines", "code"),
    [
        ("history_three_sessions.parquet", "IBOV, 3 sessions", 0),
        ("athena_export.csv", "IBOV, 3 sessions", 0),
        ("history_one_session_cut.parquet", "IBOV, 2 sessions", 1),
        ("footers_as_rows.parquet", "IBOV 2025-02-03, 87 positions", 0),
    ],
)
def test_each_case(bovespa: Run, name: str, lines: str, code: int) -> None:
    if not CASES.is_dir():
        pytest.skip("the folder of cases (../shared/cases) is not here")
    done = bovespa("import", "--index", "IBOV", CASES / name)
    assert (done.returncode, lines in done.stdout) == (code, True)
    assert bovespa("refine").returncode == 0
