"""One run of refine: pending sessions are evaluated, transformed, checked and published.

pending ──► evaluate ──► all passed ──► transform ──► check ──► publish
   ▲           │                                                   │
   ├── refused: plan without them                                  │
   └── another run published meanwhile: plan again ◄───────────────┘
"""

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Final

import pyarrow as pa

from b3_contracts import __version__ as contract_version
from b3_contracts.counts import counted
from glue_transform.engines.base import Engine
from glue_transform.evaluation import CandidateEvaluation
from glue_transform.planning import Plan
from glue_transform.previews import Previews, pending_previews
from glue_transform.quality import findings as quality
from glue_transform.quality import gate
from glue_transform.quality.gate import QualityCheck
from glue_transform.report import PENDING, RefineOptions, Report, report
from glue_transform.row_buffer import RowBuffer
from glue_transform.transform import replacements
from lake_io import Conflict, Lake, Publication, RawReader, Replacement

__all__ = ["ATTEMPTS", "refine"]

ATTEMPTS: Final = 20


def refine(  # noqa: PLR0913, PLR0917 - every edge of a run is handed in
    lake: Lake,
    engine: Engine,
    now: dt.datetime,
    options: RefineOptions = PENDING,
    progress: Callable[[str], None] = lambda _: None,
    evaluate: QualityCheck = gate.evaluate,
    raw: RawReader | None = None,
) -> Report:
    """Publish every pending session of the lake that passes contract and gate.

    `raw` replaces the lake's own raw zone, as for its state at an earlier time. Raises
    ContractError if the transform's own output breaks a contract, TransformError if the run
    cannot go on, and Conflict if other runs won `ATTEMPTS` times; then nothing of this run is
    visible.
    """
    run_id = f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    buffer = RowBuffer(raw or lake.raw)
    with lake.refining():
        run = CandidateEvaluation(
            buffer,
            lake.refined_tables.snapshot(),
            lake=lake,
            engine=engine,
            check=evaluate,
            run_id=run_id,
            progress=progress,
        )
        for _ in range(ATTEMPTS - 1):
            try:
                return _publish_pending(run, now, options)
            except Conflict:
                progress("another run published meanwhile: computing anew")
                run.snapshot = lake.refined_tables.snapshot()
        return _publish_pending(run, now, options)


def _publish_pending(run: CandidateEvaluation, now: dt.datetime, options: RefineOptions) -> Report:
    prior_findings = quality.read_prior_findings(run.snapshot, run.buffer.raw.sightings())
    resolved = run.resolve(options, prior_findings)
    has_compared = run.compare_sources(resolved, prior_findings)
    previews = pending_previews(
        run.buffer.raw.previews,
        run.snapshot,
        resolved.plan,
        options.scope,
        rebuild=options.rebuild,
    )
    outcome = report(run.run_id, resolved, run.findings, prior_findings, previews)
    is_known = not (run.has_evaluated or has_compared or outcome.refused or outcome.withheld)
    if resolved.plan.is_empty and is_known and not previews.announced:
        return outcome
    run.progress(f"publishing {counted(len(outcome.published), 'portfolio', 'portfolios')}")
    _publish(run, resolved.plan, previews, _results(run, outcome, now))
    run.lake.refined_tables.maintain(now)
    return outcome


def _publish(
    run: CandidateEvaluation, work: Plan, previews: Previews, results: Replacement
) -> None:
    rows = run.buffer.pop(work.publish.values())
    tables = replacements(run.engine, rows, work, run.snapshot)
    tables |= previews.replacements(tables["position"].rows, work, run.snapshot)
    tables["quality_result"] = results
    run.lake.refined_tables.publish(Publication(run.run_id, contract_version, run.snapshot, tables))


def _results(run: CandidateEvaluation, outcome: Report, now: dt.datetime) -> Replacement:
    records = [finding for session in outcome.withheld for finding in quality.withheld(session)]
    new = [finding for finding in run.findings if finding not in outcome.unreadable]
    rows = quality.rows([*new, *records], run.run_id, now)
    return Replacement(rows, pa.table({"run_id": [run.run_id]}))
