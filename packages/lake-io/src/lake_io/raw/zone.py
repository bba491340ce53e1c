"""The raw zone: B3's payloads byte for byte, and their typed rows. Immutable.

An entry is (index, reference date, payload). Its payload is written first, then its
typed rows, and the manifest of the capture last, so that a crash at any step leaves
nothing that the same capture, run again, does not complete.
"""

import datetime as dt
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from b3_contracts import layout
from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.errors import Broken, ContractError
from b3_contracts.events import Manifest
from b3_contracts.layout import RawEntry, RawPositionKey, Reference, Sighting
from b3_contracts.specification import RAW
from lake_io.errors import LakeDamaged, NotInLake, RawDamaged
from lake_io.raw.notes import Receipt, Rejection, note_json, parse_note, utc_text
from lake_io.raw.previews import RawPreviews
from lake_io.raw.sightings import decides, sighting_of, with_best_sighting
from lake_io.raw.typed_rows import RawRead, key_name, only_key, read_apart, together, typed
from lake_io.raw.withdrawals import Withdrawals
from lake_io.storage.store import Store
from lake_io.tables.evolution import add_missing_columns

__all__ = ["RawRead", "RawZone", "Receipt", "Rejection", "page_hashes"]

_HASHES: Final = re.compile(rb"(?:[0-9a-f]{64}\n)+")


class RawZone:
    """The raw zone of one lake, over any store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.previews = RawPreviews(store)
        self.withdrawals = Withdrawals(store)
        self.repaired: list[str] = []
        """The keys of damaged objects that were written again, as far as this zone did it."""
        self.received: set[str] = set()
        """The hashes of the payloads that were not there before this zone kept them."""

    def batch(self) -> AbstractContextManager[None]:
        """Make many small writes cheaper: those within the context."""
        return self._store.batch()

    def store_payload(self, *pages: bytes, receipt: Receipt | None = None) -> str:
        """Store each page unchanged; return the hash of the answer.

        Several pages are one answer: its payload is the list of their hashes, a line each.
        What is there already is held against its hash; a damaged one is set aside and
        written again.
        """
        hashes = [hashlib.sha256(page).hexdigest() for page in pages]
        answer = pages if len(pages) == 1 else (*pages, _listed(hashes))
        digest = hashlib.sha256(answer[-1]).hexdigest()
        if not self.holds_payload(digest):
            self.received.add(digest)
            if receipt is not None:
                self.write_receipt(digest, receipt)
            for body in answer:
                self._keep_packed(layout.payload_key(hashlib.sha256(body).hexdigest()), body)
        return digest

    def write_receipt(self, sha256: str, receipt: Receipt) -> None:
        """Write the origin of a payload, before the payload and its typed rows."""
        day = receipt.received_at.astimezone(dt.UTC).date()
        self._keep_note(layout.receipt_key(day, sha256, receipt.kind), receipt.to_note())

    def payload(self, sha256: str) -> bytes:
        """The bytes kept under this hash. Raises NotInLake, or LakeDamaged."""
        key = layout.payload_key(sha256)
        body = self._unpacked(key)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            raise RawDamaged(f"{key} is damaged: its bytes are not those it is named after")
        return body

    def holds_payload(self, sha256: str) -> bool:
        """True if the payload is there and intact, with all its pages."""
        try:
            pages = page_hashes(self.payload(sha256))
            return all(self.holds_payload(page) for page in pages)
        except (NotInLake, LakeDamaged):
            return False

    def land(self, rows: pa.Table) -> tuple[RawEntry, bool]:
        """Keep one payload's typed rows (contract `raw_position`); its entry, whether new.

        Raises ContractError where the rows break the contract or are of several entries.
        """
        key, body = typed(rows)
        return key.entry, self._store.put(key_name(key), body)

    def remake(self, rows: pa.Table) -> RawEntry:
        """Write a payload's typed rows, in the place of any that cannot be read."""
        key, body = typed(rows)
        if not self._store.put(key_name(key), body) and not self.is_readable(key):
            self._replace(key_name(key), body)
        return key.entry

    def first_sighting(self, key: RawPositionKey) -> Sighting | None:
        """Return the first sighting from the typed rows; None if they cannot be read."""
        rows = self._read_or_refuse(key)
        return (
            None
            if isinstance(rows, ContractError)
            else sighting_of(rows.slice(0, 1).to_pylist()[0])
        )

    def is_readable(self, key: RawPositionKey) -> bool:
        """True if the typed rows are there and satisfy their contract."""
        return self.first_sighting(key) is not None

    def record_sighting(self, entry: RawEntry, sighting: Sighting) -> str | None:
        """Record that the payload of an entry came again, if that may decide anything.

        It may where the source is a better one than before; where another payload of the
        session was captured since; and where more than `LONGEST_SERVED` lies between, for
        then the earlier time was that of a wrong clock. The key that was written, or None.
        """
        session = self._session(entry)
        previous = session.pop(entry, None)
        if previous is None or not decides(sighting, previous, session.values()):
            return None
        return self.write_sighting(entry, sighting)

    def sightings(self, prefix: str = layout.SIGHTING_PREFIX) -> dict[RawEntry, list[Sighting]]:
        """The later sightings of each entry that has any."""
        sightings: dict[RawEntry, list[Sighting]] = {}
        for entry, sighting in filter(None, map(Sighting.parse, self._store.keys(prefix))):
            sightings.setdefault(entry, []).append(sighting)
        return sightings

    def receipts(self, since: dt.date = dt.date.min) -> dict[str, list[Receipt]]:
        """The receipts of each payload that came on `since` or later, by its hash, oldest first.

        A damaged one is left out: another, or a person, then says how to type the payload.
        """
        receipts: dict[str, list[Receipt]] = {}
        for key in self._store.keys(layout.RECEIPT_PREFIX):
            dated = layout.receipt_day(key)
            if dated and dated[0] >= since:
                with suppress(LakeDamaged):
                    receipt = Receipt.of(key, self._note(key))
                    receipts.setdefault(dated[1], []).append(receipt)
        for those in receipts.values():
            those.sort(key=lambda receipt: receipt.received_at)
        return receipts

    def manifests(self) -> Iterator[Manifest]:
        """Every manifest that can be read, in no order."""
        for key in self._store.keys(layout.MANIFEST_PREFIX):
            with suppress(ContractError, LakeDamaged):
                yield Manifest.from_json(self._store.get(key))

    def session_entries(self, index_code: str, reference_date: dt.date) -> list[RawPositionKey]:
        """Every entry of one session, with its key of the highest parser revision."""
        prefix = layout.session_prefix(layout.POSITION_PREFIX, index_code, reference_date)
        return list(self._entries(prefix).values())

    def write_manifest(
        self,
        entries: Iterable[RawEntry],
        captured_at: dt.datetime,
        sightings: Iterable[str] = (),
    ) -> Manifest:
        """Write the manifest of a capture, if it is not there: the event that wakes the job."""
        manifest = Manifest.of(entries, captured_at, sightings)
        if not self._store.put(manifest.key, manifest.to_json()):
            self._keep_manifest(manifest)
        return manifest

    def reject(
        self,
        sha256: str,
        name: str,
        reason: str,
        rejected_at: dt.datetime,
        source: str = "import",
    ) -> None:
        """Record why a stored payload could not be parsed, and its origin."""
        note = {
            "name": name,
            "reason": reason,
            "source": source,
            "rejected_at": utc_text(rejected_at),
        }
        self._keep_note(layout.rejected_key(sha256), note)

    def store_reference(self, captured_on: dt.date, name: str, body: bytes) -> bool:
        """Store an undated answer of B3; return True if it was new that day."""
        digest = hashlib.sha256(body).hexdigest()
        return self._keep_packed(layout.reference_key(captured_on, name, digest), body)

    def references(self, name: str) -> list[Reference]:
        """The undated answers whose name begins with this one, in the order in which they came."""
        found = filter(None, map(Reference.parse, self._store.keys(layout.REFERENCE_PREFIX)))
        return sorted(each for each in found if each.name.startswith(name))

    def reference(self, reference: Reference) -> bytes:
        """The bytes of an undated answer. Raises NotInLake, or LakeDamaged."""
        body = self._unpacked(reference.key)
        if body is None or hashlib.sha256(body).hexdigest() != reference.payload_sha256:
            raise RawDamaged(
                f"{reference.key} is damaged: its bytes are not those it is named after"
            )
        return body

    def withdraw(self, entry: RawEntry, reason: str, withdrawn_at: dt.datetime) -> None:
        """Exclude an entry from publication, with a reason."""
        self._note_repair(self.withdrawals.withdraw(entry, reason, withdrawn_at))

    def reinstate(self, entry: RawEntry, reason: str, reinstated_at: dt.datetime) -> None:
        """Undo a withdrawal, with a reason."""
        self._note_repair(self.withdrawals.reinstate(entry, reason, reinstated_at))

    def withdrawn(self, *, until: dt.datetime | None = None) -> frozenset[RawEntry]:
        """Return the withdrawn entries, those of now or of a time."""
        return self.withdrawals.withdrawn(until=until)

    def keys(self) -> list[str]:
        """The key of every object but those set aside, sorted."""
        keys = self._store.keys(layout.RAW_PREFIX)
        return sorted(key for key in keys if not key.startswith(layout.DAMAGED_PREFIX))

    def get(self, key: str) -> bytes:
        """The bytes under any key. Raises NotInLake, or LakeDamaged."""
        return self._store.get(key)

    def set_aside(self, key: str) -> None:
        """Move a damaged object to raw/damaged/."""
        self._store.set_aside(key)

    def write_sighting(self, entry: RawEntry, sighting: Sighting) -> str:
        """Record a later sighting, whatever it decides; its key."""
        key = sighting.key(entry)
        note = {"source": sighting.source, "seen_at": utc_text(sighting.seen_at)}
        self._keep_note(key, note)
        return key

    def entries(self) -> dict[RawEntry, RawPositionKey]:
        """Every entry there is, with its key of the highest parser revision."""
        return self._entries(layout.POSITION_PREFIX)

    def rejection(self, sha256: str) -> Rejection:
        """The note beside a rejected payload. Raises NotInLake, or LakeDamaged."""
        key = layout.rejected_key(sha256)
        return Rejection.of(key, sha256, self._note(key))

    def rejected(self) -> tuple[str, ...]:
        """The hashes of the payloads that some parser could not read, sorted."""
        keys = self._store.keys(layout.REJECTED_PREFIX)
        return tuple(sorted(filter(None, map(layout.rejected_payload, keys))))

    def read(self, keys: Sequence[RawPositionKey], until: dt.datetime | None = None) -> RawRead:
        """The typed rows behind `keys`, each checked against the contract.

        `source` and `captured_at` are those of the best sighting of each entry, of those
        until a time where one is given; entries seen only later than that are left out.
        """
        tables: dict[RawEntry, pa.Table] = {}
        broken: dict[RawEntry, ContractError] = {}
        sightings = self.sightings()
        with ThreadPoolExecutor(self._store.gets_at_once) as pool:
            for key, rows in zip(keys, pool.map(self._read_or_refuse, keys), strict=True):
                if isinstance(rows, ContractError):
                    broken[key.entry] = rows
                else:
                    tables[key.entry] = with_best_sighting(
                        rows, sightings.get(key.entry, ()), until
                    )
        try:
            return RawRead(validate(together(tables.values()), RAW), broken)
        except ContractError:
            return read_apart(tables, broken)

    def read_one(self, key: RawPositionKey) -> pa.Table:
        """The typed rows of one entry as they were written. Raises ContractError."""
        name = key_name(key)
        try:
            body = pa.BufferReader(self._store.get(name))
            # A file of a hundred rows: handing its columns to threads takes longer than reading it.
            table = pq.ParquetFile(body, page_checksum_verification=True).read(use_threads=False)
        except (pa.ArrowException, OSError, NotInLake, LakeDamaged) as error:
            raise ContractError(name, [Broken("file", f"cannot be read: {error}")]) from error
        rows = arrow.conform(add_missing_columns(table, RAW, arrow.column_names(RAW)), RAW)
        if only_key(rows) != key:
            raise ContractError(name, [Broken("file", "holds another entry than its key says")])
        return rows

    def _read_or_refuse(self, key: RawPositionKey) -> pa.Table | ContractError:
        try:
            return self.read_one(key)
        except ContractError as error:
            return error

    def _entries(self, prefix: str) -> dict[RawEntry, RawPositionKey]:
        newest: dict[RawEntry, RawPositionKey] = {}
        for name in self._store.keys(prefix):
            key = RawPositionKey.parse(name)
            if key and (key.entry not in newest or newest[key.entry] < key):
                newest[key.entry] = key
        return newest

    def _session(self, entry: RawEntry) -> dict[RawEntry, Sighting]:
        """Return the first sighting of each payload of an entry's session with readable rows."""
        rows = self.read(self.session_entries(entry.index_code, entry.reference_date)).rows
        columns = ["payload_sha256", "source", "captured_at"]
        return {
            replace(entry, payload_sha256=row["payload_sha256"]): sighting_of(row)
            for row in rows.select(columns).group_by(columns).aggregate([]).to_pylist()
        }

    def _keep_packed(self, key: str, body: bytes) -> bool:
        """Write the body, unless it is there whole; whether it was written."""
        packed = gzip.compress(body, mtime=0)
        if self._store.put(key, packed):
            return True
        if self._unpacked(key) == body:
            return False
        self._replace(key, packed)
        return True

    def _unpacked(self, key: str) -> bytes | None:
        """The body under this key, None where it cannot be read. Raises NotInLake."""
        try:
            return gzip.decompress(self._store.get(key))
        except (OSError, EOFError, zlib.error, LakeDamaged):
            return None

    def _keep_manifest(self, manifest: Manifest) -> None:
        """Keep a readable manifest, with the time of the first capture."""
        try:
            Manifest.from_json(self._store.get(manifest.key))
        except (ContractError, LakeDamaged):
            self._replace(manifest.key, manifest.to_json())

    def _keep_note(self, key: str, note: Mapping[str, object]) -> None:
        if self._store.put(key, note_json(note)):
            return
        try:
            self._note(key)
        except LakeDamaged:
            self._replace(key, note_json(note))

    def _note(self, key: str) -> dict[str, Any]:
        """The JSON object under this key. Raises NotInLake, or LakeDamaged."""
        return parse_note(key, self._store.get(key))

    def _note_repair(self, key: str | None) -> None:
        if key is not None:
            self.repaired.append(key)

    def _replace(self, key: str, body: bytes) -> None:
        """Write a whole object in place of a damaged one."""
        self._store.replace(key, body)
        self.repaired.append(key)


def _listed(hashes: Sequence[str]) -> bytes:
    return "".join(f"{digest}\n" for digest in hashes).encode()


def page_hashes(payload: bytes) -> list[str]:
    """The hashes of the pages that a payload lists; none where it is a page itself."""
    return payload.decode("ascii").split() if _HASHES.fullmatch(payload) else []
