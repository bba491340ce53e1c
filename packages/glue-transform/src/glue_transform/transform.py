"""From raw rows that passed the gate to the refined tables of the sessions they touch."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.backends.validation import validate
from b3_contracts.specification import REFINED
from glue_transform.engines.base import Engine
from glue_transform.packed_rows import BATCH_ROWS, PackedRows
from glue_transform.planning import IndexSession, Plan, predecessors
from glue_transform.rebalances import rebalance_dates
from glue_transform.reference_inputs import (
    closed_days,
    dividend_adjusted_indices,
    vocabulary_words,
)
from lake_io import LakeSnapshot, Replacement
from lake_io.tables.filters import among, sessions_of

__all__ = ["audit", "replacements"]

_DATE: Final = pa.date32()


def audit(engine: Engine, raw: Iterable[pa.Table], plan: Plan, snapshot: LakeSnapshot) -> pa.Table:
    """A row of exact differences for each candidate portfolio in `raw`, computed table by table."""
    counts = ("index_code", "reference_date", "position_count")
    inputs = {
        "session": _session_table(plan, plan.publish),
        "published_portfolio": snapshot.read("portfolio", columns=counts),
        "vocabulary_word": vocabulary_words(),
    }
    return pa.concat_tables(
        engine.run(
            "portfolio_audit",
            {**inputs, "raw_position": rows, "closed_day": closed_days(rows["reference_date"])},
        )
        for rows in raw
    )


def replacements(
    engine: Engine, raw: dict[str, PackedRows], plan: Plan, snapshot: LakeSnapshot
) -> dict[str, Replacement]:
    """The new rows of every table but `quality_result`, checked against their contracts.

    `raw` holds the rows of `plan.publish` by index, and is emptied on the way, so that a
    backfill needs little more memory than its rows. What stands beside the plan's sessions
    is read from the snapshot: the portfolios before and after them, the changes of their indices.
    """
    parts = []
    for indices in _batches(raw, plan):
        rows = PackedRows([part for i in indices if i in raw for part in raw.pop(i).parts]).rows()
        parts.append(_refined(engine, rows, plan.of(indices), snapshot))
    return {
        name: Replacement(pa.concat_tables(part[name] for part in parts), _keys(name, plan))
        for name in parts[0]
    }


def _batches(raw: Mapping[str, PackedRows], plan: Plan) -> list[list[str]]:
    """The plan's indices in groups, at least one: no row of an index depends on another's."""
    batches: list[list[str]] = [[]]
    size = 0
    for index in sorted(plan.indices):
        rows = raw[index].num_rows if index in raw else 0
        size += rows
        if size > BATCH_ROWS and batches[-1]:
            batches.append([])
            size = rows
        batches[-1].append(index)
    return batches


def _refined(
    engine: Engine, raw: pa.Table, plan: Plan, snapshot: LakeSnapshot
) -> dict[str, pa.Table]:
    position = engine.run("position", {"raw_position": raw})
    session = _session_table(plan, plan.recompute | plan.publish.keys())
    compared = pa.concat_tables([position, _neighbours(plan, snapshot)])
    inputs = {"session": session, "position": compared}
    causes = {
        "rebalance": rebalance_dates(),
        "dividend_adjusted_index": dividend_adjusted_indices(),
    }
    change = engine.run("position_change", {**inputs, **causes})
    rows = {
        "position": position,
        "share_class_summary": engine.run("share_class_summary", inputs),
        "position_change": change,
        "membership": _membership(engine, plan, snapshot, position, change),
        "portfolio": engine.run("portfolio", _headers(raw, session, plan, snapshot)),
    }
    return {name: validate(table, REFINED[name]) for name, table in rows.items()}


def _headers(
    raw: pa.Table, session: pa.Table, plan: Plan, snapshot: LakeSnapshot
) -> dict[str, pa.Table]:
    recomputed = snapshot.read("portfolio", sessions_of(_by_index(plan.recompute)))
    return {"raw_position": raw, "session": session, "recomputed_portfolio": recomputed}


def _neighbours(plan: Plan, snapshot: LakeSnapshot) -> pa.Table:
    """Published positions that the touched sessions are, or are compared with."""
    previous = predecessors(plan.present)
    before = (
        IndexSession(session.index_code, date)
        for session in plan.recompute | plan.publish.keys()
        if (date := previous[session]) is not None
    )
    sessions = (plan.recompute | frozenset(before)) - plan.publish.keys()
    return snapshot.read("position", sessions_of(_by_index(sessions)))


def _membership(
    engine: Engine, plan: Plan, snapshot: LakeSnapshot, position: pa.Table, change: pa.Table
) -> pa.Table:
    spans = [(i, dates[0], dates[-1]) for i, dates in plan.present.items() if i in plan.indices]
    first = {IndexSession(index, date) for index, date, _ in spans} - plan.publish.keys()
    inputs = {
        "position_change": pa.concat_tables([_standing_changes(plan, snapshot), change]),
        "position": pa.concat_tables(
            [position, snapshot.read("position", sessions_of(_by_index(first)))]
        ),
        "index_span": _table(spans, "index_code", "first_session", "last_session"),
    }
    return engine.run("membership", inputs)


def _standing_changes(plan: Plan, snapshot: LakeSnapshot) -> pa.Table:
    """The published changes of the touched indices that this plan does not replace."""
    changes = snapshot.read("position_change", among("index_code", plan.indices))
    if not changes.num_rows:
        return changes
    touched = _table(plan.touched, "index_code", "reference_date")
    prior_findings = changes.join(touched, touched.column_names, join_type="left anti")
    return arrow.conform(prior_findings, REFINED["position_change"])


def _keys(name: str, plan: Plan) -> pa.Table:
    """Keys that a table's new rows replace: the touched indices, or the sessions that differ."""
    replaced_by = list(REFINED[name].replaced_by)
    if replaced_by == ["index_code"]:
        return pa.table({"index_code": pa.array(sorted(plan.indices), pa.string())})
    sessions = plan.touched - plan.recompute if name == "position" else plan.touched
    return _table(sessions, *replaced_by)


def _session_table(plan: Plan, sessions: Iterable[IndexSession]) -> pa.Table:
    previous = predecessors(plan.present)
    rows = [(*session, previous[session]) for session in sessions]
    return _table(rows, "index_code", "reference_date", "previous_reference_date")


def _table(rows: Iterable[tuple[object, ...]], index_code: str, *dates: str) -> pa.Table:
    schema = pa.schema([(index_code, pa.string()), *((date, _DATE) for date in dates)])
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema)


def _by_index(sessions: Iterable[IndexSession]) -> dict[str, set[dt.date]]:
    dates: dict[str, set[dt.date]] = {}
    for session in sessions:
        dates.setdefault(session.index_code, set()).add(session.reference_date)
    return dates
