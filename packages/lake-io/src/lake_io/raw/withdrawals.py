"""Withdrawals of payloads by a person, and what undoes them: notes, numbered for each entry.

The first takes the entry out, the next one puts it back, and so on: the newest note decides.
Nothing is deleted, so that what was known at a time can be computed later.
"""

import datetime as dt
from collections.abc import Mapping

from b3_contracts import layout
from b3_contracts.layout import RawEntry
from lake_io.errors import LakeDamaged, RawDamaged
from lake_io.raw.notes import note_json, parse_note, utc_text
from lake_io.storage.store import Store

__all__ = ["Withdrawals"]


class Withdrawals:
    """The withdrawals of one raw zone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def withdraw(self, entry: RawEntry, reason: str, time: dt.datetime) -> str | None:
        """Take an entry out; the key of a damaged note that was written again, if any."""
        newest = self.newest().get(entry)
        number = 0 if newest is None else newest + newest % 2
        return self._write(entry, number, {"reason": reason, "withdrawn_at": utc_text(time)})

    def reinstate(self, entry: RawEntry, reason: str, time: dt.datetime) -> str | None:
        """Put a withdrawn entry back; the key of a damaged note that was written again, if any."""
        number = self.newest()[entry] + 1
        return self._write(entry, number, {"reason": reason, "reinstated_at": utc_text(time)})

    def withdrawn(self, *, until: dt.datetime | None = None) -> frozenset[RawEntry]:
        """The entries that are out, now or at a time. Raises LakeDamaged with `until`."""
        return frozenset(
            entry
            for entry, newest in self.newest().items()
            if _is_out(newest if until is None else self._newest_at(entry, newest, until))
        )

    def newest(self) -> Mapping[RawEntry, int]:
        """The number of the newest note about each entry that has any: even ones take it out."""
        numbers: dict[RawEntry, int] = {}
        for key in self._store.keys(layout.WITHDRAWN_PREFIX):
            if found := layout.withdrawal(key):
                numbers[found.entry] = max(found.number, numbers.get(found.entry, 0))
        return numbers

    def time_of(self, key: str) -> dt.datetime:
        """When the note under a key was written. Raises LakeDamaged."""
        found = layout.withdrawal(key)
        field = "withdrawn_at" if found and found.number % 2 == 0 else "reinstated_at"
        try:
            return dt.datetime.fromisoformat(parse_note(key, self._store.get(key))[field])
        except (KeyError, TypeError, ValueError) as error:
            raise RawDamaged(f"{key} is damaged: it is no withdrawal") from error

    def _newest_at(self, entry: RawEntry, newest: int, time: dt.datetime) -> int | None:
        for number in range(newest, -1, -1):
            if self.time_of(layout.withdrawn_key(entry, number)) <= time:
                return number
        return None

    def _write(self, entry: RawEntry, number: int, note: Mapping[str, object]) -> str | None:
        key = layout.withdrawn_key(entry, number)
        if self._store.put(key, note_json(note)):
            return None
        try:
            self.time_of(key)
        except LakeDamaged:
            self._store.replace(key, note_json(note))
            return key
        return None


def _is_out(number: int | None) -> bool:
    return number is not None and number % 2 == 0
