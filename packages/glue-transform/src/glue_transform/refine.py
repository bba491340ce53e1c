"""One run of refine: what is pending, judged, transformed, checked and published.

pending ──► judge ──► all passed ──► transform ──► check ──► publish
   ▲          │                                                 │
   ├── refused: plan without them                               │
   └── another run published meanwhile: plan anew ◄─────────────┘
"""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Final

import pyarrow as pa

from b3_contracts import __version__ as contract_version
from b3_contracts.counts import counted
from glue_transform.engines.base import Engine
from glue_transform.quality import findings as quality
from glue_transform.quality import gate
from glue_transform.quality.gate import QualityCheck
from glue_transform.report import PENDING, RefineOptions, Report, report
from glue_transform.selection import CandidateSelection, ResolvedPlan
from glue_transform.transform import replacements
from lake_io import Conflict, Lake, LakeSnapshot, Publication, Replacement

__all__ = ["ATTEMPTS", "refine"]

ATTEMPTS: Final = 20


def refine(  # noqa: PLR0913, PLR0917 - every edge of a run is handed in
    lake: Lake,
    engine: Engine,
    now: dt.datetime,
    options: RefineOptions = PENDING,
    progress: Callable[[str], None] = lambda _: None,
    evaluate: QualityCheck = gate.evaluate,
) -> Report:
    """Publish every pending session of the lake that passes contract and gate.

    Raises ContractError where the transform's own output breaks a contract, TransformError
    where the run could not go on, and Conflict where other runs won `ATTEMPTS` times; then
    nothing of this run is visible.
    """
    run_id = f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    selection = CandidateSelection(lake, engine, evaluate, run_id, progress)
    with lake.refining():
        for _ in range(ATTEMPTS - 1):
            try:
                return _publish_pending(selection, now, options)
            except Conflict:
                progress("another run published meanwhile: computing anew")
        return _publish_pending(selection, now, options)


def _publish_pending(
    selection: CandidateSelection, now: dt.datetime, options: RefineOptions
) -> Report:
    snapshot = selection.lake.refined_tables.snapshot()
    prior_findings = quality.read_prior_findings(snapshot, selection.lake.raw.sightings())
    resolved = selection.resolve(
        snapshot,
        options.scope,
        () if options.again else prior_findings,
        quality.unreadable(prior_findings),
        rebuild=options.rebuild,
    )
    outcome = report(selection.run_id, resolved, selection.findings, prior_findings)
    is_known = not (selection.has_evaluated or outcome.refused or outcome.withheld)
    if resolved.plan.is_empty and is_known:
        return outcome
    selection.progress(f"publishing {counted(len(outcome.published), 'portfolio', 'portfolios')}")
    results = _results(selection, outcome, now)
    _publish(selection, snapshot, resolved, results)
    selection.lake.refined_tables.maintain(now)
    return outcome


def _publish(
    selection: CandidateSelection,
    snapshot: LakeSnapshot,
    resolved: ResolvedPlan,
    results: Replacement,
) -> None:
    work = resolved.plan
    rows = replacements(selection.engine, selection.pop_rows(work.publish.values()), work, snapshot)
    tables = {**rows, "quality_result": results}
    selection.lake.refined_tables.publish(
        Publication(selection.run_id, contract_version, snapshot, tables)
    )


def _results(selection: CandidateSelection, outcome: Report, now: dt.datetime) -> Replacement:
    records = [finding for session in outcome.withheld for finding in quality.withheld(session)]
    new = [finding for finding in selection.findings if finding not in outcome.unreadable]
    rows = quality.rows([*new, *records], selection.run_id, now)
    return Replacement(rows, pa.table({"run_id": [selection.run_id]}))
