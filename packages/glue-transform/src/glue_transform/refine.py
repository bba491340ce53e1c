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
from glue_transform import findings as quality
from glue_transform import gate
from glue_transform.engine import Engine
from glue_transform.gate import Judge
from glue_transform.hearing import Hearing, Settlement
from glue_transform.report import PENDING, Choices, Report, report
from glue_transform.transform import replacements
from lake_io import Conflict, Lake, Publication, Replacement, View

__all__ = ["ATTEMPTS", "refine"]

ATTEMPTS: Final = 20


def refine(  # noqa: PLR0913, PLR0917 - every edge of a run is handed in
    lake: Lake,
    engine: Engine,
    now: dt.datetime,
    choices: Choices = PENDING,
    progress: Callable[[str], None] = lambda _: None,
    judge: Judge = gate.judge,
) -> Report:
    """Publish every pending session of the lake that passes contract and gate.

    Raises ContractError where the transform's own output breaks a contract, TransformError
    where the run could not go on, and Conflict where other runs won `ATTEMPTS` times; then
    nothing of this run is visible.
    """
    run_id = f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    hearing = Hearing(lake, engine, judge, run_id, progress)
    with lake.refining():
        for _ in range(ATTEMPTS - 1):
            try:
                return _publish_pending(hearing, now, choices)
            except Conflict:
                progress("another run published meanwhile: computing anew")
        return _publish_pending(hearing, now, choices)


def _publish_pending(hearing: Hearing, now: dt.datetime, choices: Choices) -> Report:
    view = hearing.lake.catalogue.view()
    standing = quality.read_standing(view, hearing.lake.raw.sightings())
    settlement = hearing.settle(
        view,
        choices.scope,
        () if choices.again else standing,
        quality.unreadable(standing),
        rebuild=choices.rebuild,
    )
    done = report(hearing.run_id, settlement, hearing.findings, standing)
    is_known = not (hearing.has_judged or done.refused or done.withheld)
    if settlement.plan.is_empty and is_known:
        return done
    hearing.progress(f"publishing {counted(len(done.published), 'portfolio', 'portfolios')}")
    results = _results(hearing, done, now)
    _publish(hearing, view, settlement, results)
    hearing.lake.catalogue.upkeep(now)
    return done


def _publish(hearing: Hearing, view: View, settlement: Settlement, results: Replacement) -> None:
    work = settlement.plan
    rows = replacements(hearing.engine, hearing.take(work.publish.values()), work, view)
    tables = {**rows, "quality_result": results}
    hearing.lake.catalogue.publish(Publication(hearing.run_id, contract_version, view, tables))


def _results(hearing: Hearing, done: Report, now: dt.datetime) -> Replacement:
    records = [finding for session in done.withheld for finding in quality.withheld(session)]
    new = [finding for finding in hearing.findings if finding not in done.unreadable]
    rows = quality.rows([*new, *records], hearing.run_id, now)
    return Replacement(rows, pa.table({"run_id": [hearing.run_id]}))
