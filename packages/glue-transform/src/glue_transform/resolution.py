"""Resolve the plan of a run from the raw zone, the published tables and earlier verdicts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from b3_contracts.layout import RawEntry, Sighting
from glue_transform.candidates import ConflictingImports, winner
from glue_transform.planning import IndexSession, Plan, Published
from glue_transform.quality import findings as quality
from glue_transform.quality.findings import Finding
from glue_transform.report import RefineOptions
from glue_transform.row_buffer import RowBuffer
from glue_transform.selection import ResolvedPlan, SelectionInputs, select, session_of
from lake_io import LakeSnapshot

__all__ = ["Resolution"]


@dataclass
class Resolution:
    """The plan of a run in which every entry without a verdict is expected to pass."""

    buffer: RowBuffer
    snapshot: LakeSnapshot
    evaluated: set[RawEntry] = field(default_factory=set)
    unreadable: set[RawEntry] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    @property
    def refused(self) -> frozenset[RawEntry]:
        return quality.refused(self.findings)

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

    def rank(self, contenders: Collection[RawEntry]) -> RawEntry | ConflictingImports | None:
        candidates = self.buffer.candidates(contenders)
        self._refuse_broken()
        return winner(candidates) if candidates else None

    def evaluate(
        self,
        entries: Collection[RawEntry],
        work: Plan,  # noqa: ARG002 - the protocol's
    ) -> None:
        self.evaluated |= set(entries)

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
