"""Backfill: the portfolios of past quadrimesters from B3's bulletins, one bulletin for each.

B3 keeps no history of its portfolios, but its bulletin of any session since September 2022 holds
those of the quadrimester's first session. Bulletins that are in the raw zone are read from there,
so an interrupted backfill goes on where it ended.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from b3_contracts.trading_calendar import QUADRIMESTER_MONTHS, rebalance_day, trading_days
from b3_scraper import (
    Bulletin,
    Client,
    NoPortfolio,
    NoSection,
    PortfolioRefusal,
    Refused,
    Unreachable,
    parse_bulletin,
)
from bovespa_pipeline.ingest.landing import Landing, Refusal, key_of
from bovespa_pipeline.ingest.many import BULLETIN
from bovespa_pipeline.ingest.receiving import finish_interrupted, pages_of
from lake_io import LakeDamaged, NotInLake, RawZone, Receipt

__all__ = ["FIRST_MONTH", "TRIES", "Backfill", "Quadrimester", "backfill", "quadrimesters"]

FIRST_MONTH: Final = dt.date(2022, 9, 1)
"""The first month with bulletins."""
TRIES: Final = 8
"""Sessions whose bulletins are asked for, for one quadrimester, from its first on."""
READ: Final = 3
"""Bulletins that are read for one quadrimester: an index that three lack is in none."""
PATIENCE: Final = 3
"""Quadrimesters that may fail in a row before the source counts as unreachable for the rest."""


@dataclass
class Quadrimester:
    """The portfolios of one quadrimester that were looked for, and what was tried for them."""

    effective_date: dt.date
    last_date: dt.date
    """The last day on which a bulletin can hold its portfolios, today at most."""
    codes: set[str] = field(default_factory=set)
    """The indices whose portfolios the lake now has from a bulletin."""
    attempts: list[str] = field(default_factory=list)
    """Each session that was tried in vain, and why."""

    @property
    def name(self) -> str:
        """`2026-3`: B3's own way to number them."""
        return f"{self.effective_date.year}-{(self.effective_date.month + 3) // 4}"

    def sessions(self) -> Iterator[dt.date]:
        """The sessions whose bulletins may hold the portfolios, the first ones."""
        return islice(trading_days(self.effective_date, self.last_date), TRIES)


@dataclass
class Backfill:
    """The outcome of a backfill, quadrimester by quadrimester."""

    landing: Landing
    quadrimesters: list[Quadrimester] = field(default_factory=list)
    unreachable: list[Refusal] = field(default_factory=list)

    def not_found(self, codes: Collection[str] = ()) -> Iterator[tuple[Quadrimester, list[str]]]:
        """The quadrimesters without a portfolio, or without one of `codes`, and these."""
        for quadrimester in self.quadrimesters:
            missing = sorted(set(codes) - quadrimester.codes)
            if missing or not quadrimester.codes:
                yield quadrimester, missing


def quadrimesters(first: dt.date, last: dt.date) -> list[Quadrimester]:
    """The quadrimesters in force from `first` to `last`, those that bulletins reach."""
    years = range(max(first.year - 1, FIRST_MONTH.year), last.year + 1)
    months = [dt.date(year, month, 1) for year in years for month in QUADRIMESTER_MONTHS]
    starts = [rebalance_day(day.year, day.month) for day in months if day >= FIRST_MONTH]
    ends = [*(start - dt.timedelta(1) for start in starts[1:]), dt.date.max]
    return [
        Quadrimester(start, min(end, last))
        for start, end in zip(starts, ends, strict=True)
        if start <= last and end >= first
    ]


def backfill(
    outcome: Backfill,
    client: Client,
    targets: Sequence[Quadrimester],
    codes: Collection[str],
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Land the portfolios of each quadrimester, of all indices or of `codes`, into `outcome`.

    The manifest is written at the end, also where the source went away in between.
    """
    run = _Run(outcome, client, frozenset(codes), _stored(outcome.landing.raw))
    failures = 0
    try:
        for quadrimester in targets:
            outcome.quadrimesters.append(quadrimester)
            if failures == PATIENCE:
                reason = "not asked: the source is away"
                outcome.unreachable.append(Refusal(quadrimester.name, reason))
                continue
            progress(quadrimester.name)
            failures = 0 if run.fill(quadrimester) else failures + 1
        finish_interrupted(outcome.landing)
    finally:
        outcome.landing.write_manifest()


def _stored(raw: RawZone) -> dict[str, str]:
    """The hash of each bulletin in the raw zone, by its name."""
    return {
        receipt.name: digest
        for digest, receipts in raw.receipts().items()
        for receipt in receipts
        if receipt.source == BULLETIN
    }


@dataclass
class _Run:
    """One backfill in progress."""

    outcome: Backfill
    client: Client
    codes: frozenset[str]
    stored: dict[str, str]

    def fill(self, quadrimester: Quadrimester) -> bool:
        """Try bulletins until the portfolios are there; False where the source is away."""
        landing, read = self.outcome.landing, 0
        for session in quadrimester.sessions():
            try:
                bulletin = self._bulletin(session)
            except Unreachable as error:
                self.outcome.unreachable.append(Refusal(quadrimester.name, str(error)))
                return False
            except NoPortfolio as error:
                quadrimester.attempts.append(f"{session}: {error}")
                continue
            except NoSection as error:
                quadrimester.attempts.append(f"{session}: {error}")
                landing.set_aside(self._receipt(session), str(error), error.pages[0])
                continue
            except Refused as error:
                quadrimester.attempts.append(f"{session}: refused, {error}")
                landing.reject(self._receipt(session), str(error), error.pages)
                continue
            read += 1
            if self._land(quadrimester, session, bulletin) or read == READ:
                break
        return True

    def _bulletin(self, session: dt.date) -> Bulletin:
        """The bulletin of a session, from the raw zone or from B3."""
        digest = self.stored.get(_name(session))
        if digest is not None:
            with suppress(NotInLake, LakeDamaged):
                return parse_bulletin(pages_of(self.outcome.landing.raw, digest)[0])
        body = self.client.fetch_bulletin(session)
        self.outcome.landing.raw.store_payload(body, receipt=self._receipt(session))
        return parse_bulletin(body)

    def _receipt(self, session: dt.date) -> Receipt:
        return Receipt(_name(session), BULLETIN, self.outcome.landing.now())

    def _land(self, quadrimester: Quadrimester, session: dt.date, bulletin: Bulletin) -> bool:
        """Land what the quadrimester lacks; True if nothing of it is missing afterwards."""
        landing = self.outcome.landing
        if bulletin.effective_date != quadrimester.effective_date:
            reason = f"its portfolios are of {bulletin.effective_date}"
            quadrimester.attempts.append(f"{session}: {reason}")
            landing.set_aside(self._receipt(session), reason, bulletin.payload)
            return False
        offered = {portfolio.index_code for portfolio in bulletin.portfolios}
        new = (offered & self.codes if self.codes else offered) - quadrimester.codes
        untyped = [
            portfolio
            for portfolio in bulletin.portfolios
            if portfolio.index_code in new and not landing.raw.is_readable(key_of(portfolio))
        ]
        refusals = tuple(each for each in bulletin.refusals if self._is_wanted(quadrimester, each))
        part = replace(bulletin, portfolios=tuple(untyped), refusals=refusals)
        landing.land_many(self._receipt(session), part)
        quadrimester.codes |= new
        if missing := self._missing(quadrimester, bulletin):
            quadrimester.attempts.append(f"{session}: no whole portfolio of {', '.join(missing)}")
        return not missing

    def _missing(self, quadrimester: Quadrimester, bulletin: Bulletin) -> list[str]:
        if self.codes:
            return sorted(self.codes - quadrimester.codes)
        refusals = bulletin.refusals
        return [each.name for each in refusals if self._is_wanted(quadrimester, each)]

    def _is_wanted(self, quadrimester: Quadrimester, refusal: PortfolioRefusal) -> bool:
        """True unless the section's index was not asked for, or is there already."""
        code = refusal.index_code
        is_asked_for = not self.codes or code in self.codes
        return is_asked_for and code not in quadrimester.codes


def _name(session: dt.date) -> str:
    return f"BDI_02_{session:%Y%m%d}.pdf"
