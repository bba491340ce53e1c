"""Problems between raw and the tables: pending work, and published sessions that raw has lost."""

import datetime as dt
from collections.abc import Collection, Iterator
from functools import partial

from b3_contracts.layout import RawEntry
from bovespa_pipeline.health.problem import Fact, Problem, days_in_words, problem
from bovespa_pipeline.quality_report.site import Site
from glue_transform import IndexSession, Scope, pending
from lake_io import Lake

__all__ = ["lost_rows", "pending_work"]


def pending_work(lake: Lake, scope: Scope, site: Site) -> Iterator[Problem]:
    """What the next `refine` would publish or remove."""
    work = pending(lake, scope)
    again = work.publish & site.passed.keys()
    yield from _of_sessions("pending", "pending", (work.publish - again) | work.withhold)
    yield from _of_sessions("pending", "pending_again", again)
    yield from _of_sessions("pending", "pending_removal", work.remove)
    busy = {session.index_code for session in work.publish | work.remove | work.withhold}
    announced = {(each.index_code, each.effective_date) for each in work.previews}
    for index, day in sorted(announced):
        # A preview is compared anew with each session: it is no news beside one.
        if index not in busy:
            fact = Fact("pending", index, day, "preview")
            yield problem("pending", index, "pending_preview", [fact], day=day)


def lost_rows(lake: Lake, site: Site, since: dt.date) -> Iterator[Problem]:
    """Published sessions whose typed rows are missing, or damaged since a day."""
    entries = lake.raw.entries()
    faults: dict[str, set[IndexSession]] = {}
    for session, about in sorted(site.passed.items()):
        entry = RawEntry(*session, about.payload_sha256)
        key = entries.get(entry)
        is_recent = session.reference_date >= since
        if key is None or (is_recent and not lake.raw.is_readable(key)):
            fault = "missing" if key is None else "damaged"
            has_payload = lake.raw.holds_payload(about.payload_sha256)
            faults.setdefault(fault if has_payload else f"{fault}_lost", set()).add(session)
    for fault, sessions in faults.items():
        key_of_text = "rows_lost" if fault.endswith("_lost") else f"rows_{fault}"
        yield from _of_sessions(f"rows_{fault.removesuffix('_lost')}", key_of_text, sessions)


def _of_sessions(kind: str, key: str, sessions: Collection[IndexSession]) -> Iterator[Problem]:
    """One problem for each index; `kind` is that of its facts."""
    by_index: dict[str, list[dt.date]] = {}
    for session in sorted(sessions):
        by_index.setdefault(session.index_code, []).append(session.reference_date)
    for index, days in by_index.items():
        facts = [Fact(kind, index, day) for day in days]
        shown = partial(days_in_words, days)
        yield problem(kind.partition("_")[0], index, key, facts, days=shown)
