"""The raw zone keeps what it is given, once, and tells what it can no longer read."""

import datetime as dt
import errno
import hashlib
import os
import threading
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry, RawPositionKey
from lake_io import LakeDamaged, LakeUnreachable, LocalStore, NotInLake, RawZone, Receipt
from lake_io.storage.local.scratch import clear_stale

NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
MONDAY = dt.date(2025, 1, 6)


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below `root` with its bytes and the time it was written."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def file_of(root: Path, entry: RawEntry) -> Path:
    (found,) = root.rglob(f"{entry.payload_sha256}.p*.parquet")
    return found


def test_a_payload_is_found_by_its_hash(raw: RawZone) -> None:
    """Byte for byte, the empty one too."""
    for body in (b"", b"\x00\xff\r\n", b"x" * 100_000):
        digest = raw.store_payload(body)
        assert digest == hashlib.sha256(body).hexdigest()
        assert raw.payload(digest) == body


def test_keeping_the_same_again_writes_nothing(
    raw: RawZone, tmp_path: Path, factories: ModuleType
) -> None:
    """Payload, rows, manifest, refusal, withdrawal and reference: each once."""

    def keep_all() -> RawEntry:
        raw.store_payload(b"one", b"two")
        entry, _ = raw.land(factories.raw_rows())
        raw.write_manifest([entry], NOON)
        raw.reject("b" * 64, "file.csv", "no title", NOON)
        raw.withdraw(entry, "wrong", NOON)
        raw.store_reference(MONDAY, "stock-index", b"{}")
        return entry

    entry = keep_all()
    before = files(tmp_path)
    assert keep_all() == entry
    assert files(tmp_path) == before
    assert not raw.land(factories.raw_rows())[1]
    assert not raw.store_reference(MONDAY, "stock-index", b"{}")


def test_an_answer_of_several_pages_is_found_page_by_page(raw: RawZone) -> None:
    """Its hash is that of the list of its pages' hashes, which is kept like a payload."""
    digest = raw.store_payload(b"page 1", b"page 2", b"page 1")
    pages = raw.payload(digest).decode().splitlines()
    assert [raw.payload(page) for page in pages] == [b"page 1", b"page 2", b"page 1"]


def test_a_damaged_payload_keeps_its_name_until_the_whole_one_takes_it(
    raw: RawZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in between leaves the damaged object, never none."""
    digest = raw.store_payload(b"as B3 sent it")
    (path,) = tmp_path.rglob(f"{digest}.gz")
    path.write_bytes(b"damaged")

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(LakeUnreachable, match="Input/output error"):
            raw.store_payload(b"as B3 sent it")
    assert path.read_bytes() == b"damaged"
    raw.store_payload(b"as B3 sent it")
    assert raw.payload(digest) == b"as B3 sent it"
    (damaged,) = (tmp_path / "raw" / "damaged").rglob("*.*")
    assert damaged.read_bytes() == b"damaged"


def test_a_damaged_payload_is_told_and_not_handed_out(raw: RawZone, tmp_path: Path) -> None:
    """Cut, overwritten, or another payload under its name."""
    digest = raw.store_payload(b"as B3 sent it")
    (path,) = (tmp_path / "raw" / "payload").iterdir()
    other = (tmp_path / "raw" / "payload" / f"{raw.store_payload(b'other')}.gz").read_bytes()
    for damaged in (path.read_bytes()[:-3], b"no gzip", b"", other):
        path.write_bytes(damaged)
        with pytest.raises(LakeDamaged, match="is damaged"):
            raw.payload(digest)


def test_a_payload_that_is_not_there_is_not_in_the_lake(raw: RawZone) -> None:
    """A hash that is none is refused before."""
    with pytest.raises(NotInLake):
        raw.payload("c" * 64)
    with pytest.raises(ContractError):
        raw.payload("../../etc/passwd")


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../out", "raw/../../out", "raw/a\0b"])
def test_no_key_leads_out_of_the_lake(tmp_path: Path, key: str) -> None:
    """The store refuses it whoever made it."""
    store = LocalStore(tmp_path / "lake")
    with pytest.raises(ContractError):
        store.put(key, b"x")
    with pytest.raises(ContractError):
        store.get(key)
    assert not list(tmp_path.rglob("out"))


def test_a_half_written_object_never_carries_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash while writing leaves the key free; the next put succeeds."""
    store = LocalStore(tmp_path)

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        store.put("raw/x", b"whole")
    monkeypatch.undo()
    assert not (tmp_path / "raw" / "x").exists()
    assert store.put("raw/x", b"whole")
    assert store.get("raw/x") == b"whole"


class Overtaken(LocalStore):
    """Another writer gives the key its object between the look and the write."""

    def _write(self, target: Path, body: bytes) -> bool:
        LocalStore(self.root).put(target.relative_to(self.root).as_posix(), b"first")
        return super()._write(target, body)


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_two_writers_of_a_key_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    """The second saw no object when it began; with hard links and without."""
    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", no_hard_links)
    store = Overtaken(tmp_path)
    assert not store.put("raw/x", b"second")
    assert store.get("raw/x") == b"first"


def no_hard_links(path: Path, target: Path) -> None:
    """Error of some network and FUSE file systems."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(target), None, str(path))


def test_a_file_system_without_hard_links_holds_a_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object is renamed into its place; no scratch of it stays."""
    monkeypatch.setattr(Path, "hardlink_to", no_hard_links)
    store = LocalStore(tmp_path)
    assert store.put("raw/x", b"whole")
    assert not store.put("raw/x", b"other")
    assert store.get("raw/x") == b"whole"
    clear_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_place_that_cannot_be_written_or_listed_is_unreachable(tmp_path: Path) -> None:
    """A file where a folder should be is not an empty folder."""
    (tmp_path / "raw").write_text("in the way")
    store = LocalStore(tmp_path)
    with pytest.raises(LakeUnreachable):
        store.put("raw/x", b"")
    with pytest.raises(LakeUnreachable):
        list(store.keys("raw/position/"))
    assert list(store.keys("elsewhere/")) == []


def test_landed_rows_are_read_back(raw: RawZone, factories: ModuleType) -> None:
    """With the contract's exact types, several entries in one table."""
    one, two = factories.raw_rows(), factories.raw_rows("SMLL", payload="b" * 64)
    entries = [raw.land(rows)[0] for rows in (one, two)]
    read = raw.read([raw.entries()[entry] for entry in entries])
    assert read.rows == pa.concat_tables([one, two])
    assert not read.broken


class Together(LocalStore):
    """Hands out nothing before as many have asked as it says it can serve at once."""

    gets_at_once = 3

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._all_asked = threading.Barrier(self.gets_at_once, timeout=20)

    def get(self, key: str) -> bytes:
        self._all_asked.wait()
        return super().get(key)


def test_a_store_is_asked_for_as_many_objects_at_once_as_it_serves(
    tmp_path: Path, factories: ModuleType
) -> None:
    """And the rows still come in the order asked for."""
    raw = RawZone(Together(tmp_path))
    days = [MONDAY + dt.timedelta(days) for days in range(3)]
    for day in days:
        raw.land(factories.raw_rows(reference_date=day))
    found = raw.read(sorted(raw.entries().values(), reverse=True)).rows
    assert found["reference_date"].unique().to_pylist() == days[::-1]


def test_reading_nothing_gives_an_empty_table(raw: RawZone, factories: ModuleType) -> None:
    """Of the contract's schema."""
    assert raw.read([]).rows == factories.raw_rows().slice(0, 0)
    assert raw.entries() == {}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("index_code", "SMLL"),
        ("reference_date", dt.date(2025, 1, 7)),
        ("payload_sha256", "b" * 64),
        ("parser_revision", 2),
    ],
)
def test_rows_of_two_entries_are_refused(
    raw: RawZone, factories: ModuleType, name: str, other: object
) -> None:
    """One payload, one session of one index, read by one parser: nothing is written else."""
    rows = factories.raw_rows()
    changed = [rows[name][0].as_py(), other]
    mixed = rows.set_column(
        rows.column_names.index(name), rows.schema.field(name), pa.array(changed, rows[name].type)
    )
    with pytest.raises(ContractError, match="must be one entry, not 2"):
        raw.land(mixed)
    assert raw.entries() == {}


def test_no_rows_and_broken_rows_are_refused(raw: RawZone, factories: ModuleType) -> None:
    """A contract is checked before anything is written."""
    with pytest.raises(ContractError, match="not 0"):
        raw.land(factories.raw_rows().slice(0, 0))
    with pytest.raises(ContractError, match="theoretical_quantity"):
        raw.land(factories.raw_rows(quantity=-1))
    assert raw.entries() == {}


def test_the_highest_parser_revision_speaks(raw: RawZone, factories: ModuleType) -> None:
    """Ten comes after nine; the older rows stay where they are."""
    for revision in (9, 10, 2):
        entry, is_new = raw.land(factories.raw_rows(revision=revision, quantity=revision))
        assert is_new
    key = raw.entries()[entry]
    assert key == RawPositionKey(entry, 10)
    assert set(raw.read([key]).rows["theoretical_quantity"].to_pylist()) == {10}


def test_foreign_files_are_no_entries(raw: RawZone, tmp_path: Path, factories: ModuleType) -> None:
    """Files left behind by file managers and editors."""
    entry, _ = raw.land(factories.raw_rows())
    folder = file_of(tmp_path, entry).parent
    for name in (".DS_Store", f"{'a' * 64}.p1.parquet.tmp", f"{'a' * 64}.p0.parquet"):
        (folder / name).write_text("?")
    (tmp_path / "raw" / "position" / "notes.txt").write_text("?")
    assert set(raw.entries()) == {entry}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def garble(path: Path) -> None:
    """One bit in the middle of the first column's page."""
    body = bytearray(path.read_bytes())
    place = pq.ParquetFile(path).metadata.row_group(0).column(2)
    body[place.data_page_offset + place.total_compressed_size // 2] ^= 1
    path.write_bytes(bytes(body))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lose_a_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["company"]), path)


def break_a_rule(path: Path) -> None:
    table = pq.read_table(path)
    place = table.column_names.index("weight_pct")
    bad = pa.array([Decimal("200.000")] * table.num_rows, table["weight_pct"].type)
    pq.write_table(table.set_column(place, table.schema.field(place), bad), path)


def relabel(path: Path) -> None:
    """The rows of another session under this one's name."""
    table = pq.read_table(path)
    place = table.column_names.index("reference_date")
    other = pa.array([dt.date(2020, 1, 6)] * table.num_rows, pa.date32())
    pq.write_table(table.set_column(place, table.schema.field(place), other), path)


@pytest.mark.parametrize(
    "damage", [cut, garble, empty, lose_a_column, break_a_rule, relabel], ids=lambda f: f.__name__
)
def test_a_damaged_file_breaks_its_own_entry_alone(
    raw: RawZone, tmp_path: Path, factories: ModuleType, damage: object
) -> None:
    """The others are read; the broken one says which file, and why."""
    good, _ = raw.land(factories.raw_rows())
    bad, _ = raw.land(factories.raw_rows("SMLL", payload="b" * 64))
    damage(file_of(tmp_path, bad))
    read = raw.read([raw.entries()[entry] for entry in (bad, good)])
    assert read.rows == factories.raw_rows()
    assert list(read.broken) == [bad]
    assert isinstance(read.broken[bad], ContractError)


def test_a_file_under_another_revisions_name_is_broken(
    raw: RawZone, tmp_path: Path, factories: ModuleType
) -> None:
    """It would speak for a parser that never read the payload."""
    entry, _ = raw.land(factories.raw_rows(revision=1))
    path = file_of(tmp_path, entry)
    path.rename(path.with_name(path.name.replace(".p1.", ".p7.")))
    assert list(raw.read([raw.entries()[entry]]).broken) == [entry]


def test_a_time_without_a_zone_is_refused(raw: RawZone, factories: ModuleType) -> None:
    """Such a key has no order."""
    entry, _ = raw.land(factories.raw_rows())
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ContractError, match="time zone"):
        raw.withdraw(entry, "wrong", naive)
    with pytest.raises(ContractError, match="time zone"):
        raw.reject("b" * 64, "file.csv", "no title", naive)
    with pytest.raises(ContractError, match="time zone"):
        raw.write_manifest([entry], naive)


def test_rejected_payloads_are_listed(raw: RawZone) -> None:
    """By hash, sorted; the first reason stays."""
    for digest in ("b" * 64, "a" * 64):
        raw.reject(digest, "file.csv", "no title", NOON)
    assert raw.rejected() == ("a" * 64, "b" * 64)


def test_a_damaged_receipt_is_as_if_it_were_not_there(raw: RawZone, tmp_path: Path) -> None:
    raw.write_receipt("a" * 64, Receipt("a.csv", "import", NOON))
    raw.write_receipt("b" * 64, Receipt("b.csv", "import", NOON))
    for file in tmp_path.rglob(f"*{'a' * 64}*"):
        file.write_bytes(b"")
    assert list(raw.receipts()) == ["b" * 64]


@given(st.binary(max_size=200))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    """Whatever B3 may answer."""
    raw = RawZone(LocalStore(tmp_path_factory.mktemp("raw")))
    assert raw.payload(raw.store_payload(body)) == body
