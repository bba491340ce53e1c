"""Evaluate the candidates of one run: read their rows, compute their audit, ask the gate."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import pyarrow as pa

from b3_contracts.counts import counted
from b3_contracts.layout import RawEntry
from glue_transform.engines.base import Engine
from glue_transform.packed_rows import batches
from glue_transform.planning import Plan
from glue_transform.quality import findings as quality
from glue_transform.quality.findings import Finding
from glue_transform.quality.gate import QualityCheck
from glue_transform.quality.offending_rows import with_rows
from glue_transform.resolution import Resolution
from glue_transform.second_sources import Pair, pair_of, second_source_findings
from glue_transform.selection import ResolvedPlan
from glue_transform.transform import audit
from lake_io import Lake, LakeUnreachable
from lake_io.errors import one_line

__all__ = ["CandidateEvaluation"]


@dataclass(kw_only=True)
class CandidateEvaluation(Resolution):
    """Verdicts of one run; an entry is evaluated once, even if the run computes anew."""

    lake: Lake
    engine: Engine
    check: QualityCheck
    run_id: str
    progress: Callable[[str], None]
    compared: set[Pair] = field(default_factory=set)

    @property
    def has_evaluated(self) -> bool:
        """True if the gate has evaluated anything in this run."""
        return bool(self.evaluated - self.unreadable)

    def compare_sources(self, resolved: ResolvedPlan, prior_findings: Collection[Finding]) -> bool:
        """Compare each used payload with those of other sources; True if there was any new."""
        findings = second_source_findings(
            resolved.winners,
            resolved.eligible - self.refused - quality.refused(prior_findings),
            self.buffer,
            self.snapshot,
            self.compared,
        )
        self.findings += findings
        self.compared |= {pair_of(finding) for finding in findings}
        return bool(findings)

    def evaluate(self, entries: Collection[RawEntry], work: Plan) -> None:
        self.progress(f"evaluating {counted(len(entries), 'portfolio', 'portfolios')}")
        tables = self.buffer.read(entries)
        self._refuse_broken()
        self.evaluated |= set(entries)
        if tables:
            raw = (batch.rows() for batch in batches(tables))
            findings = self._ask_gate(audit(self.engine, raw, work, self.snapshot))
            self.findings += with_rows(findings, tables)

    def _ask_gate(self, candidates: pa.Table) -> list[Finding]:
        """A run whose quality pages cannot be written publishes nothing."""
        try:
            with self.lake.scratch("quality") as pages:
                findings = self.check(candidates, self.run_id, pages)
                self.lake.quality.add(pages)
        except OSError as error:
            reason = f"cannot write the quality pages in {self.lake.quality.uri}"
            raise LakeUnreachable(f"{reason}: {one_line(error)}") from error
        return findings
