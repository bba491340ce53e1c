"""Small publications: what they hold is nobody's portfolio, and says what it is."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from b3_contracts.backends import arrow
from b3_contracts.specification import RAW, REFINED
from lake_io import LakeSnapshot, Publication, RefinedTables, Replacement, open_lake

VERSION = "0.1.0"
CAPTURED_AT = dt.datetime(2025, 1, 6, 12, 30, 15, 123456, tzinfo=dt.UTC)


class Session(NamedTuple):
    index_code: str
    reference_date: dt.date


class Template:
    """A lake in a folder that is filled once, and of which each test gets a new copy.

    The copy lies where the lake was filled: tables name their files by whole paths.
    """

    def __init__(self, lake: Path, fill: Callable[[RefinedTables], object]) -> None:
        self.lake = lake
        self._before = lake.with_name("before")
        fill(open_lake(str(lake)).refined_tables)
        shutil.copytree(lake, self._before)

    def restore(self) -> Path:
        if self.lake.exists():
            shutil.rmtree(self.lake)
        shutil.copytree(self._before, self.lake)
        return self.lake


Quantities = Mapping[str, int]
Held = Mapping[Session, Quantities]


def session(index_code: str, day: int) -> Session:
    """A day of January 2025, running on into February and so into another partition."""
    return Session(index_code, dt.date(2025, 1, 1) + dt.timedelta(day - 1))


def publication(
    run_id: str,
    snapshot: LakeSnapshot,
    sessions: Held,
    removed: Collection[Session] = (),
    recomputed: Collection[Session] = (),
) -> Publication:
    """A run's publication: new sessions, removed ones, those with a new predecessor."""
    touched = [*sessions, *removed, *recomputed]
    indices = sorted({each.index_code for each in touched})
    standing = {**view_of(snapshot), **sessions}
    recomputed_rows = {each: standing[each] for each in recomputed}
    left = {s: q for s, q in standing.items() if s not in removed and s.index_code in indices}
    of_sessions = keys(touched)
    tables = {
        "position": (_position(sessions), keys([*sessions, *removed])),
        "share_class_summary": (_summary({**sessions, **recomputed_rows}), of_sessions),
        "position_change": (_change({**sessions, **recomputed_rows}), of_sessions),
        "membership": (_membership(left), pa.table({"index_code": pa.array(indices, pa.string())})),
        "quality_result": (quality(run_id), pa.table({"run_id": [run_id]})),
        "portfolio": (portfolio({**sessions, **recomputed_rows}), of_sessions),
    }
    replacements = {name: Replacement(*parts) for name, parts in tables.items()}
    return Publication(run_id, VERSION, snapshot, replacements)


def publish(
    refined_tables: RefinedTables, run_id: str, sessions: Held, **others: Any
) -> LakeSnapshot:
    """Publish on the newest view; the view that comes of it."""
    refined_tables.publish(publication(run_id, refined_tables.snapshot(), sessions, **others))
    return refined_tables.snapshot()


def view_of(snapshot: LakeSnapshot) -> dict[Session, dict[str, int]]:
    """Contents of a snapshot as published."""
    held: dict[Session, dict[str, int]] = {}
    for row in snapshot.read("position").to_pylist():
        of = Session(row["index_code"], row["reference_date"])
        assert row["ticker"] not in held.setdefault(of, {}), "a position is there twice"
        held[of][row["ticker"]] = row["theoretical_quantity"]
    return held


def everything(snapshot: LakeSnapshot) -> dict[str, list[str]]:
    """Every row of every table but the quality results, in an order of its own."""
    return {
        name: sorted(map(repr, snapshot.read(name).to_pylist()))
        for name in REFINED
        if name != "quality_result"
    }


def keys(sessions: Iterable[Session]) -> pa.Table:
    found = sorted(set(sessions))
    return pa.table(
        {
            "index_code": pa.array([each.index_code for each in found], pa.string()),
            "reference_date": pa.array([each.reference_date for each in found], pa.date32()),
        }
    )


def quality(run_id: str) -> pa.Table:
    row = {
        "run_id": run_id,
        "checked_at": CAPTURED_AT,
        "table_name": "portfolio_audit",
        "success": True,
        "unexpected_count": 0,
        "severity": "blocking",
        "rules_version": "0.1.0+0123456789ab",
    }
    return _rows("quality_result", [{**row, "expectation": f"rule {n}"} for n in range(2)])


def portfolio(sessions: Held) -> pa.Table:
    return _rows(
        "portfolio",
        [
            {
                **of._asdict(),
                "position_count": len(held),
                "total_theoretical_quantity": sum(held.values()),
                "total_weight_pct": Decimal("100.000"),
                "divisor": Decimal("16279911.48376400"),
                "source": "import",
                "payload_sha256": hashlib.sha256(repr((of, held)).encode()).hexdigest(),
                "captured_at": CAPTURED_AT,
            }
            for of, held in sessions.items()
        ],
    )


def raw_rows(
    index_code: str = "IBOV",
    reference_date: dt.date = dt.date(2025, 1, 6),
    payload: str = "a" * 64,
    revision: int = 1,
    quantity: int = 4_566_442_248,
) -> pa.Table:
    """Two typed rows of one payload."""
    row = {
        "index_code": index_code,
        "reference_date": reference_date,
        "company": "PETROBRAS",
        "share_class": "PN",
        "theoretical_quantity": quantity,
        "weight_pct": Decimal("50.000"),
        "total_theoretical_quantity": 2 * quantity,
        "divisor": Decimal("16279911.48376400"),
        "source": "import",
        "payload_sha256": payload,
        "captured_at": CAPTURED_AT,
        "parser_revision": revision,
    }
    rows = [{**row, "ticker": ticker} for ticker in ("PETR3", "PETR4")]
    return pa.Table.from_pylist(rows, arrow.schema(RAW))


def _position(sessions: Held) -> pa.Table:
    return _rows(
        "position",
        [
            {
                **of._asdict(),
                "ticker": ticker,
                "company": f"COMPANY {ticker}",
                "share_class": "ON",
                "theoretical_quantity": quantity,
                "weight_pct": Decimal("2.663"),
            }
            for of, held in sessions.items()
            for ticker, quantity in held.items()
        ],
    )


def _summary(sessions: Held) -> pa.Table:
    return _rows(
        "share_class_summary",
        [
            {
                **of._asdict(),
                "share_class": "ON",
                "position_count": len(held),
                "total_theoretical_quantity": sum(held.values()),
                "total_weight_pct": Decimal("100.000"),
                "theoretical_quantity_change": 0,
            }
            for of, held in sessions.items()
        ],
    )


def _change(sessions: Held) -> pa.Table:
    """Each session's first ticker, as if it had come that day."""
    return _rows(
        "position_change",
        [
            {
                **of._asdict(),
                "previous_reference_date": of.reference_date - dt.timedelta(1),
                "days_since_previous": 1,
                "ticker": min(held),
                "company": f"COMPANY {min(held)}",
                "share_class": "ON",
                "change_type": "inclusion",
                "cause": "unexplained",
                "theoretical_quantity": held[min(held)],
                "quantity_change": held[min(held)],
                "weight_pct": Decimal("2.663"),
                "weight_change_pct": Decimal("2.663"),
            }
            for of, held in sessions.items()
        ],
    )


def _membership(sessions: Held) -> pa.Table:
    """One stay for each ticker, from its first session to its last."""
    stays: dict[tuple[str, str], list[dt.date]] = {}
    for of, held in sessions.items():
        for ticker in held:
            stays.setdefault((of.index_code, ticker), []).append(of.reference_date)
    return _rows(
        "membership",
        [
            {
                "index_code": index_code,
                "ticker": ticker,
                "company": f"COMPANY {ticker}",
                "valid_from": min(dates),
                "last_seen": max(dates),
            }
            for (index_code, ticker), dates in stays.items()
        ],
    )


def _rows(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, arrow.schema(REFINED[name]))
