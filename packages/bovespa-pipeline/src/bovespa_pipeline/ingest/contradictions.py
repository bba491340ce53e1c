"""Warnings about imports that contradict other payloads of their session.

The same ranking as in `refine` decides; it is evaluated here only to warn.
"""

from b3_contracts.layout import RawEntry
from glue_transform.candidates import (
    Candidate,
    ConflictingImports,
    differ,
    summarise_candidates,
    winner,
)
from lake_io import RawZone

__all__ = ["contradiction"]


def contradiction(raw: RawZone, entry: RawEntry) -> str | None:
    """A warning where another payload of the session has other figures, or None."""
    keys = raw.session_entries(entry.index_code, entry.reference_date)
    if len(keys) == 1:
        return None
    withdrawn = raw.withdrawn()
    read = raw.read([key for key in keys if key.entry not in withdrawn])
    candidates = {candidate.entry: candidate for candidate in summarise_candidates(read.rows)}
    own = candidates.pop(entry, None)
    others = [other for other in candidates.values() if own and differ(own, other)]
    if own is None or not others:
        return None
    used = winner([own, *candidates.values()])
    return f"its figures differ from {_named(others)} of the same session: {_outcome(used, entry)}"


def _named(others: list[Candidate]) -> str:
    hashes = sorted(other.entry.payload_sha256[:16] for other in others)
    return f"those of {', '.join(hashes)}"


def _outcome(used: RawEntry | ConflictingImports, entry: RawEntry) -> str:
    if isinstance(used, ConflictingImports):
        return (
            "`bovespa refine` withholds the session, unless the gate refuses one, "
            "until one is withdrawn"
        )
    if used == entry:
        return "it is used in their place"
    return f"{used.payload_sha256[:16]} is used, not this file"
