"""Exact types for pandera's Arrow backend, which knows no decimals of its own."""

from typing import Annotated, Any, Final, Self

import narwhals.stable.v1 as nw
from pandera import dtypes
from pandera.engines import narwhals_engine

__all__ = ["Date", "Decimal", "Divisor", "Ratio", "Timestamp", "WeightPct", "column_type"]

_SIMPLE: Final[dict[Any, str]] = {
    nw.String: "string",
    nw.Int64: "long",
    nw.Boolean: "boolean",
    nw.Date: "date",
}


@narwhals_engine.Engine.register_dtype(equivalents=[nw.Decimal])
@dtypes.immutable(init=True)
class Decimal(narwhals_engine.DataType):
    """A decimal of an exact precision and scale; another scale is another type."""

    type: Any = nw.Decimal

    def __init__(self, precision: int = 38, scale: int = 0) -> None:
        object.__setattr__(self, "type", nw.Decimal(precision, scale))

    @classmethod
    def from_parametrized_dtype(cls, dtype: nw.Decimal) -> Self:
        return cls(dtype.precision, dtype.scale)

    def check(self, pandera_dtype: dtypes.DataType, _data: object = None) -> bool:
        return isinstance(pandera_dtype, Decimal) and repr(self.type) == repr(pandera_dtype.type)


Date = narwhals_engine.Date
Timestamp = Annotated[narwhals_engine.DateTime, "us", "UTC"]
WeightPct = Annotated[Decimal, 9, 3]
Divisor = Annotated[Decimal, 28, 8]
Ratio = Annotated[Decimal, 28, 8]


def column_type(dtype: Any) -> str:
    """Return the Iceberg name of a model's type."""
    if isinstance(dtype, nw.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, nw.Datetime):
        return "timestamptz"
    return _SIMPLE[dtype]
