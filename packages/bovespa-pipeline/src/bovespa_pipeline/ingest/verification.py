"""`bovespa verify`: reads every file of a lake and compares it with hashes and contracts.

A payload is the one thing that cannot be had again: what is broken and can be made from the
rest is, with `repair`; what cannot is named, with what a person can do.
"""

import datetime as dt
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from b3_contracts import layout
from b3_contracts.layout import Sighting
from bovespa_pipeline.ingest.reparsing import reparse_all
from bovespa_pipeline.quality_report import write_page
from lake_io import Lake, LakeError, RawZone
from lake_io.lake import FRONT_PAGE
from lake_io.raw.checks import fault_of
from lake_io.verification import breaches, damages

__all__ = ["Fault", "Verification", "repair_of", "verify"]

REBUILD: Final = "run `bovespa refine --rebuild`"
_DERIVED: Final = (
    layout.MANIFEST_PREFIX,
    layout.RECEIPT_PREFIX,
    layout.REFERENCE_PREFIX,
    layout.REJECTED_PREFIX,
)
"""Damaged ones are moved away: nothing published depends on them."""


@dataclass(frozen=True)
class Fault:
    """One fault, and the command that repairs it."""

    reason: str
    mended_by: str
    key: str | None = None

    def __str__(self) -> str:
        return f"{self.reason}; {self.mended_by}"


@dataclass
class Verification:
    """Number of objects read, faults found, and repairs."""

    checked: int = 0
    faults: list[Fault] = field(default_factory=list)
    repaired: list[Fault] = field(default_factory=list)


def verify(
    lake: Lake,
    now: dt.datetime,
    progress: Callable[[str], None] = lambda _: None,
    *,
    repair: bool = False,
) -> Verification:
    """Read every payload, row file, note, table and quality page of the lake.

    With `repair`, what can be made from the rest is made anew before the faults that stay are
    listed. Raises LakeUnreachable.
    """
    outcome = _verify_once(lake, progress)
    if not repair or not outcome.faults:
        return outcome
    _repair(lake, now, outcome.faults)
    again = _verify_once(lake, progress)
    again.repaired = [fault for fault in outcome.faults if fault not in again.faults]
    return again


def _verify_once(lake: Lake, progress: Callable[[str], None]) -> Verification:
    outcome = Verification()
    for key in lake.raw.keys():  # noqa: SIM118 - a raw zone is no mapping
        progress(key)
        outcome.checked += 1
        if reason := fault_of(lake.raw, key):
            outcome.faults.append(Fault(reason, repair_of(key), key))
    outcome.faults += _missing(lake.raw)
    outcome.faults += _table_faults(lake, progress)
    outcome.faults += _page_faults(lake, progress)
    return outcome


def _missing(raw: RawZone) -> Iterator[Fault]:
    """Payloads and typed rows that a manifest or the rows themselves name."""
    keys = raw.entries()
    announced = {entry for manifest in raw.manifests() for entry in manifest.entries}
    for entry in sorted(announced - keys.keys()):
        name = f"{entry.index_code} {entry.reference_date} ({entry.payload_sha256[:16]})"
        yield Fault(f"the typed rows of {name} are missing", "run `bovespa reparse`")
    present = set(raw.keys())
    for digest in sorted({entry.payload_sha256 for entry in announced | keys.keys()}):
        key = layout.payload_key(digest)
        if key not in present:
            yield Fault(f"{key} is missing", repair_of(key))


def _table_faults(lake: Lake, progress: Callable[[str], None]) -> Iterator[Fault]:
    try:
        broken = [str(damage) for damage in damages(lake.refined_tables, progress)]
        broken += (
            [] if broken else [str(error) for error in breaches(lake.refined_tables, progress)]
        )
    except LakeError as error:
        broken = [str(error)]
    yield from (Fault(reason, REBUILD) for reason in broken)


def _page_faults(lake: Lake, progress: Callable[[str], None]) -> Iterator[Fault]:
    """Yield faults of quality pages that are truncated."""
    for name in sorted(lake.quality.names()):
        progress(name)
        if name.endswith(".html") and not lake.quality.read(name).rstrip().endswith(b"</html>"):
            mended_by = (
                "run `bovespa refine`" if name == FRONT_PAGE else "remove it: later runs do without"
            )
            yield Fault(f"quality/{name} is damaged: it is no whole page", mended_by)


def repair_of(key: str, lake_uri: str | None = None) -> str:
    """Return the command that repairs a damaged object of raw, by its kind.

    The command names the lake if it is given.
    """
    lake = f" --lake {shlex.quote(lake_uri)}" if lake_uri else ""
    repair = f"run `bovespa verify --repair{lake}`"
    if key.startswith(layout.PAYLOAD_PREFIX):
        return "import the same file again, or copy it from a back-up: nothing else holds it"
    if key.startswith(layout.WITHDRAWN_PREFIX) and (note := layout.withdrawal(key)):
        entry, command = note.entry, "reinstate" if note.number % 2 else "withdraw"
        return (
            f"run `bovespa {command} {entry.index_code} {entry.reference_date} "
            f"--payload {entry.payload_sha256[:16]} --reason WHY{lake}`"
        )
    if key.startswith(layout.REFERENCE_PREFIX):
        return f"copy it from a back-up, or {repair}, which sets it aside"
    return repair


def _repair(lake: Lake, now: dt.datetime, faults: list[Fault]) -> None:
    raw = lake.raw
    for key in (fault.key for fault in faults if fault.key):
        if parsed := Sighting.parse(key):
            raw.write_sighting(*parsed)  # its key says all of it
        elif key.startswith(_DERIVED):
            raw.set_aside(key)
    reparse_all(raw, now, untyped=_rejected_in(faults))
    write_page(lake, now)


def _rejected_in(faults: list[Fault]) -> list[str]:
    """The payloads whose rejection was broken: they are read again."""
    keys = (fault.key for fault in faults if fault.key)
    return [sha256 for key in keys if (sha256 := layout.rejected_payload(key))]
