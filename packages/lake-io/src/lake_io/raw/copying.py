"""Copy a raw zone to another place: folder or S3, to folder or S3.

Objects are written by conditional writes alone, so that nothing in the target is overwritten
and two copies at once are harmless. A copy that was interrupted continues where it stopped:
an object that is there and identical is skipped.

The order of the stages keeps what readers of the target rely on. A receipt precedes its
payload, pages precede the answer that lists them, withdrawals and sightings precede the typed
rows they are about, and manifests come last. The source is listed in the reverse order: what a
capture adds meanwhile is copied whole, or by the next copy.
"""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from b3_contracts import layout
from lake_io.errors import LakeUnreachable, NotInLake, RawDamaged
from lake_io.raw.checks import fault_of, is_raw_key
from lake_io.raw.zone import RawZone, page_hashes
from lake_io.storage.store import SingleObject, Store

__all__ = ["CopiedObject", "CopyState", "RawCopy"]

_STAGES: Final = (
    layout.RECEIPT_PREFIX,
    layout.REFERENCE_PREFIX,
    layout.PAYLOAD_PREFIX,
    layout.REJECTED_PREFIX,
    layout.WITHDRAWN_PREFIX,
    layout.SIGHTING_PREFIX,
    layout.POSITION_PREFIX,
    layout.PREVIEW_PREFIX,
    layout.MANIFEST_PREFIX,
    layout.DAMAGED_PREFIX,
)
_PACKED: Final = (layout.PAYLOAD_PREFIX, layout.REFERENCE_PREFIX)
"""Named after the hash of their content, which another zlib may pack into other bytes."""
_UNITS_AT_ONCE: Final = 256
"""An error or an interrupt ends the copy after this many units at most."""

Unit = Sequence[str]
"""Keys that are copied one after the other; all later ones depend on the first."""


class CopyState(StrEnum):
    """The outcome of copying one object."""

    COPIED = "copied"
    PRESENT = "present"
    DIFFERS = "differs"
    """The target has a different object of that name, which is not overwritten."""
    DAMAGED = "damaged"
    """The source's object is damaged or missing."""
    FOREIGN = "foreign"
    """Not an object of a raw zone: another program's file."""


@dataclass(frozen=True)
class CopiedObject:
    """One object of the source, and its outcome."""

    key: str
    state: CopyState
    reason: str = ""
    follows_failure: bool = False
    """True if it was not copied because of the object before it."""

    @property
    def is_failure(self) -> bool:
        return self.state in {CopyState.DIFFERS, CopyState.DAMAGED}


class RawCopy:
    """One copy of the raw zone of `source` to `target`; with `dry_run` nothing is written.

    Raises LakeUnreachable where a place cannot be read or written; the next copy continues.
    """

    def __init__(self, source: Store, target: Store, *, dry_run: bool = False) -> None:
        self._source = source
        self._target = target
        self._dry_run = dry_run
        self._lists: list[str] = []
        self._copies_lists = False
        self._stages = [_keys(source, prefix) for prefix in reversed(_STAGES)][::-1]
        self._foreign = _foreign(source)
        self._present = self._list_target()

    @property
    def total(self) -> int:
        """The number of objects in the source."""
        return sum(map(len, self._stages))

    def run(self, step: Callable[[str], None] = lambda _: None) -> Iterator[CopiedObject]:
        """Copy every object, and yield each with its outcome."""
        batch = nullcontext() if self._dry_run else self._target.batch()
        with batch, ThreadPoolExecutor(self._threads()) as pool:
            for units in self._units():
                for outcome in chain.from_iterable(pool.map(self._copy_unit, units)):
                    step(outcome.key)
                    yield outcome
        yield from (CopiedObject(key, CopyState.FOREIGN) for key in self._foreign)

    def _threads(self) -> int:
        return max(self._source.gets_at_once, self._target.gets_at_once)

    def _list_target(self) -> frozenset[str]:
        """The keys of the target; empty if listing is denied, because a copy works without it."""
        try:
            return frozenset(self._target.keys(layout.RAW_PREFIX))
        except LakeUnreachable:
            if self._dry_run:
                raise
            return frozenset()

    def _units(self) -> Iterator[Sequence[Unit]]:
        """The units of each stage, a bounded number at once."""
        for prefix, keys in zip(_STAGES, self._stages, strict=True):
            is_history = prefix == layout.WITHDRAWN_PREFIX
            yield from _portions(_histories(keys) if is_history else [[key] for key in keys])
            if prefix == layout.PAYLOAD_PREFIX:
                self._copies_lists = True
                yield from _portions([[key] for key in sorted(self._lists)])

    def _copy_unit(self, unit: Unit) -> list[CopiedObject]:
        """Copy the keys in order; those after a failure are not copied."""
        outcomes: list[CopiedObject] = []
        for key in unit:
            if outcomes and outcomes[-1].is_failure:
                reason = "it follows an object that was not copied"
                outcomes.append(CopiedObject(key, CopyState.DIFFERS, reason, follows_failure=True))
            elif outcome := self._copy(key):
                outcomes.append(outcome)
        return outcomes

    def _copy(self, key: str) -> CopiedObject | None:
        """The outcome; None for an answer of several pages, as long as these are copied."""
        try:
            body = self._source.get(key)
        except (NotInLake, RawDamaged) as error:
            return CopiedObject(key, CopyState.DAMAGED, str(error))
        if key in self._present:
            return self._compared(key, body)
        if self._is_early(key, body):
            self._lists.append(key)
            return None
        if fault := _fault(key, body):
            return CopiedObject(key, CopyState.DAMAGED, fault)
        if self._dry_run or self._target.put(key, body):
            return CopiedObject(key, CopyState.COPIED)
        return self._compared(key, body)

    def _is_early(self, key: str, body: bytes) -> bool:
        """True for an answer that lists pages, of which some may be missing yet."""
        is_payload = key.startswith(layout.PAYLOAD_PREFIX)
        return is_payload and not self._copies_lists and bool(page_hashes(_unpacked(body) or b""))

    def _compared(self, key: str, body: bytes) -> CopiedObject:
        try:
            present = self._target.get(key)
        except (NotInLake, RawDamaged) as error:
            return CopiedObject(key, CopyState.DIFFERS, str(error))
        if _is_same(key, present, body):
            return CopiedObject(key, CopyState.PRESENT)
        if fault := _fault(key, body):
            return CopiedObject(key, CopyState.DAMAGED, fault)
        reason = "the target has other content, which is kept"
        if _fault(key, present):
            reason = "the target has damaged content, which is kept"
        return CopiedObject(key, CopyState.DIFFERS, reason)


def _keys(source: Store, prefix: str) -> list[str]:
    return sorted(key for key in source.keys(prefix) if is_raw_key(key))


def _foreign(source: Store) -> list[str]:
    return sorted(key for key in source.keys(layout.RAW_PREFIX) if not is_raw_key(key))


def _histories(keys: Iterable[str]) -> list[Unit]:
    """The notes about each entry, in their order.

    The newest note decides. A note that follows one that differs belongs to another history, and
    would undo what a person has done in the target.
    """
    notes: dict[layout.RawEntry, list[tuple[int, str]]] = {}
    for key in keys:
        if note := layout.withdrawal(key):
            notes.setdefault(note.entry, []).append((note.number, key))
    return [[key for _, key in sorted(those)] for those in notes.values()]


def _portions(units: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
    for start in range(0, len(units), _UNITS_AT_ONCE):
        yield units[start : start + _UNITS_AT_ONCE]


def _fault(key: str, body: bytes) -> str | None:
    return fault_of(RawZone(SingleObject(key, body)), key)


def _is_same(key: str, present: bytes, body: bytes) -> bool:
    return present == body or (key.startswith(_PACKED) and _unpacked(present) == _unpacked(body))


def _unpacked(body: bytes) -> bytes | None:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None
