"""Pending work of a lake: what the next run would change in the tables, if everything passes.

It is the plan of a run without its evaluation. Only sessions with several payloads are read.
"""

from dataclasses import dataclass

from glue_transform.announcements import Announcement
from glue_transform.planning import IndexSession, Scope
from glue_transform.previews import pending_previews
from glue_transform.quality.findings import contradicting, read_prior_findings
from glue_transform.report import RefineOptions
from glue_transform.resolution import Resolution
from glue_transform.row_buffer import RowBuffer
from glue_transform.selection import ResolvedPlan
from lake_io import Lake, LakeSnapshot

__all__ = ["Pending", "pending"]


@dataclass(frozen=True)
class Pending:
    """The sessions and previews that the tables hold otherwise than raw."""

    publish: frozenset[IndexSession]
    """Not published, or published from another payload."""
    remove: frozenset[IndexSession]
    """Published, and withdrawn or contradicted since."""
    withhold: frozenset[IndexSession]
    """Not published, with imports that contradict each other, which no run has recorded."""
    previews: tuple[Announcement, ...]


def pending(lake: Lake, scope: Scope) -> Pending:
    """Return the pending work of the scope. Raises LakeDamaged and LakeUnreachable."""
    snapshot = lake.refined_tables.snapshot()
    options = RefineOptions(scope)
    prior_findings = read_prior_findings(snapshot, lake.raw.sightings())
    resolved = Resolution(RowBuffer(lake.raw), snapshot).resolve(options, prior_findings)
    recorded = contradicting(prior_findings)
    conflicts = frozenset(
        IndexSession(conflict.index_code, conflict.reference_date)
        for conflict in resolved.withheld
        if not recorded.issuperset(conflict.entries)
    )
    return Pending(
        frozenset(resolved.plan.publish),
        resolved.plan.remove,
        conflicts - resolved.plan.remove,
        _previews(lake, snapshot, resolved, scope),
    )


def _previews(
    lake: Lake, snapshot: LakeSnapshot, resolved: ResolvedPlan, scope: Scope
) -> tuple[Announcement, ...]:
    previews = pending_previews(lake.raw.previews, snapshot, resolved.plan, scope, rebuild=False)
    return previews.announced
