"""Ranking of the entries of a session: the *winner* is used for it.

1. A live capture goes before an import, an import with its own title and totals before
   one dated by hand or by its name, or without totals, and that before the portfolio of a
   quadrimester.
2. Among live captures the latest wins: B3 corrects itself.
3. Among the others of one rank the figures must be the same; then the one with sectors is
   named, then the smallest hash, so that order does not matter. A quadrimester's own
   portfolio and a bulletin's round their weights otherwise: their quantities must be the
   same, and the former, which has the divisor, is used. Where the figures differ nobody
   can say which is right: the session is withheld until one is withdrawn.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.layout import RawEntry
from b3_contracts.vocabulary import QUADRIMESTER_SOURCES, SOURCE_RANKS
from lake_io.raw.typed_rows import entries_in

__all__ = ["Candidate", "ConflictingImports", "differ", "summarise_candidates", "winner"]

LIVE: Final = SOURCE_RANKS["capture"]


@dataclass(frozen=True)
class Candidate:
    """The facts that rank the entries of one session."""

    entry: RawEntry
    source: str
    captured_at: dt.datetime
    figures: str
    quantities: str
    """A hash of the tickers and quantities alone."""
    header: tuple[int | None, Decimal | None]
    has_sectors: bool

    @property
    def rank(self) -> int:
        return SOURCE_RANKS[self.source]


@dataclass(frozen=True)
class ConflictingImports:
    """A session whose imports contradict each other."""

    index_code: str
    reference_date: dt.date
    entries: tuple[RawEntry, ...]

    def __str__(self) -> str:
        hashes = ", ".join(entry.payload_sha256[:16] for entry in self.entries)
        return (
            f"{self.index_code} {self.reference_date}: its imports ({hashes}) differ in their "
            "figures; withdraw the wrong one"
        )


def winner(candidates: Collection[Candidate]) -> RawEntry | ConflictingImports:
    """Return the entry used for the session of these candidates (at least one)."""
    best = min(candidate.rank for candidate in candidates)
    ranked = [candidate for candidate in candidates if candidate.rank == best]
    if best == LIVE:
        return max(ranked, key=lambda c: (c.captured_at, c.entry.payload_sha256)).entry
    if _contradict(ranked):
        entries = tuple(sorted(candidate.entry for candidate in ranked))
        return ConflictingImports(entries[0].index_code, entries[0].reference_date, entries)
    return min(ranked, key=_precedence).entry


def differ(one: Candidate, other: Candidate) -> bool:
    """True if two candidates have other figures; sources that round weights otherwise are
    compared by their quantities.
    """
    if one.source != other.source and {one.source, other.source} & QUADRIMESTER_SOURCES:
        return one.quantities != other.quantities
    return one.figures != other.figures


def _precedence(candidate: Candidate) -> tuple[bool, bool, str]:
    is_bulletin = candidate.source == "bulletin"
    return is_bulletin, not candidate.has_sectors, candidate.entry.payload_sha256


def summarise_candidates(rows: pa.Table) -> Iterator[Candidate]:
    """The candidates that raw rows (contract `raw_position`) of any entries hold."""
    for entry in entries_in(rows):
        yield _candidate(entry, rows.filter(_is_of(rows, entry)))


def _is_of(rows: pa.Table, entry: RawEntry) -> pa.ChunkedArray:
    same_payload = pc.equal(rows["payload_sha256"], entry.payload_sha256)
    same_index = pc.equal(rows["index_code"], entry.index_code)
    return pc.and_(
        pc.and_(same_payload, same_index), pc.equal(rows["reference_date"], entry.reference_date)
    )


def _candidate(entry: RawEntry, rows: pa.Table) -> Candidate:
    first = rows.slice(0, 1).to_pylist()[0]
    return Candidate(
        entry,
        first["source"],
        first["captured_at"],
        _hash_of(rows, "ticker", "theoretical_quantity", "weight_pct"),
        _hash_of(rows, "ticker", "theoretical_quantity"),
        (first["total_theoretical_quantity"], first["divisor"]),
        pc.any(pc.is_valid(rows["sector"])).as_py(),
    )


def _hash_of(rows: pa.Table, *names: str) -> str:
    """A hash of these columns, whatever the order of the rows."""
    lines = sorted(tuple(map(str, row.values())) for row in rows.select(names).to_pylist())
    return hashlib.sha256(repr(lines).encode()).hexdigest()


def _contradict(candidates: Sequence[Candidate]) -> bool:
    """A total or divisor that a file does not give contradicts nothing."""
    totals = {candidate.header[0] for candidate in candidates} - {None}
    divisors = {candidate.header[1] for candidate in candidates} - {None}
    first, *others = candidates
    has_other_figures = any(differ(first, other) for other in others)
    return has_other_figures or max(len(totals), len(divisors)) > 1
