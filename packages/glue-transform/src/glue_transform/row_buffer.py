"""Raw rows of one run: each file is read once, then its rows are handed over by index."""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
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
from glue_transform.packed_rows import PackedRows, pack
from lake_io import RawReader

__all__ = ["RowBuffer"]

FILES_AT_ONCE: Final = 2_000


@dataclass
class RowBuffer:
    """Rows of contract `raw_position`, and the entries whose rows cannot be read."""

    raw: RawReader
    keys: dict[RawEntry, RawPositionKey] = field(default_factory=dict)
    broken: dict[RawEntry, ContractError] = field(default_factory=dict)
    _rows: dict[str, PackedRows] = field(default_factory=dict)
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

    def read(self, entries: Collection[RawEntry]) -> list[PackedRows]:
        """Buffer the rows of these entries and return them, each table of one index.

        The files are read a number at a time; where one read is not enough, rows are packed.
        """
        ordered = sorted(entries)
        starts = range(0, len(ordered), FILES_AT_ONCE)
        with ThreadPoolExecutor() as executor:
            packing = executor if len(starts) > 1 else None
            reads = [self._read(ordered[n : n + FILES_AT_ONCE], packing) for n in starts]
        return [table for tables in reads for table in tables]

    def pop(self, entries: Iterable[RawEntry]) -> dict[str, PackedRows]:
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
        by_index, self._rows, self._buffered = self._rows, {}, set()
        for index in {entry.index_code for entry in others} & by_index.keys():
            by_index[index] = PackedRows([_without(by_index[index].rows(), others)])
        return by_index

    def _read(self, entries: Collection[RawEntry], packing: Executor | None) -> list[PackedRows]:
        read = self.raw.read([self.keys[entry] for entry in entries])
        self.broken |= read.broken
        self._buffered |= set(entries) - read.broken.keys()
        tables = []
        for index, rows in _by_index(read.rows.combine_chunks(), packing):
            self._rows.setdefault(index, PackedRows()).parts.append(rows)
            tables.append(PackedRows([rows]))
        return tables


def _by_index(rows: pa.Table, packing: Executor | None) -> Iterator[tuple[str, pa.Table]]:
    """Slices of the rows, which lie index by index: they are read in the order of entries."""
    if not rows.num_rows:
        return
    runs = pc.run_end_encode(rows["index_code"].chunk(0))
    packed = pack(rows, packing) if packing else rows
    ends = runs.run_ends.to_pylist()
    for index, start, end in zip(runs.values.to_pylist(), [0, *ends], ends, strict=False):
        yield index, packed.slice(start, end - start)


def _without(rows: pa.Table, entries: Collection[RawEntry]) -> pa.Table:
    """Return the rows except those of these entries, which were refused meanwhile."""
    schema = pa.schema([arrow.schema(RAW).field(key) for key in ENTRY_KEY])
    unwanted = pa.Table.from_pylist([asdict(entry) for entry in entries], schema)
    return arrow.conform(rows.join(unwanted, list(ENTRY_KEY), join_type="left anti"), RAW)
