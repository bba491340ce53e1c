"""Withdraw a payload from publication; nothing is deleted."""

import datetime as dt
from collections.abc import Sequence

from b3_contracts.layout import RawEntry, withdrawn_key
from bovespa_pipeline.queries.indices import assert_in_lake
from glue_transform import IndexSession
from glue_transform.selection import session_of
from lake_io import Lake, NotInLake, RawZone
from lake_io.raw.checks import fault_of
from lake_io.tables.filters import sessions_of

__all__ = ["reinstate_entry", "withdraw_entry"]


def withdraw_entry(
    lake: Lake, session: IndexSession, *, reason: str, payload: str, now: dt.datetime
) -> RawEntry:
    """Withdraw the session's published payload, or the one whose hash begins with `payload`.

    Raises NotInLake if no payload matches, or more than one.
    """
    entries = [entry for entry in sorted(lake.raw.entries()) if session_of(entry) == session]
    withdrawn = _withdrawn(lake.raw)
    candidates = [entry for entry in entries if entry not in withdrawn]
    matching = [entry for entry in candidates if entry.payload_sha256.startswith(payload)]
    if not payload and len(matching) > 1:
        published = _published_payload(lake, session)
        matching = [entry for entry in matching if entry.payload_sha256 == published]
    if len(matching) != 1:
        assert_in_lake(lake, {session.index_code})
        raise NotInLake(_mismatch(session, entries, candidates, payload))
    lake.raw.withdraw(matching[0], reason, now)
    return matching[0]


def reinstate_entry(
    lake: Lake, session: IndexSession, *, reason: str, payload: str, now: dt.datetime
) -> RawEntry:
    """Undo the withdrawal of the session's payload, or of the one whose hash begins so.

    Raises NotInLake if no withdrawn payload matches, or more than one.
    """
    candidates = [e for e in sorted(lake.raw.withdrawn()) if session_of(e) == session]
    matching = [entry for entry in candidates if entry.payload_sha256.startswith(payload)]
    if len(matching) != 1:
        if not candidates:
            assert_in_lake(lake, {session.index_code})
        raise NotInLake(_mismatch_of_withdrawn(session, candidates, payload))
    lake.raw.reinstate(matching[0], reason, now)
    return matching[0]


def _mismatch(
    session: IndexSession,
    entries: Sequence[RawEntry],
    candidates: Sequence[RawEntry],
    payload: str,
) -> str:
    name = f"{session.index_code} {session.reference_date}"
    if not entries:
        return f"raw holds no payload of {name}"
    if not candidates:
        return f"every payload of {name} is withdrawn already: {_hashes(entries)}"
    others = f"not withdrawn: {_hashes(candidates)}"
    if _matches_none(candidates, payload):
        if not _matches_none(entries, payload):
            return f"payload {payload} of {name} is withdrawn already; {others}"
        return f"no payload of {name} begins with {payload!r}; {others}"
    return f"which payload of {name} to withdraw is not clear; there are {_hashes(candidates)}"


def _mismatch_of_withdrawn(
    session: IndexSession, candidates: Sequence[RawEntry], payload: str
) -> str:
    name = f"{session.index_code} {session.reference_date}"
    if not candidates:
        return f"no payload of {name} is withdrawn"
    if _matches_none(candidates, payload):
        hashes = _hashes(candidates)
        return f"no withdrawn payload of {name} begins with {payload!r}; withdrawn: {hashes}"
    return f"which payload of {name} to reinstate is not clear; there are {_hashes(candidates)}"


def _matches_none(entries: Sequence[RawEntry], payload: str) -> bool:
    return not any(entry.payload_sha256.startswith(payload) for entry in entries)


def _hashes(entries: Sequence[RawEntry]) -> str:
    return ", ".join(entry.payload_sha256[:16] for entry in entries)


def _published_payload(lake: Lake, session: IndexSession) -> str | None:
    rows = lake.refined_tables.snapshot().read(
        "portfolio", sessions_of({session.index_code: {session.reference_date}})
    )
    return rows["payload_sha256"][0].as_py() if rows.num_rows else None


def _withdrawn(raw: RawZone) -> set[RawEntry]:
    """Return the entries with a readable withdrawal: a damaged one is written again."""
    newest = raw.withdrawals.newest()
    return {
        entry
        for entry in raw.withdrawn()
        if fault_of(raw, withdrawn_key(entry, newest[entry])) is None
    }
