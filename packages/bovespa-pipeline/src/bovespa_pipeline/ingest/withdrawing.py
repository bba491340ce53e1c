"""Taking a payload out of what may be published; nothing is deleted."""

import datetime as dt

from b3_contracts.layout import RawEntry, withdrawn_key
from glue_transform import IndexSession
from lake_io import Lake, NotInLake, RawZone
from lake_io.raw.checks import fault_of
from lake_io.tables.filters import sessions_of

__all__ = ["withdraw_entry"]


def withdraw_entry(
    lake: Lake, session: IndexSession, *, reason: str, payload: str, now: dt.datetime
) -> RawEntry:
    """Withdraw the session's published payload, or the one whose hash begins with `payload`.

    Raises NotInLake where there is none, or more than one it could be.
    """
    prior_findings = [
        entry
        for entry in sorted(lake.raw.entries().keys() - _withdrawn(lake.raw))
        if (entry.index_code, entry.reference_date) == session
    ]
    meant = [entry for entry in prior_findings if entry.payload_sha256.startswith(payload)]
    if not payload and len(meant) > 1:
        published = _published_payload(lake, session)
        meant = [entry for entry in meant if entry.payload_sha256 == published]
    if len(meant) != 1:
        hashes = ", ".join(entry.payload_sha256[:16] for entry in prior_findings) or "none"
        raise NotInLake(
            f"cannot tell which payload of {session.index_code} {session.reference_date} "
            f"to withdraw; those that stand: {hashes}"
        )
    lake.raw.withdraw(meant[0], reason, now)
    return meant[0]


def _published_payload(lake: Lake, session: IndexSession) -> str | None:
    rows = lake.refined_tables.snapshot().read(
        "portfolio", sessions_of({session.index_code: {session.reference_date}})
    )
    return rows["payload_sha256"][0].as_py() if rows.num_rows else None


def _withdrawn(raw: RawZone) -> set[RawEntry]:
    """The entries whose withdrawal can be read: a broken one is written again."""
    return {entry for entry in raw.withdrawn() if fault_of(raw, withdrawn_key(entry)) is None}
