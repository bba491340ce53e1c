"""The error of a contract: which rule is broken by which rows.

ContractError       stop: a table, a key or an event is not what was agreed
"""

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["Broken", "ContractError", "printable"]

Row = Mapping[str, object]
SHOWN_CHARACTERS: Final = 80


def printable(text: str, keep: str = "") -> str:
    """Return the text with every character escaped that is not for reading.

    Control characters (terminal escapes, line breaks), zero-width and direction marks and
    lone surrogates become `\\x1b`, `\\u202e`, `\\ud800`: the result can be encoded, stored
    and shown anywhere, and is the same when escaped again. Characters in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in keep else repr(each)[1:-1] for each in text
    )


class Broken:
    """One broken rule: the column (or several), the rule, the first offending rows."""

    def __init__(self, column: str, rule: str, rows: Sequence[Row] = ()) -> None:
        self.column = printable(column)
        self.rule = printable(rule)
        self.rows = tuple(rows)

    def __str__(self) -> str:
        shown = "; ".join(_show(row) for row in self.rows)
        return f"{self.column}: {self.rule}" + (f" ({shown})" if shown else "")


class ContractError(ValueError):
    """A table does not keep its contract; `broken` lists the rules, worst first."""

    def __init__(self, table: str, broken: Sequence[Broken]) -> None:
        self.table = table
        self.broken = tuple(broken)
        why = "; ".join(map(str, self.broken))
        super().__init__(printable(f"{table} breaks its contract: {why}"))


def _show(row: Row) -> str:
    return ", ".join(f"{printable(str(k))}={_readable(v)}" for k, v in row.items())


def _readable(value: object) -> str:
    """A value as it is, unless it could disturb the terminal or fill it."""
    text = str(value)
    shown = text if text.isprintable() else repr(text)
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[:SHOWN_CHARACTERS] + "…"
