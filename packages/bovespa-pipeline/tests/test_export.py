"""Exports: a lake given away, opened with other people's programs, the same bytes every time."""

import csv
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import frictionless
import pandas as pd
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import yaml

from b3_contracts.backends import arrow
from b3_contracts.specification import REFINED
from bovespa_pipeline.cli.check import FORMS
from bovespa_pipeline.cli.export import FORMATS as OFFERED
from bovespa_pipeline.cli.options import PICTURES
from bovespa_pipeline.export.release import FORMATS
from bovespa_pipeline.health import webhook
from bovespa_pipeline.plot import render
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Tree = Callable[[Path], Mapping[str, str]]

TABLES = (*REFINED, "session_source")
SAME = [part for name in FORMATS if name != "duckdb" for part in ("--format", name)]


@pytest.fixture(scope="module")
def exported(sample_lake: Path, bovespa: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's lake in every format, and the weights of IBOV side by side."""
    target = tmp_path_factory.mktemp("export") / "release's folder"
    every = [part for name in FORMATS for part in ("--format", name)]
    done = bovespa("export", target, "--lake", sample_lake, "--wide", "ibov", *every)
    assert (done.returncode, done.stdout) == (
        0,
        f"{target}: 16 sessions from 2024-12-11 to 2025-08-26\n",
    )
    return target


def test_each_format_is_offered() -> None:
    """Commands repeat the names, so that their help imports nothing heavy."""
    assert OFFERED == FORMATS
    assert FORMS == webhook.FORMS
    assert PICTURES == render.FORMATS


def test_the_same_lake_gives_the_same_bytes(
    sample_lake: Path, bovespa: Run, here: Path, tree: Tree
) -> None:
    """Also of a lake whose rows were published in another order, by another run."""
    shutil.copytree(sample_lake, here / "lake")
    lake = ("--lake", here / "lake")
    assert bovespa("refine", "--rebuild", *lake).returncode == 0
    for target in ("first", "second"):
        assert bovespa("export", target, *lake, "--wide", "IBOV", *SAME).returncode == 0
    assert tree(here / "first") == tree(here / "second")
    assert bovespa("refine", "--rebuild", *lake).returncode == 0
    assert bovespa("export", "third", *lake, "--wide", "IBOV", *SAME).returncode == 0
    other = {
        name
        for name, digest in tree(here / "third").items()
        if tree(here / "first").get(name) != digest
    }
    assert {name for name in other if "quality_result" not in name} == {
        "SHA256SUMS",
        "b3-index-portfolios.sqlite",
        "datapackage.json",
    }  # they hold the findings of another run


@pytest.mark.parametrize("name", TABLES)
def test_parquet_has_the_contracts_types_and_every_row(
    exported: Path, sample_lake: Path, name: str
) -> None:
    table = pq.read_table(exported / f"data/{name}.parquet")
    if name in REFINED:
        assert table.schema.equals(arrow.schema(REFINED[name]))
        published = open_lake(str(sample_lake)).refined_tables.snapshot().read(name)
        assert sorted(map(repr, table.to_pylist())) == sorted(map(repr, published.to_pylist()))
    assert table.num_rows > 0


@pytest.mark.parametrize("name", TABLES)
def test_every_format_holds_the_same_rows(exported: Path, name: str) -> None:
    table = pq.read_table(exported / f"data/{name}.parquet")
    types = {field.name: field.type for field in table.schema}
    options = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    text = pa_csv.read_csv(exported / f"data/{name}.csv", convert_options=options)
    assert text.cast(table.schema) == table
    with duckdb.connect(str(exported / "b3-index-portfolios.duckdb"), read_only=True) as database:
        rows = database.table(name).to_arrow_table()
        assert rows.cast(table.schema) == table
    with sqlite3.connect(exported / "b3-index-portfolios.sqlite") as database:
        cursor = database.execute(f'select * from "{name}"')  # noqa: S608 - our own name
        assert [column[0] for column in cursor.description] == table.column_names
        assert len(cursor.fetchall()) == table.num_rows


def test_sqlite_keeps_every_digit(exported: Path) -> None:
    with sqlite3.connect(exported / "b3-index-portfolios.sqlite") as database:
        (row,) = database.execute(
            "select weight_pct, theoretical_quantity, ex_rights from position "
            "where index_code = 'IBOV' and reference_date = '2025-01-06' and ticker = 'ABEV3'"
        )
        assert row == ("2.580", 4_394_835_131, "EDJ")


def test_pandas_reads_it(exported: Path) -> None:
    position = pd.read_csv(exported / "data/position.csv", parse_dates=["reference_date"])
    day = position[(position.index_code == "IBOV") & (position.reference_date == "2025-01-06")]
    assert (len(day), round(day.weight_pct.sum(), 3)) == (87, 100)


def test_frictionless_finds_what_the_descriptor_says(exported: Path) -> None:
    """Types, limits and keys of every table, the size and the hash of every file."""
    package = json.loads((exported / "datapackage.json").read_text("utf-8"))
    for resource in package["resources"]:
        body = (exported / resource["path"]).read_bytes()
        assert resource["bytes"] == len(body)
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
    texts = [each for each in package["resources"] if each["format"] == "csv"]
    assert len(texts) == len(TABLES) + 1
    described = {**package, "resources": texts}
    report = frictionless.Package.from_descriptor(described, basepath=str(exported)).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]
    (position,) = (each for each in texts if each["name"] == "position-csv")
    fields = {each["name"]: each for each in position["schema"]["fields"]}
    assert fields["weight_pct"]["unit"] == "%"
    assert fields["weight_pct"]["constraints"] == {"required": True, "minimum": 0, "maximum": 100}
    assert position["schema"]["primaryKey"] == ["index_code", "reference_date", "ticker"]


def test_the_weights_side_by_side(exported: Path) -> None:
    """A row per session, a column per ticker, nothing where a security was not in."""
    with (exported / "wide/IBOV-weights.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["reference_date"] for row in rows][:2] == ["2024-12-11", "2024-12-13"]
    assert list(rows[0])[1:] == sorted(list(rows[0])[1:])
    assert [row["AMOB3"] for row in rows[:3]] == ["", "", "0.010"]
    for row in rows:
        weights = [
            Decimal(value) for name, value in row.items() if name != "reference_date" and value
        ]
        assert sum(weights) == 100


def test_qlib_finds_the_membership_periods(exported: Path) -> None:
    """Ticker, first and last day, parted by tabs, in a file named after the index."""
    lines = (exported / "qlib/instruments/ibov.txt").read_text("utf-8").splitlines()
    assert "ALPA4\t2024-12-11\t2024-12-30" in lines
    assert "PSSA3\t2025-01-06\t2025-02-14" in lines
    frame = pd.read_csv(
        exported / "qlib/instruments/ibov.txt", sep="\t", names=["symbol", "start", "end"]
    )  # as qlib reads it
    assert (pd.to_datetime(frame.end) >= pd.to_datetime(frame.start)).all()


def test_the_checksums_are_of_every_other_file(exported: Path) -> None:
    lines = (exported / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {path.relative_to(exported).as_posix(): path for path in exported.rglob("*.*")}
    assert listed.keys() == {name for name, path in files.items() if path.is_file()}
    for name, digest in listed.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("name", "counts"), [("README.md", "1,469 positions"), ("README.pt-BR.md", "1.469 posições")]
)
def test_the_readmes_say_what_is_in_it(exported: Path, name: str, counts: str) -> None:
    text = (exported / name).read_text("utf-8")
    assert "$" not in text
    assert counts in text
    assert "| IBOV | 15 | 2024-12-11 | 2025-02-14 |" in text
    assert "| `capture` | 16 |" in text
    assert all(f"`data/{table}.parquet`" in text for table in TABLES)
    query = text.partition("```sql\n")[2].partition("```")[0]
    with duckdb.connect() as database:
        database.execute(f"set file_search_path = '{str(exported).replace(chr(39), chr(39) * 2)}'")
        assert len(database.execute(query).fetchall()) == 87


def test_the_citation_is_one(exported: Path) -> None:
    cited = yaml.safe_load((exported / "CITATION.cff").read_text("utf-8"))
    assert (cited["cff-version"], cited["type"], cited["version"]) == (
        "1.2.0",
        "dataset",
        "2025-08-26",
    )
    assert cited["authors"][0]["name"].startswith("B3 S.A.")


def test_only_an_earlier_export_is_replaced(sample_lake: Path, bovespa: Run, here: Path) -> None:
    lake = ("--lake", sample_lake)
    (here / "mine").mkdir()
    (here / "mine/thesis.txt").write_text("years of work")
    done = bovespa("export", "mine", *lake)
    assert (done.returncode, "is no earlier export" in done.stderr) == (2, True)
    assert (here / "mine/thesis.txt").read_text() == "years of work"
    (here / "file").touch()
    assert bovespa("export", "file", *lake).returncode == 2
    assert bovespa("export", "file/below", *lake).returncode == 2
    (here / "empty").mkdir()
    assert bovespa("export", "empty", *lake, "--format", "csv").returncode == 0
    assert bovespa("export", "empty", *lake, "--format", "parquet").returncode == 0
    assert not list(here.glob("empty/data/*.csv"))
    assert sorted(path.name for path in here.iterdir()) == ["empty", "file", "mine"]


def test_a_lake_without_portfolios_has_nothing_to_give(bovespa: Run, here: Path) -> None:
    open_lake(str(here / "lake"))
    done = bovespa("export", "out")
    assert (done.returncode, "nothing is published yet" in done.stderr) == (2, True)
    assert bovespa("export", "out", "--lake", "nowhere").returncode == 2
    assert not (here / "out").exists()


def test_an_index_that_is_not_there_is_told_before_anything_is_written(
    sample_lake: Path, bovespa: Run, here: Path
) -> None:
    done = bovespa("export", "out", "--lake", sample_lake, "--wide", "SMLL")
    assert (done.returncode, "the lake holds no SMLL" in done.stderr) == (2, True)
    assert not list(here.iterdir())


def test_an_interrupt_leaves_nothing_behind(
    sample_lake: Path, bovespa: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bovespa_pipeline.export.release.checksums", stop)
    assert bovespa("export", "out", "--lake", sample_lake).returncode == 130
    assert not list(here.iterdir())


def test_an_export_of_what_was_known_at_a_time(sample_lake: Path, bovespa: Run, here: Path) -> None:
    known = ("--known-at", "2024-12-20", "--format", "csv")
    assert bovespa("export", "out", "--lake", sample_lake, *known).returncode == 0
    assert "2024-12-11 to 2024-12-16" in (here / "out/README.md").read_text("utf-8")
