"""Raw rows of one run: each file is read once, then its rows are handed over by index."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends import arrow
from b3_contracts.errors import ContractError
from b3_contracts.layout import ENTRY_KEY, RawEntry, RawPositionKey
from b3_contracts.specification import RAW
from glue_transform.candidates import Candidate, summarise_candidates
from glue_transform.errors import MissingRawData
from lake_io import RawReader

__all__ = ["RowBuffer"]

FILES_AT_ONCE: Final = 2_000


@dataclass
class RowBuffer:
    """Rows of contract `raw_position`, and the entries whose rows cannot be read."""

    raw: RawReader
    keys: dict[RawEntry, RawPositionKey] = field(default_factory=dict)
    broken: dict[RawEntry, ContractError] = field(default_factory=dict)
    _rows: dict[str, list[pa.Table]] = field(default_factory=dict)
    _buffered: set[RawEntry] = field(default_factory=set)
    _candidates: dict[RawEntry, Candidate] = field(default_factory=dict)

    def check(self, entries: Collection[RawEntry]) -> None:
        """Read rows only to learn which are broken."""
        self.broken |= self.raw.read([self.keys[entry] for entry in sorted(entries)]).broken

    def candidates(self, entries: Collection[RawEntry]) -> list[Candidate]:
        """Return the candidates of those entries whose rows can be read."""
        unknown = [self.keys[entry] for entry in entries if entry not in self._candidates]
        read = self.raw.read(unknown)
        self.broken |= read.broken
        self._candidates.update((each.entry, each) for each in summarise_candidates(read.rows))
        return [self._candidates[entry] for entry in entries if entry in self._candidates]

    def read(self, entries: Collection[RawEntry]) -> list[pa.Table]:
        """Buffer the rows of these entries and return them, a table for each index.

        A number of files at a time is combined into one table: many small tables take much
        memory.
        """
        ordered = sorted(entries)
        tables: list[pa.Table] = []
        for start in range(0, len(ordered), FILES_AT_ONCE):
            keys = [self.keys[entry] for entry in ordered[start : start + FILES_AT_ONCE]]
            read = self.raw.read(keys)
            self.broken |= read.broken
            self._buffered |= {key.entry for key in keys} - read.broken.keys()
            tables += self._add(read.rows.combine_chunks())
        return tables

    def pop(self, entries: Iterable[RawEntry]) -> dict[str, pa.Table]:
        """Remove all rows from the buffer; return those of these entries, by index.

        A run that lost a race and computes again reads them anew. Raises MissingRawData if
        rows that were readable before no longer are.
        """
        published = set(entries)
        self.read(published - self._buffered)
        if not published <= self._buffered:
            raise MissingRawData(
                "typed rows that were readable before can no longer be read: refine again"
            )
        others = self._buffered - published
        by_index = {index: pa.concat_tables(tables) for index, tables in self._rows.items()}
        self._rows, self._buffered = {}, set()
        if not others:
            return by_index
        return {index: _without(rows, others) for index, rows in by_index.items()}

    def _add(self, rows: pa.Table) -> Iterator[pa.Table]:
        for index in pc.unique(rows["index_code"]):
            table = rows.filter(pc.equal(rows["index_code"], index))
            self._rows.setdefault(index.as_py(), []).append(table)
            yield table


def _without(rows: pa.Table, entries: Collection[RawEntry]) -> pa.Table:
    """Return the rows except those of these entries, which were refused meanwhile."""
    schema = pa.schema([arrow.schema(RAW).field(key) for key in ENTRY_KEY])
    unwanted = pa.Table.from_pylist([asdict(entry) for entry in entries], schema)
    return arrow.conform(rows.join(unwanted, list(ENTRY_KEY), join_type="left anti"), RAW)
