"""Portfolios that are nobody's, of the size of B3's: 34 indices of 80 positions."""

import datetime as dt
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from b3_contracts.backends import arrow
from b3_contracts.specification import REFINED
from lake_io import LakeSnapshot, Publication, Replacement

INDICES: Final = tuple(f"IX{number:02d}" for number in range(34))
POSITIONS: Final = 80
RULES: Final = 14
_TICKERS: Final = tuple(f"{a}{b}AA{n}" for a in "ABCDEFGH" for b in "KLMNO" for n in (3, 4))
_COMPANIES: Final = tuple(f"COMPANY {ticker}" for ticker in _TICKERS)
_CLASSES: Final = ("ON", "PN", "PNA", "UNT", "CI")


def sessions(count: int, first: dt.date = dt.date(2021, 1, 4)) -> list[dt.date]:
    """Weekdays from `first` on."""
    days = (first + dt.timedelta(days) for days in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


def publication(
    run: str, snapshot: LakeSnapshot, dates: Sequence[dt.date], indices: Sequence[str] = INDICES
) -> Publication:
    """Publication of these sessions of these indices, memberships included."""
    pairs = [(index, date) for index in indices for date in dates]
    days = pa.array([date for _, date in pairs], pa.date32())
    by_session = pa.table({"index_code": [index for index, _ in pairs], "reference_date": days})
    by_index = pa.table({"index_code": pa.array(indices, pa.string())})
    rows = {
        "position": _position(pairs),
        "share_class_summary": _summary(pairs),
        "position_change": arrow.empty(REFINED["position_change"]),
        "membership": _membership(indices, dates[-1]),
        "portfolio": _portfolio(pairs),
    }
    keys = {"membership": by_index}
    return Publication(
        run,
        "0.1.0",
        snapshot,
        {
            **{
                name: Replacement(table, keys.get(name, by_session)) for name, table in rows.items()
            },
            "quality_result": Replacement(_quality(run), pa.table({"run_id": [run]})),
        },
    )


def _position(pairs: Sequence[tuple[str, dt.date]]) -> pa.Table:
    count = len(pairs)
    seeds = [_seed(pair) for pair in pairs]
    weights = pa.array([(seed + n * 977) % 2000 + 500 for seed in seeds for n in range(POSITIONS)])
    columns = {
        "index_code": _each([index for index, _ in pairs]),
        "reference_date": _each([date for _, date in pairs]),
        "ticker": pa.array(_TICKERS * count),
        "company": pa.array(_COMPANIES * count),
        "share_class": pa.array(_CLASSES * (POSITIONS // len(_CLASSES)) * count),
        "ex_rights": pa.nulls(count * POSITIONS, pa.string()),
        "listing_segment": pa.array(["NM"] * POSITIONS * count),
        "sector": pa.array(["Bens Indls/Transporte"] * POSITIONS * count),
        "theoretical_quantity": pa.array(
            [10**8 + seed * (n + 1) % 10**9 for seed in seeds for n in range(POSITIONS)]
        ),
        "weight_pct": pc.multiply(
            weights.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.001"), pa.decimal128(4, 3))
        ).cast(pa.decimal128(9, 3)),
    }
    return arrow.conform(pa.table(columns), REFINED["position"])


def _summary(pairs: Sequence[tuple[str, dt.date]]) -> pa.Table:
    row = {
        "position_count": POSITIONS // len(_CLASSES),
        "total_theoretical_quantity": 10**10,
        "total_weight_pct": Decimal("20.000"),
        "theoretical_quantity_change": 0,
        "weight_change_pct": Decimal("0.010"),
    }
    return _rows(
        "share_class_summary",
        (
            {"index_code": index, "reference_date": date, "share_class": name, **row}
            for index, date in pairs
            for name in _CLASSES
        ),
    )


def _membership(indices: Sequence[str], last: dt.date) -> pa.Table:
    stay = {"valid_from": dt.date(2021, 1, 4), "last_seen": last}
    return _rows(
        "membership",
        (
            {"index_code": index, "ticker": ticker, "company": company, **stay}
            for index in indices
            for ticker, company in zip(_TICKERS, _COMPANIES, strict=True)
        ),
    )


def _quality(run: str) -> pa.Table:
    row = {
        "run_id": run,
        "checked_at": dt.datetime(2021, 1, 4, tzinfo=dt.UTC),
        "table_name": "portfolio_audit",
        "success": True,
        "unexpected_count": 0,
        "severity": "blocking",
        "rules_version": "0.1.0+0123456789ab",
    }
    return _rows("quality_result", ({**row, "expectation": f"rule {n}"} for n in range(RULES)))


def _portfolio(pairs: Sequence[tuple[str, dt.date]]) -> pa.Table:
    row = {
        "position_count": POSITIONS,
        "total_theoretical_quantity": 98_370_249_996,
        "total_weight_pct": Decimal("100.000"),
        "divisor": Decimal("16279911.48376400"),
        "source": "capture",
        "captured_at": dt.datetime(2021, 1, 4, tzinfo=dt.UTC),
    }
    return _rows(
        "portfolio",
        (
            {
                "index_code": index,
                "reference_date": date,
                "payload_sha256": hashlib.sha256(repr((index, date)).encode()).hexdigest(),
                **row,
            }
            for index, date in pairs
        ),
    )


def _rows(name: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), arrow.schema(REFINED[name]))


def _each(values: Sequence[Any]) -> pa.Array:
    """Every value once for each position."""
    return pa.array([value for value in values for _ in range(POSITIONS)])


def _seed(pair: tuple[str, dt.date]) -> int:
    return zlib.crc32(repr(pair).encode())
