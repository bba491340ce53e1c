"""Questions on one security, on two indices, and on an index over time, each one SELECT.

Weights stay exact decimals; ratios that no decimal holds (the effective number of positions) are
floats.
"""

import datetime as dt
from typing import Final

from bovespa_pipeline.queries.indices import NOTHING_YET, index_codes
from bovespa_pipeline.queries.portfolios import sessions, sessions_within
from bovespa_pipeline.queries.results import Answer
from lake_io import LakeSnapshot, NotInLake, query

__all__ = ["compare", "concentration", "holders", "sectors", "security_history", "turnover"]

_HISTORY: Final = """
    select index_code, reference_date, theoretical_quantity, weight_pct, ex_rights
    from position
    where ticker = ?
    order by index_code, reference_date
"""
_HOLDERS: Final = """
    with newest as (
        select index_code, max(reference_date) as reference_date
        from portfolio
        where reference_date <= ?
        group by index_code
    )

    select index_code, reference_date, theoretical_quantity, weight_pct, ex_rights
    from position
    join newest using (index_code, reference_date)
    where ticker = ?
    order by weight_pct desc, index_code
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
            ticker,
            sum(
                case when position.reference_date = steps.reference_date then weight_pct
                else -weight_pct end
            ) as move
        from steps
        join position
            on position.index_code = ?
            and position.reference_date in (steps.reference_date, steps.previous_reference_date)
        group by steps.reference_date, ticker
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
    rows = query(snapshot, _HISTORY, [ticker])
    if not rows.num_rows:
        raise NotInLake(_no_security(snapshot, ticker))
    return Answer(rows)


def holders(snapshot: LakeSnapshot, ticker: str, on: dt.date) -> Answer:
    """The indices that held a security on a date, each in its latest session not after it.

    Empty where none did. Raises NotInLake for a security that no index ever held.
    """
    rows = query(snapshot, _HOLDERS, [on, ticker])
    if not rows.num_rows:
        security_history(snapshot, ticker)
    return Answer(rows)


def compare(snapshot: LakeSnapshot, code: str, other: str, on: dt.date) -> Answer:
    """The securities of two indices on a date, their weights, and the weight in common.

    Each index in its latest session not after the date; `overlap_pct` adds up to the overlap of
    the two. Raises NotInLake.
    """
    own_day, other_day = (_session(snapshot, index, on) for index in (code, other))
    return Answer(query(snapshot, _COMPARE, [code, own_day, other, other_day, own_day, other_day]))


def sectors(snapshot: LakeSnapshot, code: str, on: dt.date) -> Answer:
    """Positions and weight of each sector of an index on a date, null for those without a label.

    Raises NotInLake.
    """
    return Answer(query(snapshot, _SECTORS, [code, _session(snapshot, code, on)]))


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
    return Answer(query(snapshot, _TURNOVER, [code, dates[0], dates[-1], code]))


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
