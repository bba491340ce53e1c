"""Parse an archive: each index and session in it into a portfolio, whole or refused by its name.

An archive has passed through other programs, so a portfolio of it counts as an incomplete one,
and whatever comes from B3 itself for the same session is a better source.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from b3_scraper.archive.columns import Columns
from b3_scraper.archive.grouping import Group, grouped
from b3_scraper.archive.path_names import read_path
from b3_scraper.archive.reading import MAX_ARCHIVE_BYTES, read_table
from b3_scraper.archive.rows import Rows, language_of
from b3_scraper.errors import Refused
from b3_scraper.number_format import find_format
from b3_scraper.parse import check_index_code
from b3_scraper.portfolio import Portfolio, PortfolioRefusal
from b3_scraper.positions import build_positions, unknown_markers
from b3_scraper.raw_texts import RawTexts, refuse_rows

__all__ = ["Archive", "parse_archive"]


@dataclass(frozen=True)
class Archive:
    """The portfolios of one archive, in the order of their first rows."""

    portfolios: tuple[Portfolio, ...]
    refusals: tuple[PortfolioRefusal, ...]
    columns: Columns
    """The name of the column that was read as each field."""
    unused: tuple[str, ...]
    """The names of the other columns."""
    payload: bytes = field(repr=False)


def parse_archive(
    body: bytes,
    *,
    columns: Columns | None = None,
    index: str | None = None,
    reference_date: dt.date | None = None,
    name: str = "",
) -> Archive:
    """The portfolios in a table of positions: Parquet, or delimited text with a header.

    `columns` names the column of a field (ticker, company, type, quantity, weight, date, index, …)
    where its name is not a known one. `name` is the path of the file, which may say the index and
    the session (`date=2025-02-04/IBOV.parquet`). `index` and `reference_date` say what neither
    the columns nor the path do, and choose among the portfolios where they do.

    A group of rows that is no whole portfolio is listed in `refusals`, and the others are read.
    Raises Refused (Undated, Unnamed among them) for what is no such table, with the bytes in its
    `pages`.
    """
    try:
        return _parse(body, columns or {}, Group(index, reference_date), name)
    except Refused as refusal:
        if len(body) <= MAX_ARCHIVE_BYTES:
            refusal.pages = (body,)
        raise


def _parse(body: bytes, overrides: Columns, request: Group, name: str) -> Archive:
    if request.index_code is not None:
        check_index_code(request.index_code)
    table = read_table(body, overrides)
    rows = Rows.of(table)
    groups = grouped(table, rows, request, read_path(name))
    if not groups:
        raise Refused(f"it has no row of {request}" if any(request) else "it has no rows")
    portfolios: list[Portfolio] = []
    refusals: list[PortfolioRefusal] = []
    for group, those in groups.items():
        try:
            portfolios.append(_portfolio(group, rows, those, body))
        except Refused as refusal:
            refusals.append(PortfolioRefusal(str(group), str(refusal), group.index_code))
    return Archive(tuple(portfolios), tuple(refusals), table.columns, table.unused, body)


def _portfolio(group: Group, rows: Rows, those: Sequence[int], body: bytes) -> Portfolio:
    index, session = group
    if index is None or session is None:
        first = rows.number(those[0])
        raise Refused(f"{len(those)} of the rows, first {rows.table.row_name} {first}")
    check_index_code(index)
    answer = _texts(index, session, rows, those)
    positions = build_positions(answer, index, session)
    return Portfolio(
        index_code=index,
        reference_date=session,
        positions=positions,
        total_theoretical_quantity=answer.total_quantity,
        divisor=answer.divisor,
        pages=(body,),
        complete=False,
        warnings=answer.warnings + unknown_markers(positions),
    ).verify()


def _texts(index: str, session: dt.date, rows: Rows, those: Sequence[int]) -> RawTexts:
    positions = [at for at in those if not rows.footer_kind(at)]
    _refuse_repeated(rows, positions)
    weights, quantities = rows.weights(positions), rows.column("quantity", positions)
    language = language_of(weights)
    numbers = find_format(language, quantities, weights)
    footers = rows.footers(those, numbers)
    companies, warnings = rows.companies(positions)
    return RawTexts(
        language=language,
        index_code=index,
        reference_date=session,
        tickers=rows.column("ticker", positions),
        companies=companies,
        types=rows.types(positions),
        sectors=rows.column("sector", positions),
        quantities=quantities,
        weights=weights,
        total_quantity=footers.total_quantity,
        divisor=footers.divisor,
        line_name=rows.table.row_name,
        first_line=0,
        line_numbers=[rows.number(at) for at in positions],
        warnings=warnings + footers.warnings,
        numbers=None if numbers.exact else numbers,
    )


def _refuse_repeated(rows: Rows, positions: Sequence[int]) -> None:
    """Refuse a ticker that stands twice: two portfolios in one, or one kept twice."""
    counts = Counter(rows.column("ticker", positions))
    again = [at for at in positions if counts[rows.cells["ticker"][at]] > 1]
    if again:
        rule = "stands more than once in the session"
        if "index" not in rows.cells:
            rule += ", and no column says the index: there may be several"
        name = rows.table.row_name
        shown = [{name: rows.number(at), "ticker": rows.cells["ticker"][at]} for at in again]
        raise refuse_rows("ticker", rule, shown)
