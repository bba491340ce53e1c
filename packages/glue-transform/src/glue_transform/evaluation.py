"""Evaluate the candidates of one run: read their rows, compute their audit, ask the gate."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from b3_contracts.counts import counted
from b3_contracts.layout import RawEntry, Sighting
from glue_transform.candidates import ConflictingImports, winner
from glue_transform.engines.base import Engine
from glue_transform.packed_rows import batches
from glue_transform.planning import IndexSession, Plan, Published
from glue_transform.quality import findings as quality
from glue_transform.quality.findings import Finding
from glue_transform.quality.gate import QualityCheck
from glue_transform.quality.offending_rows import with_rows
from glue_transform.report import RefineOptions
from glue_transform.row_buffer import RowBuffer
from glue_transform.second_sources import Pair, pair_of, second_source_findings
from glue_transform.selection import ResolvedPlan, SelectionInputs, select, session_of
from glue_transform.transform import audit
from lake_io import Lake, LakeSnapshot, LakeUnreachable
from lake_io.errors import one_line

__all__ = ["CandidateEvaluation"]


@dataclass
class CandidateEvaluation:
    """Verdicts of one run; an entry is evaluated once, even if the run computes anew."""

    lake: Lake
    engine: Engine
    check: QualityCheck
    run_id: str
    progress: Callable[[str], None]
    buffer: RowBuffer
    snapshot: LakeSnapshot
    evaluated: set[RawEntry] = field(default_factory=set)
    unreadable: set[RawEntry] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    compared: set[Pair] = field(default_factory=set)

    @property
    def refused(self) -> frozenset[RawEntry]:
        return quality.refused(self.findings)

    @property
    def has_evaluated(self) -> bool:
        """True if the gate has evaluated anything in this run."""
        return bool(self.evaluated - self.unreadable)

    def resolve(self, options: RefineOptions, prior_findings: Collection[Finding]) -> ResolvedPlan:
        """Plan the run against the present state of raw and `snapshot`.

        Entries that the gate refused in `prior_findings` are no candidates, except with
        `options.again`. Unreadable ones are read again. A published session whose rows are
        unreadable stays as it is.
        """
        raw, scope = self.buffer.raw, options.scope
        entries = {e: key for e, key in raw.entries().items() if scope.holds(session_of(e))}
        self.buffer.keys = entries
        withdrawn = raw.withdrawn()
        eligible = frozenset(entries) - withdrawn
        suspects = quality.unreadable(prior_findings)
        published = _published(self.snapshot, raw.sightings())
        inputs = SelectionInputs(
            eligible if options.again else eligible - _refused_by_gate(prior_findings),
            scope,
            published,
            frozenset(map(session_of, entries)),
            frozenset(e for e in _entries_of(published) if scope.holds(session_of(e))) - withdrawn,
            frozenset() if options.again else quality.contradicting(prior_findings),
            options.rebuild,
        )
        self._refuse_missing(inputs, suspects)
        self.buffer.check(eligible & frozenset(suspects))
        self._refuse_broken()
        return replace(select(inputs, self), eligible=eligible)

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

    def rank(self, contenders: Collection[RawEntry]) -> RawEntry | ConflictingImports | None:
        candidates = self.buffer.candidates(contenders)
        self._refuse_broken()
        return winner(candidates) if candidates else None

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

    def _refuse_broken(self) -> None:
        for entry in sorted(self.buffer.broken.keys() - self.unreadable):
            self.findings += quality.broken_contract(entry, self.buffer.broken[entry])
            self.unreadable.add(entry)
            self.evaluated.add(entry)

    def _refuse_missing(self, inputs: SelectionInputs, suspects: Collection[RawEntry]) -> None:
        """Refuse published entries without typed rows, where the run depends on them."""
        for entry in sorted(inputs.current - self.buffer.keys.keys() - self.unreadable):
            if inputs.rebuild or session_of(entry) in inputs.in_raw or entry in suspects:
                self.findings.append(quality.missing_rows(entry))
                self.unreadable.add(entry)


def _refused_by_gate(findings: Collection[Finding]) -> frozenset[RawEntry]:
    return quality.refused(finding for finding in findings if not finding.is_unreadable)


def _published(
    snapshot: LakeSnapshot, sightings: Mapping[RawEntry, Iterable[Sighting]]
) -> dict[IndexSession, Published]:
    names = (
        "index_code",
        "reference_date",
        "payload_sha256",
        "previous_reference_date",
        "source",
        "captured_at",
    )
    columns = snapshot.read("portfolio", columns=names).select(names).to_pydict()
    published = {}
    for index, date, payload, previous, source, time in zip(*columns.values(), strict=True):
        later = sightings.get(RawEntry(index, date, payload), ())
        precedence = Sighting(source, time).precedence
        is_outdated = any(sighting.precedence > precedence for sighting in later)
        published[IndexSession(index, date)] = Published(payload, previous, is_outdated)
    return published


def _entries_of(published: Mapping[IndexSession, Published]) -> set[RawEntry]:
    return {RawEntry(*session, about.payload_sha256) for session, about in published.items()}
