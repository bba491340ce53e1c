"""Questions on one security, on two indices, and on an index over time, each one SELECT.

A security is followed through its renames: its earlier and later tickers answer for it. Weights
stay exact decimals; ratios that no decimal holds (the effective number of positions) are floats.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from bovespa_pipeline.queries.indices import NOTHING_YET, index_codes
from bovespa_pipeline.queries.portfolios import sessions, sessions_within
from bovespa_pipeline.queries.results import Answer, DatedAnswer
from bovespa_pipeline.queries.staleness import rebalances_between
from lake_io import LakeSnapshot, NotInLake, query

__all__ = ["compare", "concentration", "holders", "sectors", "security_history", "turnover"]

_HISTORY: Final = """
    with recursive renames as (
        select
            previous_ticker,
            ticker,
            min(reference_date) as first_date,
            max(reference_date) as last_date
        from position_change
        where previous_ticker is not null
        group by previous_ticker, ticker
    ),

    earlier as (
        select $ticker as ticker, date '9999-12-31' as until
        union
        select renames.previous_ticker, renames.last_date
        from renames
        join earlier using (ticker)
        where renames.last_date <= earlier.until
    ),

    later as (
        select $ticker as ticker, date '0001-01-01' as since
        union
        select renames.ticker, renames.first_date
        from renames
        join later on renames.previous_ticker = later.ticker
        where renames.first_date >= later.since
    ),

    held as (
        select position.*
        from position
        join earlier on position.ticker = earlier.ticker and position.reference_date < earlier.until
        union
        select position.*
        from position
        join later on position.ticker = later.ticker and position.reference_date >= later.since
    )

    select index_code, reference_date, ticker, theoretical_quantity, weight_pct, ex_rights
    from held
    order by index_code, reference_date
"""
"""`held`: the positions of a security under each ticker it had, as `position_change` names them.

A ticker that another security bore before or after is not followed past the rename.
"""
_NEWEST: Final = """
    select index_code, max(reference_date) as reference_date
    from portfolio
    where reference_date <= ?
    group by index_code
    order by index_code
"""
_COMPARE: Final = """
    with own as (
        select ticker, company, weight_pct
        from position
        where index_code = ? and reference_date = ?
    ),

    other as (
        select ticker, company, weight_pct
        from position
        where index_code = ? and reference_date = ?
    )

    select
        ticker,
        coalesce(own.company, other.company) as company,
        own.weight_pct,
        other.weight_pct as other_weight_pct,
        least(coalesce(own.weight_pct, 0), coalesce(other.weight_pct, 0)) as overlap_pct,
        cast(? as date) as reference_date,
        cast(? as date) as other_reference_date
    from own
    full join other using (ticker)
    order by greatest(coalesce(own.weight_pct, 0), coalesce(other.weight_pct, 0)) desc, ticker
"""
_SECTORS: Final = """
    select
        sector,
        count(*) as position_count,
        cast(sum(weight_pct) as decimal(9, 3)) as weight_pct,
        reference_date
    from position
    where index_code = ? and reference_date = ?
    group by sector, reference_date
    order by weight_pct desc, sector
"""
_CONCENTRATION: Final = """
    with ranked as (
        select
            reference_date,
            weight_pct,
            row_number() over (
                partition by reference_date order by weight_pct desc, ticker
            ) as place
        from position
        where index_code = ? and reference_date between ? and ?
    )

    select
        reference_date,
        count(*) as position_count,
        max(weight_pct) as largest_weight_pct,
        cast(sum(weight_pct) filter (where place <= 10) as decimal(9, 3)) as ten_largest_weight_pct,
        1 / sum(pow(cast(weight_pct as double) / 100, 2)) as effective_position_count
    from ranked
    group by reference_date
    order by reference_date
"""
_TURNOVER: Final = """
    with steps as (
        select
            index_code,
            reference_date,
            previous_reference_date,
            exists(
                select 1
                from position_change
                where
                    position_change.index_code = portfolio.index_code
                    and position_change.reference_date = portfolio.reference_date
                    and position_change.cause = 'rebalance'
            ) as is_rebalance
        from portfolio
        where
            index_code = ?
            and reference_date between ? and ?
            and previous_reference_date is not null
    ),

    moves as (
        select
            steps.reference_date,
            coalesce(renamed.ticker, position.ticker) as ticker,
            sum(
                case when position.reference_date = steps.reference_date then position.weight_pct
                else -position.weight_pct end
            ) as move
        from steps
        join position
            on position.index_code = steps.index_code
            and position.reference_date in (steps.reference_date, steps.previous_reference_date)
        left join position_change as renamed
            on renamed.index_code = steps.index_code
            and renamed.reference_date = steps.reference_date
            and renamed.previous_ticker = position.ticker
            and position.reference_date = steps.previous_reference_date
        group by all
    )

    select
        steps.reference_date,
        steps.previous_reference_date,
        steps.is_rebalance,
        cast(sum(abs(move)) / 2 as decimal(9, 4)) as turnover_pct
    from steps
    join moves using (reference_date)
    group by steps.reference_date, steps.previous_reference_date, steps.is_rebalance
    order by steps.reference_date
"""


def security_history(snapshot: LakeSnapshot, ticker: str) -> Answer:
    """Quantity and weight of a security in each index and session. Raises NotInLake."""
    rows = query(snapshot, _HISTORY, {"ticker": ticker})
    if not rows.num_rows:
        raise NotInLake(_no_security(snapshot, ticker))
    return Answer(rows)


def holders(snapshot: LakeSnapshot, ticker: str, on: dt.date) -> DatedAnswer:
    """The indices that held a security on a date, each in its latest session not after it.

    Empty where none did. Raises NotInLake for a security that no index ever held, and for a date
    before the lake's first session.
    """
    rows = security_history(snapshot, ticker).arrow
    sessions = _newest(snapshot, on)
    if not sessions:
        raise NotInLake(
            f"{ticker} is in the lake from {pc.min(rows['reference_date'])} on, not on {on}"
        )
    pairs = zip(*(rows[name].to_pylist() for name in ("index_code", "reference_date")), strict=True)
    then = rows.filter([sessions.get(code) == session for code, session in pairs])
    by_weight = [("weight_pct", "descending"), ("index_code", "ascending")]
    return _dated(then.sort_by(by_weight), on, sessions)


def compare(snapshot: LakeSnapshot, code: str, other: str, on: dt.date) -> DatedAnswer:
    """The securities of two indices on a date, their weights, and the weight in common.

    Each index in its latest session not after the date; `overlap_pct` adds up to the overlap of
    the two. Raises NotInLake.
    """
    own_day, other_day = (_session(snapshot, index, on) for index in (code, other))
    parameters = [code, own_day, other, other_day, own_day, other_day]
    rows = query(snapshot, _COMPARE, parameters)
    return _dated(rows, on, {code: own_day, other: other_day})


def sectors(snapshot: LakeSnapshot, code: str, on: dt.date) -> DatedAnswer:
    """Positions and weight of each sector of an index on a date, null for those without a label.

    Raises NotInLake.
    """
    session = _session(snapshot, code, on)
    return _dated(query(snapshot, _SECTORS, [code, session]), on, {code: session})


def concentration(
    snapshot: LakeSnapshot, code: str, first: dt.date = dt.date.min, last: dt.date = dt.date.max
) -> Answer:
    """Per session: the largest weight, that of the ten largest, and the effective number, 1/Σw².

    Raises NotInLake for an index the lake does not hold, or a span without a session.
    """
    dates = sessions_within(snapshot, code, first, last)
    return Answer(query(snapshot, _CONCENTRATION, [code, dates[0], dates[-1]]))


def turnover(
    snapshot: LakeSnapshot, code: str, first: dt.date = dt.date.min, last: dt.date = dt.date.max
) -> Answer:
    """Per session: half the sum of all moves of weight since the session before it.

    The first session of a span is compared with the one before the span. Prices that moved in
    between are in it; `is_rebalance` marks the steps over a rebalance. Raises NotInLake for an
    index the lake does not hold, or a span without a session.
    """
    dates = sessions_within(snapshot, code, first, last)
    return Answer(query(snapshot, _TURNOVER, [code, dates[0], dates[-1]]))


def _dated(rows: pa.Table, day: dt.date, sessions: Mapping[str, dt.date]) -> DatedAnswer:
    return DatedAnswer(rows, day, sessions, rebalances_between(sessions, day))


def _newest(snapshot: LakeSnapshot, on: dt.date) -> dict[str, dt.date]:
    """The latest session of every index that is not after a date."""
    rows: list[dict[str, Any]] = query(snapshot, _NEWEST, [on]).to_pylist()
    return {row["index_code"]: row["reference_date"] for row in rows}


def _session(snapshot: LakeSnapshot, code: str, on: dt.date) -> dt.date:
    """The latest session of an index that is not after a date."""
    dates = sessions(snapshot, code)
    before = [date for date in dates if date <= on]
    if not before:
        raise NotInLake(f"{code} is in the lake from {dates[0]} on, not on {on}")
    return before[-1]


def _no_security(snapshot: LakeSnapshot, ticker: str) -> str:
    if not index_codes(snapshot):
        return f"the lake holds no {ticker}; it holds {NOTHING_YET}"
    return f"no index in the lake ever held {ticker}"
