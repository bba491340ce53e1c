"""Groups of an archive's rows: those of one index in one session."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from b3_scraper.archive.path_names import PathNames, index_code
from b3_scraper.archive.reading import Table
from b3_scraper.archive.rows import Rows
from b3_scraper.archive.values import dates, texts
from b3_scraper.errors import Refused, Undated, Unnamed

__all__ = ["Group", "grouped"]


class Group(NamedTuple):
    """An index and a session; None where rows say neither."""

    index_code: str | None
    reference_date: dt.date | None

    def __str__(self) -> str:
        index = self.index_code or "rows without an index"
        return f"{index} {self.reference_date or 'without a date'}"

    def admits(self, other: "Group") -> bool:
        """True if the other has what this one says."""
        return all(own in (None, value) for own, value in zip(self, other, strict=True))


def grouped(table: Table, rows: Rows, request: Group, path: PathNames) -> dict[Group, list[int]]:
    """The rows of each group that is asked for, in the order of their first rows.

    A footer without an index or a session belongs to the row above it. Raises Unnamed and Undated
    where nothing says the index or the session, Refused where path and columns contradict.
    """
    groups: dict[Group, list[int]] = {}
    last = Group(None, None)
    indices, sessions = _indices(table, request, path), _sessions(table, request, path)
    for at, (index, session) in enumerate(zip(indices, sessions, strict=True)):
        if rows.is_blank(at):
            continue
        if rows.footer_kind(at):
            last = Group(index or last.index_code, session or last.reference_date)
        elif (index, session) != last:
            last = Group(index, session)
        groups.setdefault(last, []).append(at)
    _refuse_other_path(groups, path)
    return {group: those for group, those in groups.items() if request.admits(group)}


def _indices(table: Table, request: Group, path: PathNames) -> Sequence[str | None]:
    """The index of each row: a code, or the text that stands in its place."""
    if "index" in table.values:
        values = texts(table.values["index"])
        codes = {text: index_code(text) or text or None for text in set(values)}
        return [codes[text] for text in values]
    if not (index := path.index_code or request.index_code):
        raise Unnamed("no column and no part of its path says which index it is of")
    return [index] * table.row_count


def _sessions(table: Table, request: Group, path: PathNames) -> Sequence[dt.date | None]:
    if "date" in table.values:
        return dates(table.columns["date"], table.values["date"])
    if not (date := path.reference_date or request.reference_date):
        raise Undated("no column and no part of its path says which session it is of")
    return [date] * table.row_count


def _refuse_other_path(groups: dict[Group, list[int]], path: PathNames) -> None:
    by_path = Group(*path)
    for group in groups:
        if not by_path.admits(group):
            raise Refused(f"its path says {by_path}, its columns say {group}")
