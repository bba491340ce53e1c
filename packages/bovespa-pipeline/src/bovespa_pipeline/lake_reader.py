"""LakeReader: the lake as a library; each query is a method and returns an Arrow table.

lake = open_lake("./lake")                     # or s3://bucket, with lake-io[aws]
lake.members("IBOV", on="2024-12-31")          # who was in, and in which session
lake.changes("IBOV", first="2025-01-01")       # what entered, left and moved, and why
lake.weights("IBOV").to_pandas()               # every weight of every captured session
lake.sql("select * from membership where index_code = ?", ["IBOV"]).to_polars()

Each takes `known_at`, a time or a run: the answer as it could have been given then. The
command asks through these methods, so that both mean the same by the same words.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from b3_scraper.html import html_table
from bovespa_pipeline.dates import SAO_PAULO, Day, as_date, now
from bovespa_pipeline.plot.model import Picture, picture_of
from bovespa_pipeline.queries import portfolios, questions
from bovespa_pipeline.queries.indices import index_codes
from bovespa_pipeline.queries.point_in_time import When, snapshot_of, time_of
from bovespa_pipeline.queries.previews import preview
from bovespa_pipeline.queries.results import (
    Answer,
    Changes,
    DatedAnswer,
    Members,
    Preview,
    WideAnswer,
)
from bovespa_pipeline.queries.staleness import fresh
from bovespa_pipeline.queries.wide import weights_wide
from bovespa_pipeline.texts import ENGLISH
from lake_io import Lake, LakeSnapshot, NotInLake, query
from lake_io import open_lake as open_lake_parts

__all__ = ["LakeReader", "lake_there", "open_lake"]

_CONTENTS: Final = (
    "select index_code, count(*) as sessions, min(reference_date) as first_session, "
    "max(reference_date) as last_session from portfolio group by index_code order by index_code"
)


@dataclass(frozen=True)
class LakeReader:
    """Queries on a lake. Every method raises NotInLake for data the lake does not hold."""

    lake: Lake = field(repr=False)
    clock: Callable[[], dt.datetime] = field(default=now, repr=False)

    @property
    def uri(self) -> str:
        return self.lake.uri

    def indices(self) -> Sequence[str]:
        """The codes of the indices with a published session."""
        return index_codes(self._newest())

    def sessions(self, code: str, *, known_at: When | None = None) -> Sequence[dt.date]:
        """The captured sessions of an index, in order."""
        with self._view(known_at, code) as snapshot:
            return portfolios.sessions(snapshot, code.upper())

    def members(
        self,
        code: str,
        *,
        on: Day | None = None,
        known_at: When | None = None,
        max_age: int | None = None,
    ) -> Members:
        """Members of the index on a date or today, from the latest captured session until then.

        Warns with StaleAnswer where a rebalance lies between that session and the day. Raises
        NotInLake where the session is more than `max_age` days older than the day.
        """
        day = None if on is None else as_date(on)
        with self._view(known_at, code) as snapshot:
            self._assert_not_ahead(snapshot, code.upper(), day)
            answer = portfolios.members(snapshot, code.upper(), day, self._today(known_at))
        return fresh(answer, max_age, is_today=on is None)

    def changes(
        self,
        code: str,
        *,
        first: Day = dt.date.min,
        last: Day = dt.date.max,
        known_at: When | None = None,
    ) -> Changes:
        """Changes of the index between two dates, both included, with their causes."""
        span = _span(first, last)
        with self._view(known_at, code) as snapshot:
            return portfolios.changes(snapshot, code.upper(), *span)

    def weights(
        self,
        code: str,
        *,
        first: Day = dt.date.min,
        last: Day = dt.date.max,
        known_at: When | None = None,
    ) -> Answer:
        """Weight and quantity per session and security between the two dates."""
        span = _span(first, last)
        with self._view(known_at, code) as snapshot:
            return portfolios.weights(snapshot, code.upper(), *span)

    def preview(self, code: str, *, known_at: When | None = None) -> Preview:
        """The newest preview of the index's next portfolio, and its changes."""
        with snapshot_of(self.lake, known_at, frozenset({code.upper()})) as snapshot:
            return preview(snapshot, code.upper(), self._today())

    def weights_wide(self, code: str, *, known_at: When | None = None) -> WideAnswer:
        """Weights in percent, a row per session and a column per ticker, null where it was out."""
        with self._view(known_at, code) as snapshot:
            portfolios.sessions(snapshot, code.upper())
            return WideAnswer(weights_wide(snapshot, code.upper()))

    def history(self, ticker: str, *, known_at: When | None = None) -> Answer:
        """Quantity and weight of a security in each index and session, through its renames."""
        with self._view(known_at) as snapshot:
            return questions.security_history(snapshot, ticker.upper())

    def holders(
        self,
        ticker: str,
        *,
        on: Day | None = None,
        known_at: When | None = None,
        max_age: int | None = None,
    ) -> DatedAnswer:
        """The indices that held a security on a date, each in its latest session until then.

        Warns and raises for old sessions as `members` does.
        """
        day = self._day(on, known_at)
        with self._view(known_at) as snapshot:
            answer = questions.holders(snapshot, ticker.upper(), day)
        return fresh(answer, max_age, is_today=on is None)

    def compare(
        self,
        code: str,
        other: str,
        *,
        on: Day | None = None,
        known_at: When | None = None,
        max_age: int | None = None,
    ) -> DatedAnswer:
        """The securities of two indices on a date, with the weight that they have in common.

        Warns and raises for old sessions as `members` does.
        """
        day = self._day(on, known_at)
        with self._view(known_at) as snapshot:
            answer = questions.compare(snapshot, code.upper(), other.upper(), day)
        return fresh(answer, max_age, is_today=on is None)

    def sectors(
        self,
        code: str,
        *,
        on: Day | None = None,
        known_at: When | None = None,
        max_age: int | None = None,
    ) -> DatedAnswer:
        """Positions and weight of each sector of an index on a date.

        Warns and raises for old sessions as `members` does.
        """
        day = self._day(on, known_at)
        with self._view(known_at, code) as snapshot:
            answer = questions.sectors(snapshot, code.upper(), day)
        return fresh(answer, max_age, is_today=on is None)

    def turnover(
        self,
        code: str,
        *,
        first: Day = dt.date.min,
        last: Day = dt.date.max,
        known_at: When | None = None,
    ) -> Answer:
        """Half the sum of all moves of weight since the session before, between the two dates."""
        span = _span(first, last)
        with self._view(known_at, code) as snapshot:
            return questions.turnover(snapshot, code.upper(), *span)

    def concentration(
        self,
        code: str,
        *,
        first: Day = dt.date.min,
        last: Day = dt.date.max,
        known_at: When | None = None,
    ) -> Answer:
        """The largest weights and the effective number of positions between the two dates."""
        span = _span(first, last)
        with self._view(known_at, code) as snapshot:
            return questions.concentration(snapshot, code.upper(), *span)

    def _today(self, known_at: When | None = None) -> dt.date:
        """Today in São Paulo, or the day of `known_at`."""
        time = self.clock() if known_at is None else time_of(self.lake, known_at) or self.clock()
        return time.astimezone(SAO_PAULO).date()

    def _day(self, on: Day | None, known_at: When | None) -> dt.date:
        """A date that was asked for, today by default. Raises NotInLake for one in the future."""
        if on is None:
            return self._today(known_at)
        day = as_date(on)
        if day > self._today():
            raise NotInLake(f"{day} has not come yet")
        return day

    def picture(  # noqa: PLR0913 - each has a good default
        self,
        code: str,
        *,
        what: str = "weights",
        top: int = 10,
        tickers: Sequence[str] = (),
        first: Day = dt.date.min,
        last: Day = dt.date.max,
        known_at: When | None = None,
        language: str = ENGLISH,
    ) -> Picture:
        """Data of a plot: the `top` largest securities, or the named ones, and their changes.

        `language` is `en` or `pt-BR`.
        """
        span = _span(first, last)
        with self._view(known_at, code) as snapshot:
            weights = portfolios.weights(snapshot, code.upper(), *span).arrow
            changes = portfolios.changes(snapshot, code.upper(), *span).arrow
        return picture_of(weights, changes, what=what, top=top, tickers=tickers, language=language)

    def _repr_html_(self) -> str:
        """The lake's indices and sessions, for a notebook."""
        return html_table(query(self._newest(), _CONTENTS), f"Lake {self.uri}")

    def sql(
        self,
        sql: str,
        parameters: Iterable[object] | Mapping[str, object] = (),
        *,
        known_at: When | None = None,
    ) -> Answer:
        """Run one SELECT; parameters for `?`, or by name for `$name`.

        Raises QueryError if it is invalid or would write.
        """
        with self._view(known_at) as snapshot:
            return Answer(query(snapshot, sql, parameters))

    def _newest(self) -> LakeSnapshot:
        return self.lake.refined_tables.snapshot()

    @contextmanager
    def _view(self, known_at: When | None, code: str | None = None) -> Iterator[LakeSnapshot]:
        indices = frozenset({code.upper()} if code else ())
        with snapshot_of(self.lake, known_at, indices) as snapshot:
            if code and known_at is not None and code.upper() not in index_codes(snapshot):
                captured = portfolios.sessions(self._newest(), code.upper())
                raise NotInLake(
                    f"nothing of {code.upper()} was known at {known_at}; "
                    f"now the lake holds its sessions from {captured[0]} to {captured[-1]}"
                )
            yield snapshot

    def _assert_not_ahead(self, snapshot: LakeSnapshot, code: str, day: dt.date | None) -> None:
        """Raise NotInLake for a day in the future."""
        if day is not None and day > self._today():
            newest = portfolios.sessions(snapshot, code)[-1]
            raise NotInLake(f"{day} has not come yet; the newest session of {code} is {newest}")


def open_lake(uri: str, *, clock: Callable[[], dt.datetime] = now) -> LakeReader:
    """Open the lake in a folder or at `s3://bucket[/prefix]` for queries.

    Raises NotInLake where there is none, and LakeUnreachable, which says what to do.
    """
    return LakeReader(lake_there(uri), clock)


def lake_there(uri: str) -> Lake:
    """Open an existing lake; nothing is created. Raises NotInLake for a folder without one."""
    try:
        return open_lake_parts(uri, create=False)
    except NotInLake as error:
        raise NotInLake(
            f"{error}: name another (--lake, BOVESPA_LAKE), "
            f"or make one with `bovespa demo` or `bovespa run`"
        ) from error


def _span(first: Day, last: Day) -> tuple[dt.date, dt.date]:
    span = as_date(first), as_date(last)
    if span[0] > span[1]:
        raise ValueError(f"the first day {span[0]} is after the last day {span[1]}")
    return span
