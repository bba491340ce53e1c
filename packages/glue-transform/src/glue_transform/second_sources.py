"""Compare the payload used for a session with those of other sources.

A capture and a bulletin of one session are independent publications of the same quantities. The
comparison of each pair is recorded once in `quality_result`, on the payload that is not used: it
agrees, or a warning names the tickers that differ. Weights are not compared, since sources round
them differently.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import pyarrow as pa
from pyiceberg import expressions as where

from b3_contracts.counts import counted
from b3_contracts.layout import RawEntry
from glue_transform.candidates import Candidate
from glue_transform.planning import IndexSession
from glue_transform.quality.findings import Finding
from glue_transform.row_buffer import RowBuffer
from glue_transform.selection import session_of
from lake_io import LakeSnapshot

__all__ = ["SECOND_SOURCE_RULE", "Pair", "pair_of", "second_source_findings"]

SECOND_SOURCE_RULE: Final = "a second source agrees"
_SHOWN: Final = 5
_HASH: Final = 16

Pair = tuple[RawEntry, str]
"""The entry that is not used, and the beginning of the used payload's hash."""


def second_source_findings(
    used: Mapping[IndexSession, RawEntry],
    candidates: Collection[RawEntry],
    buffer: RowBuffer,
    snapshot: LakeSnapshot,
    compared: Collection[Pair],
) -> list[Finding]:
    """The findings on each pair of `used` and another source that was not compared before.

    `compared` are the pairs of this run; those of earlier runs are read from the snapshot.
    """
    pairs = [
        (entry, used[session_of(entry)])
        for entry in sorted(candidates)
        if session_of(entry) in used and used[session_of(entry)] != entry
    ]
    if not pairs:
        return []
    existing = {*compared, *_recorded(snapshot)}
    new = [(entry, winner) for entry, winner in pairs if _pair(entry, winner) not in existing]
    read = buffer.candidates(list({entry for pair in new for entry in pair}))
    facts = {candidate.entry: candidate for candidate in read}
    return [
        _finding(facts[entry], facts[winner], buffer)
        for entry, winner in new
        if entry in facts and winner in facts and facts[entry].source != facts[winner].source
    ]


def pair_of(finding: Finding) -> Pair:
    """The pair that a finding of this module is about."""
    if finding.entry is None or finding.observed_value is None:
        raise ValueError(f"{finding} is about no pair")
    return finding.entry, finding.observed_value[:_HASH]


def _recorded(snapshot: LakeSnapshot) -> frozenset[Pair]:
    """The pairs that earlier runs compared."""
    is_ours = where.EqualTo("expectation", SECOND_SOURCE_RULE)  # type: ignore[call-arg,arg-type]  # pydantic hides __init__
    columns = ("index_code", "reference_date", "payload_sha256", "observed_value", "expectation")
    rows = snapshot.read("quality_result", is_ours, columns).to_pylist()
    return frozenset((_entry(row), str(row["observed_value"])[:_HASH]) for row in rows)


def _entry(row: Mapping[str, Any]) -> RawEntry:
    return RawEntry(row["index_code"], row["reference_date"], row["payload_sha256"])


def _pair(entry: RawEntry, winner: RawEntry) -> Pair:
    return entry, winner.payload_sha256[:_HASH]


def _finding(other: Candidate, used: Candidate, buffer: RowBuffer) -> Finding:
    differences = [] if other.quantities == used.quantities else _differences(other, used, buffer)
    used_hash = used.entry.payload_sha256[:_HASH]
    return Finding(
        "position",
        SECOND_SOURCE_RULE,
        "theoretical_quantity",
        "warning",
        success=not differences,
        unexpected_count=len(differences),
        observed_value=f"{used_hash} is used; {_told(differences)}",
        entry=other.entry,
    )


def _differences(other: Candidate, used: Candidate, buffer: RowBuffer) -> list[str]:
    theirs, ours = (_quantities(each.entry, buffer) for each in (other, used))
    return [
        f"{ticker} {_number(theirs.get(ticker))}, not {_number(ours.get(ticker))}"
        for ticker in sorted({*theirs, *ours})
        if theirs.get(ticker) != ours.get(ticker)
    ]


def _quantities(entry: RawEntry, buffer: RowBuffer) -> dict[str, int]:
    rows: pa.Table = buffer.raw.read([buffer.keys[entry]]).rows
    return dict(
        zip(rows["ticker"].to_pylist(), rows["theoretical_quantity"].to_pylist(), strict=True)
    )


def _number(quantity: int | None) -> str:
    return "absent" if quantity is None else f"{quantity:,}"


def _told(differences: Iterable[str]) -> str:
    texts = list(differences)
    if not texts:
        return "its quantities are the same"
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    noun = counted(len(texts), "quantity differs", "quantities differ")
    return f"{noun} here: {'; '.join(texts[:_SHOWN])}{more}"
