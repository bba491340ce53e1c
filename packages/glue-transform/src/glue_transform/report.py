"""Options of a run, and its report."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from b3_contracts.errors import ContractError
from glue_transform.announcements import Announcement
from glue_transform.candidates import ConflictingImports
from glue_transform.planning import IndexSession, Scope
from glue_transform.previews import Previews
from glue_transform.quality.findings import WITHHELD_RULE, Finding
from glue_transform.selection import ResolvedPlan

__all__ = ["EVERYTHING", "PENDING", "RefineOptions", "Report", "report"]

EVERYTHING: Final = Scope()


@dataclass(frozen=True)
class RefineOptions:
    """`retry` evaluates again what was refused; `rebuild` does, and publishes all from raw."""

    scope: Scope = EVERYTHING
    rebuild: bool = False
    retry: bool = False

    @property
    def again(self) -> bool:
        """True if findings of earlier runs are evaluated again."""
        return self.retry or self.rebuild


PENDING: Final = RefineOptions()
"""Everything that is pending, and no more."""


@dataclass(frozen=True)
class Report:
    """The outcome of a run; `refused` and `withheld` are new, `prior_findings` of earlier runs."""

    run_id: str
    published: tuple[IndexSession, ...]
    removed: tuple[IndexSession, ...]
    refused: tuple[Finding, ...]
    withheld: tuple[ConflictingImports, ...]
    warnings: tuple[Finding, ...]
    prior_findings: tuple[Finding | ConflictingImports, ...]
    previews: tuple[Announcement, ...] = ()
    """The previews that were published."""
    unreadable_previews: tuple[ContractError, ...] = ()

    @property
    def still_refused(self) -> tuple[Finding, ...]:
        """Refusals of earlier runs that still hold."""
        return tuple(f for f in self.prior_findings if isinstance(f, Finding))

    @property
    def still_withheld(self) -> tuple[ConflictingImports, ...]:
        """Conflicts of earlier runs that nobody has resolved."""
        return tuple(c for c in self.prior_findings if isinstance(c, ConflictingImports))

    @property
    def unreadable(self) -> tuple[Finding, ...]:
        """Findings on typed rows that this run could not read either."""
        return tuple(finding for finding in self.still_refused if finding.is_unreadable)

    @property
    def is_clean(self) -> bool:
        """Nothing new was refused or withheld, and nothing that raw holds is unreadable."""
        return not (self.refused or self.withheld or self.unreadable)

    def is_done(self, *, only_new: bool = False) -> bool:
        """True if nothing is refused or withheld; with `only_new`, nothing by this run."""
        return self.is_clean and (only_new or not self.prior_findings)


def report(
    run_id: str,
    resolved: ResolvedPlan,
    findings: Iterable[Finding],
    prior_findings: Collection[Finding],
    previews: Previews,
) -> Report:
    """The run's report: `findings` are its own, `prior_findings` those of earlier runs."""
    earlier = {_key(finding) for finding in prior_findings}
    own = list(findings)
    new = tuple(f for f in own if f.refuses and _key(f) not in earlier)
    new_withheld = tuple(
        session
        for session in resolved.withheld
        if any((entry, WITHHELD_RULE) not in earlier for entry in session.entries)
    )
    return Report(
        run_id,
        published=tuple(sorted(resolved.plan.publish)),
        removed=tuple(sorted(resolved.plan.remove)),
        refused=new,
        withheld=new_withheld,
        warnings=tuple(f for f in own if f.warns),
        prior_findings=(
            *(f for f in own if f.is_unreadable and f not in new),
            *(f for f in prior_findings if _stands(f) and resolved.is_missing(f.entry)),
            *(session for session in resolved.withheld if session not in new_withheld),
        ),
        previews=previews.announced,
        unreadable_previews=previews.broken,
    )


def _stands(finding: Finding) -> bool:
    """Rows that could not be read are read again; what the gate refused is not evaluated again."""
    return finding.refuses and not finding.is_unreadable


def _key(finding: Finding) -> tuple[object, str]:
    """One damage is one refusal, in whatever words a reader puts it."""
    return finding.entry, finding.table_name if finding.is_unreadable else finding.expectation
