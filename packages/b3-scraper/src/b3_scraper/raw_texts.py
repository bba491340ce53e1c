"""The values of a payload as texts in columns, common to all formats.

The readers of CSV and JSON refuse what has the wrong shape; what the texts mean is
evaluated once, in `positions`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from b3_contracts.errors import Broken
from b3_scraper.errors import Refused
from b3_scraper.language import Language
from b3_scraper.number_format import NumberFormat

__all__ = ["SHOWN_ROWS", "RawTexts", "refuse_rows"]

SHOWN_ROWS = 5


@dataclass(frozen=True)
class RawTexts:
    """One portfolio's texts; `total_quantity` and `divisor` are None without footers.

    `first_line` and `line_name` say how a row is named to a person: as a line of a
    file, or as a record of an answer.
    """

    language: Language
    index_code: str | None
    reference_date: dt.date | None
    tickers: Sequence[str]
    companies: Sequence[str]
    types: Sequence[str]
    sectors: Sequence[str | None]
    quantities: Sequence[str]
    weights: Sequence[str]
    total_quantity: int | None
    divisor: Decimal | None
    line_name: str
    first_line: int
    warnings: tuple[str, ...] = ()
    line_numbers: Sequence[int] = ()
    """The line of each row, where rows are not in consecutive lines."""
    numbers: NumberFormat | None = None
    """How a file saved again writes its numbers; None for B3's own form."""
    date_languages: tuple[str, ...] = ()
    """The languages a date of this payload can be in; several where they contradict."""
    possible_dates: tuple[dt.date, ...] = ()
    """Both dates that an ambiguous title can mean."""
    kind: Literal["daily", "quadrimester"] = "daily"
    """`quadrimester`: the portfolio of a quadrimester's first session."""

    @property
    def has_totals(self) -> bool:
        return self.total_quantity is not None

    @property
    def is_complete(self) -> bool:
        """True if the payload itself gives the session, the total and the divisor."""
        return self.reference_date is not None and self.has_totals and self.divisor is not None

    def row(self, position: int, column: str, text: object) -> dict[str, object]:
        """A row as a refusal shows it."""
        numbers = self.line_numbers
        line = numbers[position] if numbers else self.first_line + position
        return {self.line_name: line, "ticker": self.tickers[position], column: text}


def refuse_rows(column: str, rule: str, rows: Sequence[dict[str, object]]) -> Refused:
    """A refusal that names the column, the rule and the first offending rows."""
    broken = Broken(column, rule, rows[:SHOWN_ROWS])
    more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return Refused(f"{broken}{more}", broken=[broken])
