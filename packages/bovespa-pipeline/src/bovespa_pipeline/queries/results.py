"""Query results: an Arrow table, convertible to pandas and polars."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, overload

import pyarrow as pa

from b3_contracts.counts import counted
from b3_scraper.html import html_table
from bovespa_pipeline.texts import texts

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = [
    "Answer",
    "Changes",
    "DatedAnswer",
    "Members",
    "MissingPackage",
    "Preview",
    "StaleAnswer",
    "WideAnswer",
]


class MissingPackage(ImportError):
    """A package needed for the requested form is not installed."""


class StaleAnswer(UserWarning):
    """A rebalance lies between the session that answers and the day that was asked for."""


@dataclass(frozen=True)
class Answer:
    """Rows with the contract's exact types: 64-bit quantities, decimal weights, dates."""

    arrow: pa.Table

    def to_pandas(self, *, floats: bool = False) -> "pd.DataFrame":
        """Days as `datetime64`, decimals as `decimal.Decimal`. Raises MissingPackage.

        With `floats` decimals are floats and days `datetime64[ns]`: rounded, and what plots and
        joins by time expect.
        """
        _needed("pandas")
        if not floats:
            return self.arrow.to_pandas(date_as_object=False)
        columns = [_inexact(column) for column in self.arrow.columns]
        rows = pa.Table.from_arrays(columns, names=self.arrow.column_names)
        return rows.to_pandas(date_as_object=False)

    def to_polars(self) -> "pl.DataFrame":
        """Every type as it is in Arrow. Raises MissingPackage."""
        frame: pl.DataFrame = _needed("polars").from_arrow(self.arrow)
        return frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Export to any Arrow consumer: DuckDB, Polars, pyarrow."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, each by its columns' names."""
        return iter(self.arrow.to_pylist())

    @overload
    def __getitem__(self, key: str) -> pa.ChunkedArray: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    def __getitem__(self, key: str | int) -> Any:
        """A column by its name, or a row by its place."""
        if isinstance(key, str):
            return self.arrow[key]
        return self.arrow.slice(range(len(self))[key], 1).to_pylist()[0]

    def _repr_html_(self) -> str:
        """The first rows, for a notebook."""
        return html_table(self.arrow, self._heading())

    def _heading(self) -> str:
        return counted(len(self), "row", "rows")


@dataclass(frozen=True)
class WideAnswer(Answer):
    """A row per session; a frame of it has the sessions as its index, to compute with."""

    def to_pandas(self, *, floats: bool = False) -> "pd.DataFrame":
        """As `Answer.to_pandas`, indexed by `reference_date`. Raises MissingPackage."""
        return super().to_pandas(floats=floats).set_index("reference_date")


@dataclass(frozen=True)
class DatedAnswer(Answer):
    """An answer for a day, each index in its latest session not after it."""

    day: dt.date
    """The day that was asked for, or today where none was."""
    sessions: Mapping[str, dt.date] = field(hash=False)
    """The session that answers, by index."""
    rebalances: Mapping[str, dt.date] = field(hash=False)
    """The first session of the rebalance between session and day, for the indices with one.

    On the day another portfolio of these was in force.
    """

    @property
    def session(self) -> dt.date:
        """The session that answers; of several the earliest."""
        return min(self.sessions.values())

    @property
    def age_days(self) -> int:
        """Days from the session to the day; of several the most."""
        return max(0, (self.day - self.session).days)

    def groups(self) -> Sequence[tuple[Sequence[str], dt.date, dt.date | None]]:
        """Indices with one session, that session, and the rebalance since; the latest first."""
        groups: dict[tuple[dt.date, dt.date | None], list[str]] = {}
        for code, session in self.sessions.items():
            groups.setdefault((session, self.rebalances.get(code)), []).append(code)
        ordered = sorted(groups.items(), key=lambda group: group[0][0], reverse=True)
        return [(codes, *dates) for dates, codes in ordered]


@dataclass(frozen=True)
class Members(DatedAnswer):
    """The positions of an index in the session that answers for a date.

    `on` is the date that was asked for, if any. `source` is where the session's portfolio came
    from, as the contract names it; `basis` says what that means for the answer.
    """

    index_code: str
    on: dt.date | None
    source: str

    @property
    def rebalance(self) -> dt.date | None:
        """The first session of the rebalance between the session and the date, if there is one."""
        return self.rebalances.get(self.index_code)

    def _heading(self) -> str:
        positions = counted(len(self), "position", "positions")
        return f"{positions} of {self.index_code} on {self.session}, {self.basis}"

    @property
    def basis(self) -> str:
        """What the answer rests on, as the end of a sentence."""
        return texts()(f"bases.{self.source}")


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

    def _heading(self) -> str:
        return (
            f"preview {self.number} of 3 of {self.index_code} for {self.effective_date}, "
            f"first seen on {self.first_seen_on}"
        )


def _inexact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals as the nearest floats: by way of their digits, since Arrow's own cast is off."""
    if pa.types.is_decimal(column.type):
        return column.cast(pa.string()).cast(pa.float64())
    return column.cast(pa.timestamp("ns")) if pa.types.is_date(column.type) else column


def _needed(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} is not installed here: pip install {name}") from error
