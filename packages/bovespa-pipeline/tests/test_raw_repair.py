"""A disk breaks files of the raw zone: what comes again heals them, and so does reparse."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.ingest.landing import Landing
from lake_io import Receipt, open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Tables = Callable[[Path], Mapping[str, list[dict[str, Any]]]]
Damage = Callable[[Path], None]

pytestmark = pytest.mark.usefixtures("quick_gate")

FRIDAY, MONDAY = dt.date(2025, 1, 3), dt.date(2025, 1, 6)
EVENING = dt.datetime(2025, 1, 6, 21, tzinfo=dt.UTC)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(bytes(body))


def delete(path: Path) -> None:
    path.unlink()


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


damages = pytest.mark.parametrize(
    "damage",
    [truncate, empty, zero, flip, delete, put_a_folder, put_a_dangling_link],
    ids=lambda damage: damage.__name__,
)


@pytest.fixture
def monday(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, PETR4=4_000_000, VALE3=2_000_000)


@pytest.fixture
def published(portfolio: Make, monday: SamplePortfolio, bovespa: Run, here: Path) -> Path:
    """A lake of two sessions, both published; the file of the second is at hand."""
    (here / "friday.csv").write_bytes(portfolio(FRIDAY, PETR4=4_000_000).to_csv())
    (here / "monday.csv").write_bytes(monday.to_csv())
    bovespa("import", "friday.csv", "monday.csv")
    assert bovespa("refine").returncode == 0
    return here / "lake"


def payload_of(lake: Path, day: dt.date) -> Path:
    entry = next(e for e in open_lake(str(lake)).raw.entries() if e.reference_date == day)
    return lake / "raw" / "payload" / f"{entry.payload_sha256}.gz"


def rows_of(lake: Path, day: dt.date) -> Path:
    (path,) = (lake / "raw" / "position").rglob(f"reference_date={day}/*.parquet")
    return path


@damages
def test_importing_the_file_again_heals_a_damaged_payload(
    published: Path, bovespa: Run, damage: Damage
) -> None:
    """It is held against its hash before it is believed; the broken one is set aside."""
    path = payload_of(published, MONDAY)
    whole = path.read_bytes()
    damage(path)
    assert bovespa("import", "monday.csv").returncode == 0
    assert path.read_bytes() == whole


@damages
def test_importing_the_file_again_heals_damaged_rows(
    published: Path, bovespa: Run, tables: Tables, damage: Damage
) -> None:
    before = tables(published)
    damage(rows_of(published, MONDAY))
    assert bovespa("import", "monday.csv").returncode == 0
    assert bovespa("refine").returncode == 0
    assert bovespa("refine", "--rebuild").returncode == 0
    assert tables(published) == before


@damages
def test_reparse_heals_rows_from_a_whole_payload(
    published: Path, bovespa: Run, tables: Tables, damage: Damage
) -> None:
    """Source and time are those of the first coming, whatever was lost."""
    path = rows_of(published, MONDAY)
    raw = open_lake(str(published)).raw
    keys = sorted(raw.entries().values())
    rows, before = raw.read(keys).rows, tables(published)
    damage(path)
    result = bovespa("reparse")
    assert (result.returncode, result.stderr) == (0, "")
    assert raw.read(keys).rows == rows
    assert bovespa("refine").returncode == 0
    assert tables(published) == before


def test_reparse_names_a_payload_that_is_damaged_too(published: Path, bovespa: Run) -> None:
    """Repair restores what the rest holds, reports what is lost, and invents nothing."""
    truncate(rows_of(published, MONDAY))
    truncate(payload_of(published, MONDAY))
    result = bovespa("reparse")
    assert result.returncode == 1
    assert "refused: IBOV 2025-01-06: raw/payload/" in result.stderr
    assert "is damaged" in result.stderr


def test_what_was_damaged_is_set_aside_and_not_deleted(published: Path, bovespa: Run) -> None:
    path = payload_of(published, MONDAY)
    path.write_bytes(b"broken")
    bovespa("import", "monday.csv")
    (aside,) = (published / "raw" / "damaged" / "payload").iterdir()
    assert aside.read_bytes() == b"broken"


@damages
def test_what_was_known_is_not_told_without_rows_that_were_damaged(
    published: Path, bovespa: Run, damage: Damage
) -> None:
    """An earlier session in their place would be wrong without a word."""
    whole = bovespa("members", "IBOV", "--known-at", "2027-01-01").stdout
    damage(rows_of(published, MONDAY))
    result = bovespa("members", "IBOV", "--known-at", "2027-01-01")
    if damage is flip and result.returncode == 0:  # a bit of the file's own description
        assert result.stdout == whole
        return
    assert result.returncode == 3
    assert "2025-01-06" in result.stderr
    assert result.stdout == ""


def test_an_answer_whose_rows_a_crash_prevented_is_typed_by_the_next_capture(
    monday: SamplePortfolio, bovespa: Run, lake: Path
) -> None:
    """Its payload says of no index that it is its own: the receipt does."""
    raw = open_lake(str(lake)).raw
    now = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
    body = monday.to_json(segment="2", page_size=9999)
    raw.store_payload(body, receipt=Receipt("IBOV", "capture", now, index_code="IBOV"))
    with Exchange([], today=MONDAY) as exchange:
        bovespa("capture", "SMLL", "--source", exchange.url)
    (key,) = raw.entries().values()
    first = raw.first_sighting(key)
    assert first is not None
    assert (key.entry.index_code, first.source, first.seen_at) == ("IBOV", "capture", now)
    assert len(list((lake / "raw" / "manifest").iterdir())) == 1


def test_reparse_finishes_what_a_crash_left_long_ago(
    monday: SamplePortfolio, bovespa: Run, lake: Path
) -> None:
    raw = open_lake(str(lake)).raw
    receipt = Receipt("IBOV", "capture", EVENING, index_code="IBOV")
    raw.store_payload(monday.to_json(segment="2", page_size=9999), receipt=receipt)
    assert bovespa("reparse").returncode == 0
    assert [entry.index_code for entry in raw.entries()] == ["IBOV"]


def test_a_receipt_without_its_payload_hinders_nothing(
    monday: SamplePortfolio, bovespa: Run, lake: Path
) -> None:
    """The crash came between them: the payload was never there."""
    raw = open_lake(str(lake)).raw
    now = dt.datetime(2026, 3, 2, 20, tzinfo=dt.UTC)
    raw.write_receipt("a" * 64, Receipt("IBOV", "capture", now, index_code="IBOV"))
    with Exchange([monday], today=MONDAY) as exchange:
        assert bovespa("capture", "IBOV", "--source", exchange.url).returncode == 0
    assert bovespa("reparse").returncode == 0


def test_every_landed_payload_has_its_receipt_first(
    monday: SamplePortfolio, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash after any write leaves what the next run needs."""
    raw = open_lake(str(lake)).raw
    written: list[str] = []
    put = raw._store.put
    monkeypatch.setattr(
        raw._store, "put", lambda key, body: written.append(key.split("/")[1]) or put(key, body)
    )
    from b3_scraper import parse_portfolio

    body = monday.to_json(segment="2", page_size=9999)
    landing = Landing(raw, lambda: EVENING)
    receipt = Receipt("IBOV", "capture", EVENING, index_code="IBOV")
    landing.land(receipt, parse_portfolio(body, index="IBOV"))
    landing.write_manifest()
    assert written == ["receipt", "payload", "position", "manifest"]


def test_a_lake_without_receipts_is_healed_by_its_manifests(
    published: Path, bovespa: Run, tables: Tables
) -> None:
    """One made before there were any: index, session and time are in the manifest."""
    before = tables(published)
    shutil.rmtree(published / "raw" / "receipt")
    rows_of(published, MONDAY).unlink()
    assert bovespa("reparse").returncode == 0
    assert bovespa("refine").returncode == 0
    assert tables(published) == before
