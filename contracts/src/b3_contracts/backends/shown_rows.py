"""The rows and columns that an error shows: where a row stands, and what is wrong with it."""

import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

__all__ = ["SHOWN_ROWS", "columns_in", "shown", "shown_columns"]

SHOWN_ROWS: Final = 5
_KEYS: Final = ("index_code", "reference_date", "ticker", "payload_sha256")


def columns_in(words: str, columns: Sequence[str]) -> list[str]:
    """The columns a rule names: a check of rows says in words which ones it compares."""
    words_in_rule = set(re.findall(r"\w+", words))
    return [name for name in columns if name in words_in_rule]


def shown_columns(columns: Sequence[str], what: Sequence[str]) -> list[str]:
    """Of a row that breaks a rule: the keys that say where, then the columns that say what."""
    where = [name for name in _KEYS if name in columns]
    return [*where, *(name for name in what if name not in _KEYS)]


def shown(rows: pa.Table, columns: list[str]) -> list[dict[str, object]]:
    """The first rows, with the columns that say where and what."""
    names = shown_columns(rows.column_names, columns)
    shown: list[dict[str, object]] = rows.select(names).slice(0, SHOWN_ROWS).to_pylist()
    return shown
