"""Select the payload used for each session.

Candidates are ranked and evaluated until one passes the gate: a refused winner makes way
for the next candidate of its session, which is evaluated then. Imports that contradict each
other are all evaluated before their session is withheld; one that the gate refuses contradicts
no other, whenever it came.
"""

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends import arrow
from b3_contracts.counts import counted
from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry, RawPositionKey, Sighting
from b3_contracts.models.tables import RAW
from glue_transform.candidates import Candidate, ConflictingImports, summarise_candidates, winner
from glue_transform.engines.base import Engine
from glue_transform.errors import MissingRawData
from glue_transform.planning import Plan, Published, Scope, Session, plan
from glue_transform.quality import findings as quality
from glue_transform.quality.findings import Finding
from glue_transform.quality.gate import QualityCheck
from glue_transform.quality.offending_rows import with_rows
from glue_transform.transform import audit
from lake_io import Lake, LakeSnapshot, LakeUnreachable
from lake_io.errors import one_line

__all__ = ["CandidateSelection", "ResolvedPlan"]

FILES_AT_ONCE: Final = 2_000


@dataclass(frozen=True)
class ResolvedPlan:
    """The evaluated plan of a run, and the imports in conflict."""

    plan: Plan
    withheld: tuple[ConflictingImports, ...]
    eligible: frozenset[RawEntry]
    """The entries of the scope that nobody has withdrawn."""

    def is_missing(self, entry: RawEntry | None) -> bool:
        """True if the entry could be used for a session that stays without a portfolio."""
        if entry is None or entry not in self.eligible:
            return False
        return entry.reference_date not in self.plan.present.get(entry.index_code, ())


@dataclass
class CandidateSelection:
    """One run's reading and judging; what is judged once is not judged again in the run."""

    lake: Lake
    engine: Engine
    evaluate: QualityCheck
    run_id: str
    progress: Callable[[str], None]
    evaluated: set[RawEntry] = field(default_factory=set)
    unreadable: set[RawEntry] = field(default_factory=set)
    """Entries whose typed rows are broken, or are missing though they are published."""
    findings: list[Finding] = field(default_factory=list)
    _keys: dict[RawEntry, RawPositionKey] = field(default_factory=dict)
    _rows: dict[str, list[pa.Table]] = field(default_factory=dict)
    _readable: set[RawEntry] = field(default_factory=set)
    _candidates: dict[RawEntry, Candidate] = field(default_factory=dict)

    @property
    def has_evaluated(self) -> bool:
        """True if the gate has evaluated anything in this run."""
        return bool(self.evaluated - self.unreadable)

    def resolve(
        self,
        snapshot: LakeSnapshot,
        scope: Scope,
        prior_findings: Collection[Finding],
        suspects: Collection[RawEntry],
        *,
        rebuild: bool,
    ) -> ResolvedPlan:
        """Plan and evaluate until everything the plan would publish has passed.

        Entries that the gate refused in `prior_findings` are no candidates; `suspects`, whose
        rows could not be read before, are read again. A published session stays where raw
        cannot make it again.
        """
        entries = self.lake.raw.entries()
        self._keys = {e: k for e, k in entries.items() if scope.holds(_session(e))}
        withdrawn = self.lake.raw.withdrawn()
        eligible = frozenset(self._keys) - withdrawn
        in_raw = {_session(entry) for entry in self._keys}
        published = _published(snapshot, self.lake.raw.sightings())
        current = _entries_of(published, scope) - withdrawn
        self._refuse_missing(
            e for e in current if rebuild or _session(e) in in_raw or e in suspects
        )
        self._reread(eligible & frozenset(suspects))
        candidates = eligible - quality.refused(f for f in prior_findings if not f.is_unreadable)
        passed = quality.contradicting(prior_findings)
        while True:
            refused = quality.refused(self.findings)
            winners, withheld = self._winners(candidates - refused)
            unreadable = {_session(entry) for entry in current & self.unreadable}
            work = plan(winners, published, in_raw, scope, unreadable=unreadable, rebuild=rebuild)
            to_evaluate = {*work.publish.values(), *(_entries(withheld) - passed)}
            if unevaluated := to_evaluate - self.evaluated:
                self._evaluate(unevaluated, work, snapshot)
            elif refused == quality.refused(self.findings):
                return ResolvedPlan(work, tuple(withheld), eligible)

    def pop_rows(self, entries: Collection[RawEntry]) -> dict[str, pa.Table]:
        """Remove and return the raw rows of these entries, all evaluated, by index.

        A run that lost a race and computes again reads them anew.
        """
        published = set(entries)
        self._read(published - self._readable)
        if not published <= self._readable:
            raise MissingRawData(
                "typed rows that were readable before can no longer be read: refine again"
            )
        others = self._readable - published
        by_index = {index: pa.concat_tables(tables) for index, tables in self._rows.items()}
        self._rows, self._readable = {}, set()
        if not others:
            return by_index
        return {index: _without(rows, others) for index, rows in by_index.items()}

    def _winners(
        self, entries: Iterable[RawEntry]
    ) -> tuple[dict[Session, RawEntry], list[ConflictingImports]]:
        contenders: dict[Session, list[RawEntry]] = {}
        for entry in entries:
            contenders.setdefault(_session(entry), []).append(entry)
        contested = [session for session, those in contenders.items() if len(those) > 1]
        winners = {session: those[0] for session, those in contenders.items()}
        withheld = []
        for session in sorted(contested):
            chosen = self._choose(contenders[session])
            if isinstance(chosen, RawEntry):
                winners[session] = chosen
                continue
            del winners[session]
            withheld += [chosen] if chosen else []
        return winners, withheld

    def _choose(self, contenders: Collection[RawEntry]) -> RawEntry | ConflictingImports | None:
        unknown = [self._keys[entry] for entry in contenders if entry not in self._candidates]
        read = self.lake.raw.read(unknown)
        self._refuse_broken(read.broken)
        self._candidates.update((each.entry, each) for each in summarise_candidates(read.rows))
        candidates = [self._candidates[entry] for entry in contenders if entry in self._candidates]
        return winner(candidates) if candidates else None

    def _evaluate(self, entries: Collection[RawEntry], work: Plan, snapshot: LakeSnapshot) -> None:
        self.progress(f"evaluating {counted(len(entries), 'portfolio', 'portfolios')}")
        tables = self._read(entries)
        self.evaluated |= set(entries)
        if tables:
            raw = pa.concat_tables(tables)
            candidates = audit(self.engine, raw, work, snapshot)
            pages_folder = self.lake.quality_folder
            with _translate_write_errors(pages_folder), self.lake.scratch("quality") as pages:
                findings = self.evaluate(candidates, self.run_id, pages)
                self.lake.add_quality_pages(pages)
            self.findings += with_rows(findings, raw)

    def _read(self, entries: Collection[RawEntry]) -> list[pa.Table]:
        """Read some files at a time and combine them: many small tables cost much memory."""
        ordered = sorted(entries)
        tables: list[pa.Table] = []
        for start in range(0, len(ordered), FILES_AT_ONCE):
            keys = [self._keys[entry] for entry in ordered[start : start + FILES_AT_ONCE]]
            read = self.lake.raw.read(keys)
            self._refuse_broken(read.broken)
            self._readable |= {key.entry for key in keys} - read.broken.keys()
            tables += self._keep(read.rows.combine_chunks())
        return tables

    def _keep(self, rows: pa.Table) -> Iterator[pa.Table]:
        for index in pc.unique(rows["index_code"]):
            table = rows.filter(pc.equal(rows["index_code"], index))
            self._rows.setdefault(index.as_py(), []).append(table)
            yield table

    def _refuse_broken(self, broken: Mapping[RawEntry, ContractError]) -> None:
        for entry, error in broken.items():
            if entry not in self.unreadable:
                self.findings += quality.broken_contract(entry, error)
                self.unreadable.add(entry)
                self.evaluated.add(entry)

    def _refuse_missing(self, published: Iterable[RawEntry]) -> None:
        for entry in sorted(set(published) - self._keys.keys() - self.unreadable):
            self.findings.append(quality.missing_rows(entry))
            self.unreadable.add(entry)

    def _reread(self, entries: Collection[RawEntry]) -> None:
        keys = [self._keys[entry] for entry in sorted(entries)]
        self._refuse_broken(self.lake.raw.read(keys).broken)


def _without(rows: pa.Table, entries: Collection[RawEntry]) -> pa.Table:
    """The rows without those of these entries, which were refused meanwhile."""
    keys = ["index_code", "reference_date", "payload_sha256"]
    schema = pa.schema([arrow.schema(RAW).field(key) for key in keys])
    unwanted = pa.Table.from_pylist([asdict(entry) for entry in entries], schema)
    return arrow.conform(rows.join(unwanted, keys, join_type="left anti"), RAW)


def _published(
    snapshot: LakeSnapshot, sightings: Mapping[RawEntry, Iterable[Sighting]]
) -> dict[Session, Published]:
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
        published[Session(index, date)] = Published(payload, previous, is_outdated)
    return published


def _entries_of(published: Mapping[Session, Published], scope: Scope) -> set[RawEntry]:
    return {
        RawEntry(*session, about.payload_sha256)
        for session, about in published.items()
        if scope.holds(session)
    }


@contextmanager
def _translate_write_errors(pages: Path) -> Iterator[None]:
    """The gate's pages are part of a run: one that cannot write them publishes nothing."""
    try:
        yield
    except OSError as error:
        reason = error.args[0][0][-1] if isinstance(error, shutil.Error) else one_line(error)
        raise LakeUnreachable(f"cannot write the quality pages in {pages}: {reason}") from error


def _session(entry: RawEntry) -> Session:
    return Session(entry.index_code, entry.reference_date)


def _entries(withheld: Iterable[ConflictingImports]) -> set[RawEntry]:
    return {entry for session in withheld for entry in session.entries}
