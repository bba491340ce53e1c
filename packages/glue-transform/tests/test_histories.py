"""Whatever comes, in whatever order: the same rows, and those of a model in plain Python.

The model below is written from the rules' words and shares no code with the package.
"""

import datetime as dt
import itertools
import operator
from collections import Counter
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from b3_contracts.specification import REFINED
from glue_transform import DuckDBEngine, RefineOptions, Scope, refine
from glue_transform.testing import Line, evaluate, evenly, raw_rows
from lake_io.testing import MemoryLake, memory_lake

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ENGINE = DuckDBEngine()
TICKERS = ["ABEV3", "B3SA3", "CYRE4", "ISAE4", "PETR3", "PETR4", "TRPL4"]
DAYS = [
    dt.date(2024, 12, 27),
    dt.date(2025, 1, 3),
    dt.date(2025, 1, 6),  # the first Monday of a month of rebalance
    dt.date(2025, 1, 7),
    dt.date(2025, 2, 3),  # a first Monday of none
    dt.date(2025, 4, 30),
    dt.date(2025, 5, 2),
    dt.date(2025, 5, 5),
]
QUANTITIES = st.sampled_from([7, 9, 10**9 + 1])
BALLAST = {f"X{letter}{digit}X3": 500 for letter in "ABCDEFGH" for digit in range(10)}

Row = dict[str, Any]


@dataclass(frozen=True)
class Version:
    """One payload of a session: what it says, how it came, whether the gate refuses it."""

    day: dt.date
    number: int
    source: str
    quantities: tuple[tuple[str, int], ...]
    classes: tuple[tuple[str, str], ...] = ()
    has_sectors: bool = False
    bad: bool = False

    @property
    def lines(self) -> list[Line]:
        lines = evenly(dict(self.quantities), dict(self.classes))
        if self.bad:
            wrong = lines[0].weight_pct - Decimal("0.001")
            lines[0] = lines[0]._replace(weight_pct=wrong)
        sector = "Sector" if self.has_sectors else None
        return [line._replace(sector=sector) for line in lines]

    @property
    def table(self) -> Any:
        captured = dt.datetime.combine(self.day, dt.time(self.number), dt.UTC)
        return raw_rows(
            "IBOV",
            self.day,
            self.lines,
            source=self.source,
            captured_at=captured,
            payload=repr(self),
        )

    @property
    def payload(self) -> str:
        return str(self.table["payload_sha256"][0])


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Versions of a handful of sessions, in the order in which they are landed."""
    ballast = dict(draw(st.sampled_from([{}, dict(list(BALLAST.items())[:73]), BALLAST])))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=5, unique=True))
    versions = [version for day in days for version in draw(payloads(day, ballast))]
    return draw(st.permutations(versions))


@st.composite
def payloads(draw: st.DrawFn, day: dt.date, ballast: dict[str, int]) -> list[Version]:
    """Entries of one session: equal, corrected and refused ones."""
    portfolio = st.dictionaries(st.sampled_from(TICKERS), QUANTITIES, min_size=1, max_size=7)
    figures = st.sampled_from([draw(portfolio) for _ in range(draw(st.integers(1, 2)))])
    return [
        Version(
            day,
            number,
            draw(st.sampled_from(["capture", "capture", "import", "import_incomplete"])),
            tuple(sorted({**draw(figures), **ballast}.items())),
            tuple((ticker, draw(st.sampled_from(["ON", "PN"]))) for ticker in TICKERS[:2]),
            has_sectors=draw(st.booleans()),
            bad=draw(st.sampled_from([False, False, False, True])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


# ── the model ────────────────────────────────────────────────────────────────────────


def model_winners(versions: list[Version]) -> dict[dt.date, Version]:
    found = {}
    for day in sorted({v.day for v in versions}):
        good = [v for v in versions if v.day == day and not v.bad]
        for source in ("capture", "import", "import_incomplete"):
            same = [v for v in good if v.source == source]
            if same and source == "capture":
                found[day] = max(same, key=lambda v: v.number)
            elif same and len({v.quantities for v in same}) == 1:
                found[day] = min(same, key=lambda v: (not v.has_sectors, v.payload))
            if same:
                break
    return found


def model_pairs(winners: dict[dt.date, Version]) -> list[tuple[Version, Version]]:
    return list(itertools.pairwise(winners[day] for day in sorted(winners)))


def model_changes(winners: dict[dt.date, Version]) -> list[Row]:
    rows = []
    for before, now in model_pairs(winners):
        old = {line.ticker: line for line in before.lines}
        new = {line.ticker: line for line in now.lines}
        renamed = model_renames(old, new)
        moved = [t for t in old if t in new and old[t][1] != new[t][1]]
        gone = [t for t in old if t not in new and t not in renamed.values()]
        come = [t for t in new if t not in old and t not in renamed]
        cause = model_cause(before.day, now.day, len(moved) + len(gone) + len(come), len(old))
        found = [
            *((ticker, ticker, "quantity", cause) for ticker in moved),
            *((ticker, ticker, "exclusion", cause) for ticker in gone),
            *((ticker, ticker, "inclusion", cause) for ticker in come),
            *((ticker, previous, "ticker", "rename") for ticker, previous in renamed.items()),
        ]
        for ticker, previous, kind, why in found:
            days = {
                "index_code": "IBOV",
                "reference_date": now.day,
                "previous_reference_date": before.day,
                "days_since_previous": (now.day - before.day).days,
            }
            names = {
                "ticker": ticker,
                "previous_ticker": previous if previous != ticker else None,
                "change_type": kind,
                "cause": why,
            }
            rows.append(days | names | model_figures(old.get(previous), new.get(ticker)))
    return rows


def model_renames(old: dict[str, Line], new: dict[str, Line]) -> dict[str, str]:
    security = operator.attrgetter("share_class", "theoretical_quantity")
    leavers = Counter(security(line) for t, line in old.items() if t not in new)
    entrants = Counter(security(line) for t, line in new.items() if t not in old)
    return {
        one: other
        for one in new.keys() - old.keys()
        for other in old.keys() - new.keys()
        if security(new[one]) == security(old[other])
        if leavers[security(new[one])] == entrants[security(new[one])] == 1
    }


def model_cause(previous: dt.date, day: dt.date, changed: int, before_count: int) -> str:
    days = [previous + dt.timedelta(n) for n in range(1, (day - previous).days + 1)]
    if any(d.weekday() == 0 and d.day <= 7 and d.month in {1, 5, 9} for d in days):
        return "rebalance"
    return "corporate_action" if changed <= max(3, before_count * 0.05) else "unexplained"


def model_figures(was: Line | None, now: Line | None) -> Row:
    ratio = None
    if was and now:
        exact = Decimal(now.theoretical_quantity) / Decimal(was.theoretical_quantity)
        ratio = exact.quantize(Decimal("1e-8"), ROUND_HALF_UP)
    quantities = [line.theoretical_quantity if line else None for line in (was, now)]
    weights = [line.weight_pct if line else None for line in (was, now)]
    return {
        "company": "COMPANY",
        "share_class": next(line.share_class for line in (now, was) if line),
        "previous_theoretical_quantity": quantities[0],
        "theoretical_quantity": quantities[1],
        "quantity_change": (quantities[1] or 0) - (quantities[0] or 0),
        "quantity_ratio": ratio,
        "previous_weight_pct": weights[0],
        "weight_pct": weights[1],
        "weight_change_pct": (weights[1] or 0) - (weights[0] or 0),
    }


def model_membership(winners: dict[dt.date, Version]) -> list[Row]:
    days = sorted(winners)
    members = {day: {line.ticker for line in winners[day].lines} for day in days}
    changes = model_changes(winners)
    entries = {(c["reference_date"], c["ticker"]): c for c in changes}
    exits = {(c["reference_date"], c["previous_ticker"] or c["ticker"]): c for c in changes}
    rows = []
    for ticker in set().union(*members.values()):
        present = [(ticker in members[day], place) for place, day in enumerate(days)]
        for inside, run in itertools.groupby(present, key=operator.itemgetter(0)):
            at = [place for _, place in run]
            if not inside:
                continue
            came = entries.get((days[at[0]], ticker)) if at[0] else None
            left = exits.get((days[at[-1] + 1], ticker)) if at[-1] + 1 < len(days) else None
            into = left["ticker"] if left and left["change_type"] == "ticker" else None
            rows.append(
                {
                    "index_code": "IBOV",
                    "ticker": ticker,
                    "company": "COMPANY",
                    "valid_from": days[at[0]],
                    "valid_to": days[at[-1]] if left else None,
                    "absent_before": days[at[0] - 1] if came else None,
                    "absent_after": days[at[-1] + 1] if left else None,
                    "last_seen": days[at[-1]],
                    "entered_by": came["cause"] if came else None,
                    "left_by": left["cause"] if left else None,
                    "other_ticker": into or (came["previous_ticker"] if came else None),
                }
            )
    return rows


def model_summary(winners: dict[dt.date, Version]) -> list[Row]:
    rows = []
    days = sorted(winners)
    for at, day in enumerate(days):
        before = winners[days[at - 1]].lines if at else []
        for share_class in {line.share_class for line in winners[day].lines}:
            now = [line for line in winners[day].lines if line.share_class == share_class]
            then = [line for line in before if line.share_class == share_class]
            total, was = (sum(x.theoretical_quantity for x in lines) for lines in (now, then))
            weight, weighed = (sum(x.weight_pct for x in lines) for lines in (now, then))
            rows.append(
                {
                    "index_code": "IBOV",
                    "reference_date": day,
                    "share_class": share_class,
                    "position_count": len(now),
                    "total_theoretical_quantity": total,
                    "total_weight_pct": weight,
                    "theoretical_quantity_change": total - was if at else None,
                    "weight_change_pct": weight - weighed if at else None,
                }
            )
    return rows


# ── what holds ───────────────────────────────────────────────────────────────────────


def rows_of(lake: MemoryLake, name: str) -> list[Row]:
    """The rows of a table in one order, without the time of the capture."""
    table = lake.memory.tables[name]
    kept = [column for column in table.column_names if column != "captured_at"]
    return ordered(table.select(kept).to_pylist())


def ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: repr(sorted(row.items())))


def everything(lake: MemoryLake) -> dict[str, list[Row]]:
    return {name: rows_of(lake, name) for name in REFINED if name != "quality_result"}


def at_once(versions: list[Version]) -> MemoryLake:
    lake = memory_lake()
    for version in versions:
        lake.raw.land(version.table)
    refine(lake, ENGINE, NOW, evaluate=evaluate)
    return lake


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_any_history_gives_the_rows_of_the_model(versions: list[Version]) -> None:
    """Winners, changes with their causes, stays and summaries are what the words say."""
    lake, winners = at_once(versions), model_winners(versions)
    published = lake.memory.tables["portfolio"].select(["reference_date", "payload_sha256"])
    assert {tuple(row.values()) for row in published.to_pylist()} == {
        (day, version.payload) for day, version in winners.items()
    }
    assert rows_of(lake, "position_change") == ordered(model_changes(winners))
    assert rows_of(lake, "membership") == ordered(model_membership(winners))
    assert rows_of(lake, "share_class_summary") == ordered(model_summary(winners))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.data())
def test_the_order_of_landing_and_refining_leaves_no_trace(
    versions: list[Version], data: st.DataObject
) -> None:
    """Refined at once, one by one, late, corrected or rebuilt: the same rows."""
    expected = everything(at_once(data.draw(st.permutations(versions))))
    lake = memory_lake()
    for version in versions:
        lake.raw.land(version.table)
        if data.draw(st.booleans()):
            refine(lake, ENGINE, NOW, evaluate=evaluate)
    refine(lake, ENGINE, NOW, evaluate=evaluate)
    assert everything(lake) == expected
    published = lake.memory.published
    assert refine(lake, ENGINE, NOW, evaluate=evaluate).is_clean
    assert lake.memory.published == published
    refine(lake, ENGINE, NOW, RefineOptions(rebuild=True), evaluate=evaluate)
    assert everything(lake) == expected


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.data())
def test_a_withdrawal_leaves_what_would_be_without_the_entry(
    versions: list[Version], data: st.DataObject
) -> None:
    """Published or not, what is withdrawn is as if it had never come."""
    gone = data.draw(st.sampled_from(versions))
    lake = at_once(versions)
    lake.raw.withdraw(
        next(e for e in lake.raw.entries() if e.payload_sha256 == gone.payload), "wrong", NOW
    )
    refine(lake, ENGINE, NOW, evaluate=evaluate)
    assert everything(lake) == everything(at_once([v for v in versions if v != gone]))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), st.sampled_from(DAYS))
def test_scopes_that_cover_all_dates_give_what_no_scope_gives(
    versions: list[Version], day: dt.date
) -> None:
    """A run of a span of dates leaves the rest, and links what stands beside it."""
    lake = memory_lake()
    for version in versions:
        lake.raw.land(version.table)
    for scope in (Scope(first=day), Scope(last=day)):
        refine(lake, ENGINE, NOW, RefineOptions(scope), evaluate=evaluate)
    assert everything(lake) == everything(at_once(versions))


def test_a_correction_changes_what_follows_it() -> None:
    """The session after a corrected one is compared with the correction."""
    monday, tuesday = Version(DAYS[2], 1, "capture", (("ABEV3", 7),)), DAYS[3]
    after = replace(monday, day=tuesday)
    lake = at_once([monday, after])
    assert rows_of(lake, "position_change") == []
    lake.raw.land(replace(monday, number=2, quantities=(("ABEV3", 9),)).table)
    refine(lake, ENGINE, NOW, evaluate=evaluate)
    [change] = rows_of(lake, "position_change")
    assert (change["reference_date"], change["quantity_change"]) == (tuesday, -2)
