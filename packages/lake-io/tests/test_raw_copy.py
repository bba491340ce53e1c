"""A copy of a raw zone: whole, in an order that readers can rely on, and nothing overwritten."""

import datetime as dt
import gzip
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from b3_contracts.layout import RawEntry, Sighting, payload_key, withdrawn_key
from lake_io import (
    CopyState,
    LakeUnreachable,
    LocalStore,
    RawCopy,
    RawZone,
    Receipt,
    Store,
    are_nested,
    open_store,
)
from lake_io.testing import MemoryStore

NOON = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
SEEN = NOON + dt.timedelta(days=30)
LISTED = (b"page 1", b"page 2")
KINDS = [
    "receipt",
    "reference",
    "payload",
    "rejected",
    "withdrawn",
    "sighting",
    "position",
    "preview",
    "manifest",
    "damaged",
]


@pytest.fixture
def source(factories: ModuleType) -> MemoryStore:
    """A raw zone with an object of every kind that its writers write."""
    store = MemoryStore()
    raw = RawZone(store)
    raw.store_payload(*LISTED, receipt=Receipt("a.csv", "import", NOON))
    entry, _ = raw.land(factories.raw_rows())
    raw.write_sighting(entry, Sighting("capture", SEEN))
    raw.write_manifest([entry], NOON)
    raw.reject("b" * 64, "file.csv", "no title", NOON)
    raw.withdraw(entry, "wrong", NOON)
    raw.reinstate(entry, "right after all", SEEN)
    raw.store_reference(NOON.date(), "stock-index", b"{}")
    store.objects["raw/damaged/payload/x.gz.0123"] = b"what a disk broke"
    return store


@pytest.fixture(params=["folder to folder", "folder to S3", "S3 to S3", "S3 to folder"])
def places(request: pytest.FixtureRequest, tmp_path: Path, account: Any) -> tuple[str, str]:
    """The URIs of a source and a target."""
    origin, _, target = request.param.partition(" to ")
    buckets = {"folder": tmp_path / "one", "S3": account.make_bucket("one")}
    targets = {"folder": tmp_path / "two", "S3": f"{account.make_bucket('two')}/a/prefix"}
    return str(buckets[origin]), str(targets[target])


def copied(source: Store, target: Store, **options: Any) -> Counter[str]:
    return Counter(each.state.value for each in RawCopy(source, target, **options).run())


def filled(uri: str, source: MemoryStore) -> Store:
    store = open_store(uri)
    for key, body in source.objects.items():
        store.put(key, body)
    return store


def objects(store: Store) -> dict[str, bytes]:
    return {key: store.get(key) for key in store.keys("raw/")}


def entry_of(source: MemoryStore) -> RawEntry:
    (entry,) = RawZone(source).entries()
    return entry


def test_a_copy_is_the_same_and_a_second_one_writes_nothing(
    source: MemoryStore, places: tuple[str, str]
) -> None:
    """Between folders, buckets and prefixes of buckets."""
    total = len(source.objects)
    origin, target = filled(places[0], source), open_store(places[1])
    assert copied(origin, target) == {"copied": total}
    assert objects(target) == source.objects
    assert copied(origin, target) == {"present": total}


def test_every_write_to_s3_is_conditional(source: MemoryStore, account: Any) -> None:
    """The bucket's policy denies any other below raw/."""
    from lake_io.storage.s3 import aws

    headers: list[object] = []
    target = open_store(account.make_bucket())
    aws.s3().meta.events.register(
        "before-send.s3.PutObject",
        lambda request, **_: headers.append(request.headers["If-None-Match"]),
    )
    copied(source, target)
    assert [bytes(header) for header in headers] == [b"*"] * len(source.objects)


def test_a_copy_needs_no_rights_but_to_list_read_and_add(source: MemoryStore, account: Any) -> None:
    """As the capture's role has them."""
    origin = filled(account.make_bucket("one"), source)
    target = open_store(account.make_bucket("two"))
    copied(origin, target)
    copied(origin, target)
    assert account.asked == {"s3:ListBucket raw/", "s3:GetObject raw/", "s3:PutObject raw/"}


class Recording(MemoryStore):
    """A store that notes the keys it is given, one at a time, and may fail at one."""

    def __init__(self, fails_at: int | None = None) -> None:
        super().__init__()
        self.put_keys: list[str] = []
        self.fails_at = fails_at

    def put(self, key: str, body: bytes) -> bool:
        if len(self.put_keys) == self.fails_at:
            raise LakeUnreachable("no space left on device")
        self.put_keys.append(key)
        return super().put(key, body)


def test_what_others_rely_on_is_copied_first(source: MemoryStore) -> None:
    """Receipts before payloads, pages before their list, rows before manifests."""
    target = Recording()
    copied(source, target)
    kinds = [key.split("/")[1] for key in target.put_keys]
    assert sorted(kinds, key=KINDS.index) == kinds
    (listed,) = [key for key in source.objects if is_list(source, key)]
    payloads = [key for key in target.put_keys if key.startswith("raw/payload/")]
    assert payloads.index(listed) == len(payloads) - 1


def is_list(store: MemoryStore, key: str) -> bool:
    body = store.objects[key]
    return key.startswith("raw/payload/") and gzip.decompress(body).count(b"\n") == len(LISTED)


class CapturedWhileListed(MemoryStore):
    """A source to which a capture adds an entry after so many listings."""

    def __init__(self, factories: ModuleType, after: int) -> None:
        super().__init__()
        self._rows = factories.raw_rows()
        self._left = after

    def keys(self, prefix: str) -> Iterator[str]:
        listed = list(super().keys(prefix))
        self._left -= 1
        if self._left == 0:
            raw = RawZone(MemoryStore(self.objects))
            entry, _ = raw.land(self._rows)
            raw.write_manifest([entry], NOON)
        return iter(listed)


@pytest.mark.parametrize("after", range(1, len(KINDS) + 1))
def test_a_capture_meanwhile_leaves_no_manifest_without_its_rows(
    factories: ModuleType, after: int
) -> None:
    """Whichever folder was listed last before it came; the next copy brings the rest."""
    source, target = CapturedWhileListed(factories, after), MemoryStore()
    copied(source, target)
    entries = RawZone(target).entries()
    assert all(set(manifest.entries) <= set(entries) for manifest in RawZone(target).manifests())
    copied(source, target)
    assert target.objects == source.objects


@pytest.mark.parametrize("after", range(0, 12, 3))
def test_an_interrupted_copy_continues(source: MemoryStore, after: int) -> None:
    """Nothing is written twice, and in the end all is there."""
    target = Recording(fails_at=after)
    with pytest.raises(LakeUnreachable):
        copied(source, target)
    target.fails_at = None
    outcome = copied(source, target)
    assert (outcome["present"], outcome["copied"]) == (after, len(source.objects) - after)
    assert target.objects == source.objects
    assert len(target.put_keys) == len(source.objects)


def test_two_copies_at_once_are_harmless(source: MemoryStore, tmp_path: Path) -> None:
    """Each object is written by one of them, whole, and neither fails."""
    target = LocalStore(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(copied, source, LocalStore(tmp_path)) for _ in range(4)]
        outcomes = [each.result() for each in work]
    total = sum(outcomes, Counter[str]())
    assert total == {"copied": len(source.objects), "present": 3 * len(source.objects)}
    assert objects(target) == source.objects


def test_a_dry_run_counts_and_writes_nothing(source: MemoryStore) -> None:
    target = Recording(fails_at=0)
    assert copied(source, target, dry_run=True) == {"copied": len(source.objects)}
    assert target.objects == {}


def test_an_object_that_differs_is_named_and_kept(source: MemoryStore) -> None:
    """The others are copied."""
    (key,) = [key for key in source.objects if key.startswith("raw/manifest/")]
    target = MemoryStore({key: b"another capture's"})
    outcomes = {each.key: each for each in RawCopy(source, target).run()}
    assert outcomes[key].state is CopyState.DIFFERS
    assert target.objects == {**source.objects, key: b"another capture's"}


@pytest.mark.parametrize(
    ("side", "state", "reason"),
    [
        ("source", CopyState.DAMAGED, "is damaged"),
        ("target", CopyState.DIFFERS, "the target has damaged content, which is kept"),
    ],
)
def test_the_damaged_one_of_two_objects_is_named(
    source: MemoryStore, side: str, state: CopyState, reason: str
) -> None:
    """The other side is whole, and neither is changed."""
    target = MemoryStore(dict(source.objects))
    key = next(key for key in source.objects if key.startswith("raw/payload/"))
    damaged = source if side == "source" else target
    damaged.objects[key] = b"damaged"
    before = dict(target.objects)
    (outcome,) = [each for each in RawCopy(source, target).run() if each.is_failure]
    assert (outcome.key, outcome.state, reason in outcome.reason) == (key, state, True)
    assert target.objects == before


def test_a_payload_packed_by_another_zlib_is_the_same(source: MemoryStore) -> None:
    """Its key is the hash of its content."""
    key = next(key for key in source.objects if key.startswith("raw/payload/"))
    body = gzip.compress(gzip.decompress(source.objects[key]), compresslevel=0, mtime=0)
    target = MemoryStore({key: body})
    assert copied(source, target)["differs"] == 0
    assert target.objects[key] == body


@pytest.mark.parametrize("kind", ["payload", "position", "manifest", "receipt", "withdrawn"])
def test_a_damaged_object_of_the_source_is_named_and_not_copied(
    source: MemoryStore, kind: str
) -> None:
    """In the target it could never be replaced."""
    key = next(key for key in source.objects if key.startswith(f"raw/{kind}/"))
    source.objects[key] = b"damaged"
    target = MemoryStore()
    damaged = [each for each in RawCopy(source, target).run() if each.state is CopyState.DAMAGED]
    assert [each.key for each in damaged] == [key]
    assert key in damaged[0].reason
    assert key not in target.objects


def test_files_of_other_programs_stay_behind(source: MemoryStore, tmp_path: Path) -> None:
    """Half a download, a browser's folder file; what is outside of raw/ is not looked at."""
    strangers = [f"{payload_key('a' * 64)}.6eF5b5da", "raw/.DS_Store", "raw/payload/"]
    others = ["lock", "staging/put-1.lock", "catalogue.db"]
    total = len(source.objects)
    source.objects |= dict.fromkeys([*strangers, *others], b"")
    target = LocalStore(tmp_path)
    outcomes = list(RawCopy(source, target).run())
    foreign = [each.key for each in outcomes if each.state is CopyState.FOREIGN]
    assert foreign == sorted(strangers)
    assert len(objects(target)) == total
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_a_history_of_withdrawals_is_continued(source: MemoryStore) -> None:
    """The target knows the withdrawal; the copy brings the reinstatement."""
    entry, target = entry_of(source), MemoryStore()
    first = withdrawn_key(entry)
    target.objects[first] = source.objects[first]
    assert RawZone(target).withdrawn() == {entry}
    copied(source, target)
    assert RawZone(target).withdrawn() == frozenset()


def test_a_reinstatement_undoes_no_withdrawal_but_its_own(source: MemoryStore) -> None:
    """The target has a withdrawal of its own: the notes after it are not copied."""
    entry, target = entry_of(source), MemoryStore()
    RawZone(target).withdraw(entry, "for another reason", SEEN)
    assert copied(source, target)["differs"] == 2
    assert RawZone(target).withdrawn() == {entry}


def test_a_copy_from_a_place_that_is_behind_changes_nothing(source: MemoryStore) -> None:
    """The target has the reinstatement already."""
    entry, behind = entry_of(source), replace(source, objects=dict(source.objects))
    del behind.objects[withdrawn_key(entry, 1)]
    target = replace(source, objects=dict(source.objects))
    assert copied(behind, target) == {"present": len(behind.objects)}
    assert RawZone(target).withdrawn() == frozenset()


class Unlistable(MemoryStore):
    """A place where a role may add and read, and not list."""

    def keys(self, prefix: str) -> Iterator[str]:
        raise LakeUnreachable(f"cannot list {prefix}: access denied")


def test_a_target_that_cannot_be_listed_is_filled(source: MemoryStore) -> None:
    """A dry run says that it cannot compare."""
    target = Unlistable()
    assert copied(source, target) == {"copied": len(source.objects)}
    assert copied(source, target) == {"present": len(source.objects)}
    with pytest.raises(LakeUnreachable, match="cannot list"):
        copied(source, target, dry_run=True)


def test_a_lake_is_not_copied_into_itself(tmp_path: Path) -> None:
    """By whichever name it has; a lake beside another, or below its folder, is one of its own."""
    (tmp_path / "link").symlink_to(tmp_path / "lake")
    lake = str(tmp_path / "lake")
    same = [lake, f"{lake}/", f"{lake}/raw/../", f"{lake}/raw/inner", str(tmp_path / "link")]
    assert [are_nested(lake, other) for other in same] == [True] * len(same)
    assert are_nested("s3://lake/one/", "s3://lake/one")
    assert are_nested("s3://lake/raw/copy", "s3://lake")
    others = [str(tmp_path / "other"), f"{lake}/backup", "s3://lake"]
    assert [are_nested(lake, other) for other in others] == [False] * len(others)
    assert not are_nested("s3://lake/one", "s3://lake/other")
