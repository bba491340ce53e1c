"""One row per table that keeps its contract, for tests to spoil."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import settings

from b3_contracts.backends.arrow import schema
from b3_contracts.models.tables import Table

# A busy machine is no failure: no test is evaluated by how long it took.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

_MONDAY: Final = dt.date(2025, 1, 6)
_BEFORE: Final = dt.date(2024, 12, 30)
_NOON: Final = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
_SESSION: Final = {"index_code": "IBOV", "reference_date": _MONDAY}
_POSITION: Final = {
    **_SESSION,
    "ticker": "PETR4",
    "company": "PETROBRAS",
    "share_class": "PN",
    "ex_rights": "ED",
    "listing_segment": "N2",
    "sector": "Petróleo",
    "theoretical_quantity": 4_566_442_248,
    "weight_pct": Decimal("6.540"),
}
_NOT_IN_PREVIEWS: Final = {"reference_date", "sector"}
_PREVIEW: Final = {
    "index_code": "IBOV",
    "effective_date": _MONDAY,
    "preview_number": 3,
    "first_seen_on": _BEFORE,
    "in_force_date": _BEFORE,
    "payload_sha256": "a" * 64,
}
_ORIGIN: Final = {"source": "import", "payload_sha256": "a" * 64, "captured_at": _NOON}
_HEADER: Final = {
    "total_theoretical_quantity": 98_370_249_996,
    "divisor": Decimal("16279911.48376400"),
    **_ORIGIN,
}
_ROWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "raw_position": {**_POSITION, **_HEADER, "parser_revision": 1},
    "position": _POSITION,
    "portfolio": {
        **_SESSION,
        "previous_reference_date": _BEFORE,
        "position_count": 87,
        "total_weight_pct": Decimal("100.000"),
        **_HEADER,
    },
    "position_change": {
        **_SESSION,
        "previous_reference_date": _BEFORE,
        "days_since_previous": 7,
        "ticker": "ISAE4",
        "previous_ticker": "TRPL4",
        "company": "ISA ENERGIA",
        "share_class": "PN",
        "change_type": "ticker",
        "cause": "rename",
        "previous_theoretical_quantity": 395_801_044,
        "theoretical_quantity": 395_801_044,
        "quantity_change": 0,
        "quantity_ratio": Decimal("1.00000000"),
        "previous_weight_pct": Decimal("0.460"),
        "weight_pct": Decimal("0.455"),
        "weight_change_pct": Decimal("-0.005"),
    },
    "share_class_summary": {
        **_SESSION,
        "share_class": "PN",
        "position_count": 12,
        "total_theoretical_quantity": 20_000_000_000,
        "total_weight_pct": Decimal("20.000"),
        "theoretical_quantity_change": -5,
        "weight_change_pct": Decimal("-0.100"),
    },
    "membership": {
        "index_code": "IBOV",
        "ticker": "ALPA4",
        "company": "ALPARGATAS",
        "valid_from": dt.date(2024, 9, 2),
        "valid_to": _BEFORE,
        "absent_before": dt.date(2024, 8, 30),
        "absent_after": _MONDAY,
        "last_seen": _BEFORE,
        "entered_by": "rebalance",
        "left_by": "rebalance",
        "other_ticker": "ALPA3",
    },
    "raw_preview": {
        **{name: value for name, value in _POSITION.items() if name not in _NOT_IN_PREVIEWS},
        "captured_on": _BEFORE,
        "total_theoretical_quantity": 98_370_249_996,
        "divisor": Decimal("16279911.48376400"),
        "payload_sha256": "a" * 64,
        "parser_revision": 1,
    },
    "preview_position": {
        **{name: value for name, value in _POSITION.items() if name not in _NOT_IN_PREVIEWS},
        **_PREVIEW,
        "is_confirmed": True,
    },
    "preview_change": {
        **_PREVIEW,
        "ticker": "PSSA3",
        "company": "PORTO SEGURO",
        "change_type": "quantity",
        "previous_theoretical_quantity": 100,
        "theoretical_quantity": 120,
        "quantity_change": 20,
        "previous_weight_pct": Decimal("0.300"),
        "weight_pct": Decimal("0.329"),
        "weight_change_pct": Decimal("0.029"),
    },
    "quality_result": {
        "run_id": "20250106T120000Z-0123abcd",
        "checked_at": _NOON,
        "table_name": "position",
        "expectation": "weight_excess equal_to(0)",
        "column_name": "weight_excess",
        "success": False,
        "observed_value": "0.001",
        "unexpected_count": 1,
        **_SESSION,
        "payload_sha256": "a" * 64,
        "severity": "blocking",
        "rules_version": "0.1.0+0123abcd",
    },
    "portfolio_audit": {
        **_SESSION,
        "payload_sha256": "a" * 64,
        "position_count": 87,
        "duplicate_count": 0,
        "weight_excess": Decimal("0.000"),
        "quantity_excess": 0,
        "days_after_capture": 1,
        "position_count_jump": 0,
        "unknown_share_class_count": 0,
        "unknown_ex_rights_count": 0,
        "unknown_listing_segment_count": 0,
        "closed_day_count": 0,
    },
}

TableOf = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def table_of() -> TableOf:
    """A table of a model: its good row once, or once per mapping of spoilt values."""

    def build(model: type[Table], *spoilt: Mapping[str, Any]) -> pa.Table:
        row = _ROWS[str(model.to_schema().name)]
        rows = [{**row, **values} for values in spoilt or [{}]]
        return pa.Table.from_pylist(rows, schema=schema(model))

    return build
