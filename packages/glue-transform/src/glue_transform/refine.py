"""One run of refine: what is pending, judged, transformed, checked and published.

pending ──► judge ──► all passed ──► transform ──► check ──► publish
   ▲          │                                                 │
   ├── refused: plan without them                               │
   └── another run published meanwhile: plan anew ◄─────────────┘
"""

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

import pyarrow as pa

from b3_contracts import __version__ as contract_version
from b3_contracts import arrow
from b3_contracts.errors import ContractError
from b3_contracts.layout import RawEntry, RawPositionKey
from b3_contracts.tables import RAW
from glue_transform import findings as quality
from glue_transform.candidates import Withheld, weigh, winner
from glue_transform.engine import Engine
from glue_transform.findings import Finding
from glue_transform.gate import judge
from glue_transform.pending import Plan, Published, Scope, Session, plan
from glue_transform.transform import audit, replacements
from lake_io import Conflict, Lake, Publication, Replacement, View

__all__ = ["ATTEMPTS", "EVERYTHING", "Choices", "Report", "refine"]

ATTEMPTS: Final = 20
EVERYTHING: Final = Scope()


@dataclass(frozen=True)
class Choices:
    """`retry` judges again what was refused; `rebuild` does, and publishes all from raw."""

    scope: Scope = EVERYTHING
    rebuild: bool = False
    retry: bool = False


@dataclass(frozen=True)
class Report:
    """What a run did; `refused` and `withheld` are new, the standing ones of earlier runs."""

    run_id: str
    published: tuple[Session, ...]
    removed: tuple[Session, ...]
    refused: tuple[Finding, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[Finding, ...]
    standing: tuple[Finding | Withheld, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing new was refused or withheld."""
        return not (self.refused or self.withheld)


def refine(
    lake: Lake,
    engine: Engine,
    now: dt.datetime,
    choices: Choices = Choices(),  # frozen
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Publish every pending session of the lake that passes contract and gate.

    Raises ContractError where the transform's own output breaks a contract, and Conflict
    where other runs won `ATTEMPTS` times; then nothing of this run is visible.
    """
    run = _Run(lake, engine, now, choices, progress)
    with lake.refining():
        for _ in range(ATTEMPTS - 1):
            try:
                return run.publish_pending()
            except Conflict:
                progress("another run published meanwhile: computing anew")
        return run.publish_pending()


@dataclass
class _Run:
    """One run: its choices, and what it has read and judged so far."""

    lake: Lake
    engine: Engine
    now: dt.datetime
    choices: Choices
    progress: Callable[[str], None]
    judged: set[RawEntry] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    rows: pa.Table = field(default_factory=lambda: arrow.empty(RAW))
    run_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.run_id = f"{self.now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"

    def publish_pending(self) -> Report:
        view = self.lake.catalogue.view()
        standing = quality.read_standing(view)
        work, withheld = self._settle(view, standing)
        report = self._report(work, withheld, standing)
        if work.is_empty and not self.judged and not report.withheld:
            return report
        self.progress(f"publishing {len(work.publish)} portfolios")
        rows = replacements(self.engine, _only(self.rows, work.publish.values()), work, view)
        tables = {**rows, "quality_result": self._results(report.withheld)}
        self.lake.catalogue.publish(Publication(self.run_id, contract_version, view, tables))
        return report

    def _settle(self, view: View, standing: Collection[Finding]) -> tuple[Plan, list[Withheld]]:
        """Plan and judge until everything the plan would publish has passed."""
        scope = self.choices.scope
        keys = {e: k for e, k in self.lake.raw.entries().items() if scope.holds(_session(e))}
        published = _published(view)
        barred = self.lake.raw.withdrawn()
        if not (self.choices.retry or self.choices.rebuild):
            barred |= _refused(standing)
        while True:
            refused = _refused(self.findings)
            winners, withheld = self._winners(keys, barred | refused)
            work = plan(winners, published, scope, rebuild=self.choices.rebuild)
            fresh = [keys[e] for e in work.publish.values() if e not in self.judged]
            if not fresh and refused == _refused(self.findings):
                return work, withheld
            self._judge(fresh, work, view)

    def _winners(
        self, keys: Mapping[RawEntry, RawPositionKey], barred: Collection[RawEntry]
    ) -> tuple[dict[Session, RawEntry], list[Withheld]]:
        rivals: dict[Session, list[RawEntry]] = {}
        for entry in keys.keys() - barred:
            rivals.setdefault(_session(entry), []).append(entry)
        winners = {session: entries[0] for session, entries in rivals.items()}
        contested = {s: entries for s, entries in rivals.items() if len(entries) > 1}
        withheld = []
        for session, entries in sorted(contested.items()):
            chosen = self._choose([keys[entry] for entry in entries])
            if isinstance(chosen, RawEntry):
                winners[session] = chosen
                continue
            del winners[session]
            withheld += [chosen] if chosen else []
        return winners, withheld

    def _choose(self, keys: Iterable[RawPositionKey]) -> RawEntry | Withheld | None:
        read = self.lake.raw.read(list(keys))
        self._refuse_broken(read.broken)
        candidates = list(weigh(read.rows))
        return winner(candidates) if candidates else None

    def _judge(self, keys: Collection[RawPositionKey], work: Plan, view: View) -> None:
        self.progress(f"judging {len(keys)} portfolios")
        read = self.lake.raw.read(list(keys))
        self._refuse_broken(read.broken)
        self.judged |= {key.entry for key in keys}
        self.rows = pa.concat_tables([self.rows, read.rows])
        if read.rows.num_rows:
            candidates = audit(self.engine, read.rows, work, view)
            self.findings += judge(candidates, self.run_id, self.lake.quality_folder)

    def _refuse_broken(self, broken: Mapping[RawEntry, ContractError]) -> None:
        for entry, error in broken.items():
            if entry not in self.judged:
                self.findings += quality.broken_contract(entry, error)
                self.judged.add(entry)

    def _results(self, withheld: Iterable[Withheld]) -> Replacement:
        records = [finding for session in withheld for finding in quality.withheld(session)]
        rows = quality.rows([*self.findings, *records], self.run_id, self.now)
        return Replacement(rows, pa.table({"run_id": [self.run_id]}))

    def _report(
        self, work: Plan, withheld: Iterable[Withheld], standing: Collection[Finding]
    ) -> Report:
        known = {(finding.entry, finding.expectation) for finding in standing}
        refused = [f for f in self.findings if f.refuses]
        new = {f for f in refused if (f.entry, f.expectation) not in known}
        new_withheld = [
            w for w in withheld if any((e, quality.WITHHELD_RULE) not in known for e in w.entries)
        ]
        missing = [f for f in standing if f.refuses and _is_missing(f, work)]
        return Report(
            self.run_id,
            published=tuple(sorted(work.publish)),
            removed=tuple(sorted(work.remove)),
            refused=tuple(f for f in refused if f in new),
            withheld=tuple(new_withheld),
            warnings=tuple(f for f in self.findings if f.warns),
            standing=(*missing, *(w for w in withheld if w not in new_withheld)),
        )


def _published(view: View) -> dict[Session, Published]:
    names = ("index_code", "reference_date", "payload_sha256", "previous_reference_date")
    columns = view.read("portfolio", columns=names).select(names).to_pydict()
    return {
        Session(index, date): Published(payload, previous)
        for index, date, payload, previous in zip(*columns.values(), strict=True)
    }


def _session(entry: RawEntry) -> Session:
    return Session(entry.index_code, entry.reference_date)


def _refused(findings: Iterable[Finding]) -> frozenset[RawEntry]:
    return frozenset(f.entry for f in findings if f.refuses and f.entry)


def _is_missing(finding: Finding, work: Plan) -> bool:
    """Whether the refused entry's session stays without a portfolio."""
    entry = finding.entry
    return entry is not None and entry.reference_date not in work.present.get(entry.index_code, ())


def _only(rows: pa.Table, entries: Collection[RawEntry]) -> pa.Table:
    """The rows of these entries: what was refused meanwhile falls away."""
    keys = ["index_code", "reference_date", "payload_sha256"]
    schema = pa.schema([arrow.schema(RAW).field(key) for key in keys])
    wanted = pa.Table.from_pylist([asdict(entry) for entry in entries], schema)
    return arrow.conform(rows.join(wanted, keys, join_type="left semi"), RAW)
