"""Previews in the tables: which are pending, and what they change in the portfolio in force."""

import bisect
import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg import expressions as where

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.errors import ContractError
from b3_contracts.layout import PreviewKey
from b3_contracts.specification import REFINED
from b3_contracts.table_spec import TableSpec
from glue_transform.announcements import Announcement, announcements, is_in_season
from glue_transform.planning import IndexSession, Plan, Scope
from lake_io import LakeSnapshot, PreviewReader, Replacement
from lake_io.tables.filters import sessions_of

__all__ = ["Previews", "pending_previews"]

POSITION: Final = REFINED["preview_position"]
CHANGE: Final = REFINED["preview_change"]
RECENT: Final = dt.timedelta(days=200)
"""Previews that came longer before the newest answer are published by a rebuild alone."""
_COMPARED: Final = ("ticker", "company", "theoretical_quantity", "weight_pct")

Position = Mapping[str, Any]
Portfolio = Mapping[str, Position]
"""Positions by ticker."""


@dataclass(frozen=True)
class Previews:
    """The previews to be published, and those whose rows cannot be read."""

    announced: tuple[Announcement, ...] = ()
    rows: Mapping[str, pa.Table] = field(default_factory=dict)
    """The typed rows of each answer, by its hash."""
    broken: tuple[ContractError, ...] = ()

    def replacements(
        self, positions: pa.Table, plan: Plan, snapshot: LakeSnapshot
    ) -> dict[str, Replacement]:
        """The new rows of both tables; `positions` are those that this run publishes."""
        if not self.announced:
            return {}
        in_force = _in_force(self.announced, positions, plan, snapshot)
        pairs = sorted({(each.index_code, each.effective_date) for each in self.announced})
        keys = pa.table(
            dict(zip(POSITION.replaced_by, zip(*pairs, strict=True), strict=True)),
            pa.schema([arrow.schema(POSITION).field(name) for name in POSITION.replaced_by]),
        )
        position: list[Position] = []
        change: list[Position] = []
        for each in self.announced:
            rows = self.rows[each.payload_sha256].to_pylist()
            position += [{**row, **asdict(each)} for row in rows]
            if each.in_force_date is not None:
                session = IndexSession(each.index_code, each.in_force_date)
                change += _changes(each, rows, in_force[session])
        return {
            POSITION.name: _replacement(position, POSITION, keys),
            CHANGE.name: _replacement(change, CHANGE, keys),
        }


def pending_previews(
    raw: PreviewReader, snapshot: LakeSnapshot, plan: Plan, scope: Scope, *, rebuild: bool
) -> Previews:
    """The previews that are not published as they should be, each with all of its rebalance.

    Without `rebuild` those of the last months are looked at. Of an index with an answer that cannot
    be read nothing is published anew: without it a stale one could seem new.
    """
    keys = raw.keys(scope.indices)
    if not keys:
        return Previews()
    since = dt.date.min if rebuild else _newest(keys) - RECENT
    published = _published(snapshot, since)
    rows: dict[str, pa.Table] = {}
    broken: list[ContractError] = []
    announced: list[Announcement] = []
    for index, those in groupby(keys, lambda key: key.index_code):
        answers = list(those)
        existing = published.get(index, frozenset())
        if not rebuild and not _may_be_pending(answers, existing, plan, since):
            continue
        try:
            read = [(key, raw.read_one(key)) for key in answers]
        except ContractError as error:
            broken.append(error)
            continue
        rows |= {key.payload_sha256: table for key, table in read}
        current = [_compared(each, plan) for each in announcements(read)]
        announced += _due(current, existing, plan, since, rebuild=rebuild)
    return Previews(tuple(announced), rows, tuple(broken))


def _newest(keys: Iterable[PreviewKey]) -> dt.date:
    """The day of the newest answer."""
    return max(key.captured_on for key in keys)


def _may_be_pending(
    keys: Iterable[PreviewKey], existing: Collection[Announcement], plan: Plan, since: dt.date
) -> bool:
    """True if an answer within the weeks of previews is not published, or is compared anew."""
    hashes = {each.payload_sha256 for each in existing}
    return any(
        key.payload_sha256 not in hashes
        and key.captured_on >= since
        and is_in_season(key.captured_on)
        for key in keys
    ) or any(_is_outdated(each, plan) for each in existing)


def _is_outdated(existing: Announcement, plan: Plan) -> bool:
    """True if the session it is compared with is published anew, or is another now."""
    if _compared(existing, plan) != existing:
        return True
    session = existing.in_force_date
    return session is not None and IndexSession(existing.index_code, session) in plan.publish


def _compared(each: Announcement, plan: Plan) -> Announcement:
    """With the last session published until the day on which it was seen first."""
    sessions = plan.present.get(each.index_code, ())
    place = bisect.bisect_right(sessions, each.first_seen_on)
    return replace(each, in_force_date=sessions[place - 1] if place else None)


def _due(
    current: Sequence[Announcement],
    existing: Collection[Announcement],
    plan: Plan,
    since: dt.date,
    *,
    rebuild: bool,
) -> Iterator[Announcement]:
    """All previews of each rebalance of which one is not published as it should be."""
    due = {
        each.effective_date
        for each in current
        if rebuild
        or (each.first_seen_on >= since and (each not in existing or _is_outdated(each, plan)))
    }
    return (each for each in current if each.effective_date in due)


def _published(snapshot: LakeSnapshot, since: dt.date) -> dict[str, frozenset[Announcement]]:
    names = [field.name for field in fields(Announcement)]
    # The pydantic model of PyIceberg takes a name and a plain value, which its types do not show.
    condition = where.GreaterThanOrEqual("first_seen_on", since)  # type: ignore[call-arg,arg-type]
    rows = snapshot.read(POSITION.name, condition, names)
    existing: dict[str, set[Announcement]] = {}
    for row in rows.group_by(names).aggregate([]).to_pylist():
        existing.setdefault(row["index_code"], set()).add(Announcement(**row))
    return {index: frozenset(those) for index, those in existing.items()}


def _in_force(
    announced: Iterable[Announcement], positions: pa.Table, plan: Plan, snapshot: LakeSnapshot
) -> dict[IndexSession, Portfolio]:
    """The portfolios that previews are compared with, of this run or published before."""
    sessions = {
        IndexSession(each.index_code, each.in_force_date)
        for each in announced
        if each.in_force_date is not None
    }
    stored: dict[str, list[dt.date]] = {}
    for session in sessions - plan.publish.keys():
        stored.setdefault(session.index_code, []).append(session.reference_date)
    names = ["index_code", "reference_date", *_COMPARED]
    tables = [positions.select(names)]
    if stored:
        tables.append(snapshot.read("position", sessions_of(stored), names).select(names))
    portfolios: dict[IndexSession, dict[str, Position]] = {each: {} for each in sessions}
    dates = pa.array({session.reference_date for session in sessions}, pa.date32())
    for table in tables:
        for row in table.filter(pc.is_in(table["reference_date"], dates)).to_pylist():
            session = IndexSession(row["index_code"], row["reference_date"])
            if session in sessions:
                portfolios[session][row["ticker"]] = row
    return dict(portfolios)


def _changes(
    each: Announcement, rows: Iterable[Position], before: Portfolio
) -> Iterator[dict[str, Any]]:
    """The positions that the preview changes: weights too, since those are what a fund trades."""
    after = {row["ticker"]: row for row in rows}
    for ticker in sorted(after.keys() | before.keys()):
        old, new = before.get(ticker), after.get(ticker)
        if (kind := _change_type(old, new)) is not None:
            yield {**asdict(each), **_change(ticker, old, new), "change_type": kind}


def _change_type(old: Position | None, new: Position | None) -> str | None:
    if old is None or new is None:
        return "inclusion" if old is None else "exclusion"
    if old["theoretical_quantity"] != new["theoretical_quantity"]:
        return "quantity"
    return "weight" if old["weight_pct"] != new["weight_pct"] else None


def _change(ticker: str, old: Position | None, new: Position | None) -> dict[str, Any]:
    before, after = old or {}, new or {}
    quantities = [side.get("theoretical_quantity") for side in (before, after)]
    weights = [side.get("weight_pct") for side in (before, after)]
    return {
        "ticker": ticker,
        "company": (new or before)["company"],
        "previous_theoretical_quantity": quantities[0],
        "theoretical_quantity": quantities[1],
        "quantity_change": (quantities[1] or 0) - (quantities[0] or 0),
        "previous_weight_pct": weights[0],
        "weight_pct": weights[1],
        "weight_change_pct": (weights[1] or Decimal(0)) - (weights[0] or Decimal(0)),
    }


def _replacement(rows: Iterable[Position], table: TableSpec, keys: pa.Table) -> Replacement:
    names = arrow.column_names(table)
    selected = [{name: row[name] for name in names} for row in rows]
    return Replacement(
        validate(pa.Table.from_pylist(selected, schema=arrow.schema(table)), table), keys
    )
