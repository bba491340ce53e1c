"""What a payload says, as texts in columns: the meeting point of its formats.

The readers of CSV and JSON refuse what has the wrong shape; what the texts mean is
judged once, in `positions`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from b3_contracts.errors import Broken
from b3_scraper.errors import Refused
from b3_scraper.language import Language

__all__ = ["SHOWN_ROWS", "Answer", "refuse_rows"]

SHOWN_ROWS = 5


@dataclass(frozen=True)
class Answer:
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

    @property
    def has_totals(self) -> bool:
        return self.total_quantity is not None

    def row(self, position: int, column: str, text: object) -> dict[str, object]:
        """A row as a refusal shows it."""
        where = {self.line_name: self.first_line + position, "ticker": self.tickers[position]}
        return {**where, column: text}


def refuse_rows(column: str, rule: str, rows: Sequence[dict[str, object]]) -> Refused:
    """A refusal that names the column, the rule and the first offending rows."""
    broken = Broken(column, rule, rows[:SHOWN_ROWS])
    more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
    return Refused(f"{broken}{more}", broken=[broken])
