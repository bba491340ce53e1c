"""Previews of the next portfolio: which answers announce one, and what it would change.

B3's answer about the next portfolio has no date, and the last preview of a quadrimester stays
there after its portfolio has taken effect. So an answer announces nothing

- outside the weeks from the first preview to the rebalance,
- inside them, if the same figures came before they began, in whatever bytes,
- nor is it certain that it does if no other answer since the last rebalance came before it: then it
  may be the expired one, and `is_confirmed` is false.

Its members prove nothing: those of an expired preview may be those in force, or not.
"""

import bisect
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from b3_contracts.layout import PreviewKey
from b3_contracts.trading_calendar import last_rebalance, next_rebalance, preview_days

__all__ = ["Announcement", "announcements", "is_in_season"]

_FIGURES: Final = ("ticker", "theoretical_quantity", "weight_pct")
_HEADER: Final = ("total_theoretical_quantity", "divisor")


@dataclass(frozen=True, order=True)
class Announcement:
    """A preview: an answer, and the portfolio it announces."""

    index_code: str
    effective_date: dt.date
    first_seen_on: dt.date
    payload_sha256: str
    preview_number: int
    is_confirmed: bool
    in_force_date: dt.date | None = None


def announcements(answers: Iterable[tuple[PreviewKey, pa.Table]]) -> Iterator[Announcement]:
    """The previews among the typed answers of one index, which are in the order they came in."""
    first_seen: dict[str, dt.date] = {}
    for key, rows in answers:
        day, figures = key.captured_on, _fingerprint(rows)
        is_new = figures not in first_seen
        first_seen.setdefault(figures, day)
        effective = next_rebalance(day)
        days = preview_days(effective)
        if not is_new or day < days[0]:
            continue
        others = [date for other, date in first_seen.items() if other != figures]
        yield Announcement(
            key.index_code,
            effective,
            day,
            key.payload_sha256,
            max(1, bisect.bisect_right(days, day)),
            any(last_rebalance(day) <= date < day for date in others),
        )


def is_in_season(day: dt.date) -> bool:
    """True from the day of the first preview of a rebalance to the last day before it."""
    return day >= preview_days(next_rebalance(day))[0]


def _fingerprint(rows: pa.Table) -> str:
    """The same for the same figures, whatever their order and bytes were."""
    header = [str(rows[name][0]) for name in _HEADER]
    figures = sorted(zip(*(map(str, rows[name].to_pylist()) for name in _FIGURES), strict=True))
    return repr((header, figures))
