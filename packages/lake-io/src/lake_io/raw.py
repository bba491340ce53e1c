"""The raw zone: what B3 sent, byte for byte, and the same typed. Nothing is ever changed.

An entry is (index, reference date, payload). Its payload is written first, then its
typed rows, and the manifest of the capture last, so that a crash at any step leaves
nothing that the same capture, run again, does not complete.
"""

import datetime as dt
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from b3_contracts import arrow, layout
from b3_contracts.errors import Broken, ContractError
from b3_contracts.events import Manifest
from b3_contracts.layout import RawEntry, RawPositionKey
from b3_contracts.tables import RAW
from b3_contracts.validation import validate
from lake_io.errors import LakeUnreachable, NotInLake
from lake_io.evolution import completed
from lake_io.store import Store

__all__ = ["RawRead", "RawZone", "Rejection"]


@dataclass(frozen=True)
class RawRead:
    """Typed rows of the entries that could be read, and why the others could not."""

    rows: pa.Table
    broken: Mapping[RawEntry, ContractError]


@dataclass(frozen=True)
class Rejection:
    """A payload that could not be read when it came."""

    payload_sha256: str
    name: str
    reason: str
    source: str
    rejected_at: dt.datetime


class RawZone:
    """The raw zone of one lake, over any store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep_payload(self, *pages: bytes) -> str:
        """Keep each page as it came; the hash under which the answer is found again.

        Several pages are one answer: its payload is the list of their hashes, a line each.
        """
        hashes = [self._keep(page) for page in pages]
        if len(hashes) == 1:
            return hashes[0]
        return self._keep("".join(f"{digest}\n" for digest in hashes).encode())

    def payload(self, sha256: str) -> bytes:
        """The bytes kept under this hash. Raises NotInLake, or LakeUnreachable for damaged ones."""
        key = layout.payload_key(sha256)
        kept = self._store.get(key)
        try:
            body = gzip.decompress(kept)
        except (OSError, EOFError, zlib.error):
            body = b""
        if hashlib.sha256(body).hexdigest() != sha256:
            raise LakeUnreachable(f"{key} is damaged: its bytes are not those it is named after")
        return body

    def land(self, rows: pa.Table) -> tuple[RawEntry, bool]:
        """Keep one payload's typed rows (contract `raw_position`); its entry, whether new.

        Raises ContractError where the rows break the contract or are of several entries.
        """
        checked = validate(arrow.conform(rows, RAW), RAW)
        key = _only_key(checked)
        sink = pa.BufferOutputStream()
        pq.write_table(checked, sink, compression="zstd", write_page_checksum=True)
        name = layout.raw_position_key(key.entry, key.parser_revision)
        return key.entry, self._store.put(name, sink.getvalue().to_pybytes())

    def announce(self, entries: Iterable[RawEntry], captured_at: dt.datetime) -> Manifest:
        """Write the manifest of a capture, if it is not there: the event that wakes the job."""
        manifest = Manifest.of(entries, captured_at)
        self._store.put(manifest.key, manifest.to_json())
        return manifest

    def reject(
        self,
        sha256: str,
        name: str,
        reason: str,
        rejected_at: dt.datetime,
        source: str = "import",
    ) -> None:
        """Say beside a kept payload why it could not be read, and how it came."""
        note = {"name": name, "reason": reason, "source": source, "rejected_at": _utc(rejected_at)}
        self._store.put(layout.rejected_key(sha256), _json(note))

    def keep_reference(self, captured_on: dt.date, name: str, body: bytes) -> bool:
        """Keep an undated answer of B3 as it came; whether it was new that day."""
        digest = hashlib.sha256(body).hexdigest()
        key = layout.reference_key(captured_on, name, digest)
        return self._store.put(key, gzip.compress(body, mtime=0))

    def withdraw(self, entry: RawEntry, reason: str, withdrawn_at: dt.datetime) -> None:
        """Take an entry out of what may be published, for good, saying why."""
        note = {"reason": reason, "withdrawn_at": _utc(withdrawn_at)}
        self._store.put(layout.withdrawn_key(entry), _json(note))

    def withdrawn(self, *, until: dt.datetime | None = None) -> frozenset[RawEntry]:
        """The entries taken out, all of them or those taken out by a time."""
        found = {
            entry: key
            for key in self._store.keys(layout.WITHDRAWN_PREFIX)
            if (entry := layout.withdrawn_entry(key))
        }
        return frozenset(
            entry
            for entry, key in found.items()
            if until is None or _time(self._store.get(key), "withdrawn_at") <= until
        )

    def entries(self) -> dict[RawEntry, RawPositionKey]:
        """Every entry there is, with its key of the highest parser revision."""
        newest: dict[RawEntry, RawPositionKey] = {}
        for name in self._store.keys(layout.POSITION_PREFIX):
            key = RawPositionKey.parse(name)
            if key and (key.entry not in newest or newest[key.entry] < key):
                newest[key.entry] = key
        return newest

    def rejection(self, sha256: str) -> Rejection:
        """What was said of a rejected payload. Raises NotInLake."""
        note = json.loads(self._store.get(layout.rejected_key(sha256)))
        at = dt.datetime.fromisoformat(note["rejected_at"])
        return Rejection(sha256, note["name"], note["reason"], note["source"], at)

    def rejected(self) -> tuple[str, ...]:
        """The hashes of the payloads that some parser could not read, sorted."""
        keys = self._store.keys(layout.REJECTED_PREFIX)
        return tuple(sorted(key.removeprefix(layout.REJECTED_PREFIX)[:64] for key in keys))

    def read(self, keys: Sequence[RawPositionKey]) -> RawRead:
        """The typed rows behind `keys`, each checked against the contract."""
        tables: dict[RawEntry, pa.Table] = {}
        broken: dict[RawEntry, ContractError] = {}
        with ThreadPoolExecutor(self._store.gets_at_once) as pool:
            for key, found in zip(keys, pool.map(self._read_or_refuse, keys), strict=True):
                if isinstance(found, ContractError):
                    broken[key.entry] = found
                else:
                    tables[key.entry] = found
        try:
            return RawRead(validate(_together(tables.values()), RAW), broken)
        except ContractError:
            return _read_apart(tables, broken)

    def _read_or_refuse(self, key: RawPositionKey) -> pa.Table | ContractError:
        try:
            return self._read_one(key)
        except ContractError as error:
            return error

    def _read_one(self, key: RawPositionKey) -> pa.Table:
        name = layout.raw_position_key(key.entry, key.parser_revision)
        try:
            body = pa.BufferReader(self._store.get(name))
            # A file of a hundred rows: handing its columns to threads takes longer than reading it.
            table = pq.ParquetFile(body, page_checksum_verification=True).read(use_threads=False)
        except (pa.ArrowException, OSError, NotInLake) as error:
            raise ContractError(name, [Broken("file", f"cannot be read: {error}")]) from error
        rows = arrow.conform(completed(table, RAW, arrow.column_names(RAW)), RAW)
        if _only_key(rows) != key:
            raise ContractError(name, [Broken("file", "holds another entry than its key says")])
        return rows

    def _keep(self, body: bytes) -> str:
        digest = hashlib.sha256(body).hexdigest()
        self._store.put(layout.payload_key(digest), gzip.compress(body, mtime=0))
        return digest


def _read_apart(
    tables: Mapping[RawEntry, pa.Table], broken: dict[RawEntry, ContractError]
) -> RawRead:
    """Something among the tables breaks the contract: find whose rows it is."""
    good: list[pa.Table] = []
    for entry, table in tables.items():
        try:
            good.append(validate(table, RAW))
        except ContractError as error:
            broken[entry] = error
    return RawRead(_together(good), broken)


def _together(tables: Iterable[pa.Table]) -> pa.Table:
    return pa.concat_tables([arrow.empty(RAW), *tables])


def _only_key(rows: pa.Table) -> RawPositionKey:
    names = ["index_code", "reference_date", "payload_sha256", "parser_revision"]
    keys = rows.select(names).group_by(names).aggregate([]).to_pylist()
    if len(keys) != 1:
        found = [Broken(", ".join(names), f"must be one entry, not {len(keys)}", keys[:5])]
        raise ContractError("raw_position", found)
    *entry, revision = (keys[0][name] for name in names)
    return RawPositionKey(RawEntry(*entry), revision)


def _json(note: Mapping[str, object]) -> bytes:
    return json.dumps(note, indent=1, ensure_ascii=False).encode()


def _utc(time: dt.datetime) -> str:
    """Times of a note are compared, which those without a zone cannot be."""
    if time.tzinfo is None:
        raise ContractError("a note of the raw zone", [Broken("time", "must name its time zone")])
    return time.astimezone(dt.UTC).isoformat()


def _time(body: bytes, field: str) -> dt.datetime:
    return dt.datetime.fromisoformat(json.loads(body)[field])
