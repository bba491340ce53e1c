"""Query results: an Arrow table, convertible to pandas and polars."""

import datetime as dt
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["BASES", "Answer", "Changes", "Members", "MissingPackage", "Preview", "StaleAnswer"]


BASES: Final = {
    "capture": "captured live from B3",
    "import": "from a download of B3",
    "import_incomplete": "from a download that was dated by hand or lacks its totals",
    "quadrimester": "from B3's portfolio of the quadrimester: changes inside it are not known",
    "bulletin": "from a bulletin of B3: changes inside the quadrimester are not known",
}
"""What an answer from each source rests on."""


class MissingPackage(ImportError):
    """A package needed for the requested form is not installed."""


class StaleAnswer(UserWarning):
    """A rebalance lies between the returned session and the requested date."""


@dataclass(frozen=True)
class Answer:
    """Rows with the contract's exact types: 64-bit quantities, decimal weights, dates."""

    arrow: pa.Table

    def to_pandas(self) -> "pd.DataFrame":
        """Days as `datetime64`, decimals as `decimal.Decimal`. Raises MissingPackage."""
        _needed("pandas")
        return self.arrow.to_pandas(date_as_object=False)

    def to_polars(self) -> "pl.DataFrame":
        """Every type as it is in Arrow. Raises MissingPackage."""
        frame: pl.DataFrame = _needed("polars").from_arrow(self.arrow)
        return frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Export to any Arrow consumer: DuckDB, Polars, pyarrow."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)


@dataclass(frozen=True)
class Members(Answer):
    """The positions of an index in the session that answers for a date.

    `rebalance` is the first session of the rebalance between the two, where there is one: the
    portfolio in force on the date was another. `source` is where the session's portfolio came
    from, as the contract names it; `basis` says what that means for the answer.
    """

    index_code: str
    on: dt.date | None
    session: dt.date
    source: str
    rebalance: dt.date | None = None

    @property
    def basis(self) -> str:
        """What the answer rests on, as the end of a sentence."""
        return BASES[self.source]


@dataclass(frozen=True)
class Changes(Answer):
    """Rows of `position_change`, and the steps between sessions a quadrimester or more apart.

    What happened inside such a step is known by its end alone.
    """

    coarse_steps: tuple[tuple[dt.date, dt.date], ...] = ()


@dataclass(frozen=True)
class Preview(Answer):
    """The portfolio of an index that B3 has announced for `effective_date`.

    `changes` are the rows of `preview_change`, the largest changes of weight first, against the
    portfolio in force in the session `in_force_date`: none where the lake has no such session.
    `number` is 1 to 3. Where `is_confirmed` is false no other answer came before this one since the
    last rebalance, so that it may be the expired preview of that rebalance.
    """

    index_code: str
    effective_date: dt.date
    number: int
    first_seen_on: dt.date
    is_confirmed: bool
    in_force_date: dt.date | None
    changes: Answer


def _needed(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} is not installed here: pip install {name}") from error
