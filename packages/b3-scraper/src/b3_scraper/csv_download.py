"""B3's downloads, plain and by sector, also as people save them again.

The file B3 gives has a title line, a header of five (or seven) names, rows with one
delimiter more than the header, and two footers. Title, footers and accents may have
been cut, encoding, delimiter, quotes and the form of the numbers changed; everything
else is refused.
"""

import contextlib
from collections.abc import Sequence

from b3_scraper.content import decode
from b3_scraper.csv_columns import (
    HEADER,
    SECTOR_HEADER,
    Layout,
    find_header,
    read_rows,
    refuse_header,
    refuse_widths,
)
from b3_scraper.csv_dialect import Fields, Line, read_lines
from b3_scraper.csv_footers import read_footers, take_footers
from b3_scraper.csv_title import Title, read_dates, read_title
from b3_scraper.errors import Refused
from b3_scraper.language import PT_BR, Language
from b3_scraper.number_format import NumberFormat, find_format
from b3_scraper.raw_texts import RawTexts, refuse_rows

__all__ = ["HEADER", "SECTOR_HEADER", "read_csv"]


def read_csv(body: bytes) -> RawTexts:
    """The texts of a download. Raises Refused for any other shape than B3's."""
    title, layout, lines = _decoded(decode(body))
    rows = read_rows(lines, layout)
    footer_rows = take_footers(rows, layout)
    lines = lines[: len(rows)]
    refuse_widths(rows, lines, layout)
    columns = [list(column) for column in zip(*rows, strict=True)]
    sectors = columns.pop(0) if layout.by_sector else [None] * len(rows)
    tickers, companies, types, quantities, weights, *shares = columns
    numbers = find_format(layout.language, quantities, weights)
    footers = read_footers(footer_rows, layout, numbers)
    if shares:
        _refuse_shares(shares[0], lines, numbers)
    languages = _languages(title, layout, numbers, quantities)
    dates = read_dates(title, languages) if title else ()
    return RawTexts(
        language=layout.language,
        index_code=title.index_code if title else None,
        reference_date=dates[0] if len(dates) == 1 else None,
        tickers=tickers,
        companies=companies,
        types=types,
        sectors=sectors,
        quantities=quantities,
        weights=weights,
        total_quantity=footers.total_quantity,
        divisor=footers.divisor,
        line_name="line",
        first_line=lines[0][0],
        warnings=footers.warnings,
        line_numbers=[number for number, _ in lines],
        numbers=None if numbers.exact else numbers,
        date_languages=tuple(language.code for language in languages),
        possible_dates=dates if len(dates) > 1 else (),
        kind="quadrimester" if title and title.quadrimester else "daily",
    )


def _decoded(texts: Sequence[str]) -> tuple[Title | None, Layout, list[Line]]:
    """The parts of the first text, or of another one that its header's accents prove."""
    try:
        return _parts(read_lines(texts[0]))
    except Refused:
        for text in texts[1:]:
            if (lines := _proven(text)) is not None:
                return _parts(lines)
        raise


def _proven(text: str) -> list[Line] | None:
    """Lines of a text whose header has its accents, so that the encoding is the right one."""
    with contextlib.suppress(Refused):
        lines = read_lines(text)
        header = find_header(lines)
        if header and not lines[header[1]][1].isascii():
            return lines
    return None


def _parts(lines: list[Line]) -> tuple[Title | None, Layout, list[Line]]:
    """Title, layout and the lines below the header."""
    header = find_header(lines)
    if not header:
        raise _refuse_header(lines)
    layout, at = header
    if not at:
        return None, layout, lines[1:]
    title = read_title(lines[0][1], layout)
    if not title:
        raise Refused(
            f"the columns are not those of B3's download alone: above them stands "
            f"{lines[0][1][:80]!r}, which is no title with a date"
        )
    return title, layout, lines[2:]


def _refuse_header(lines: Sequence[Line]) -> Refused:
    """A refusal of the title, if it is at fault, or else of what should be the header."""
    title = read_title(lines[0][1])
    if title:
        read_dates(title, [title.language or PT_BR])
    return refuse_header(lines[1][1] if title and len(lines) > 1 else lines[0][1])


def _languages(
    title: Title | None, layout: Layout, numbers: NumberFormat, quantities: Sequence[str]
) -> list[Language]:
    """The languages of title, header and numbers: one, or the date's order is uncertain."""
    languages = [layout.language, title.language if title else None]
    languages.append(numbers.number_language(quantities))
    return list(dict.fromkeys(language for language in languages if language))


def _refuse_shares(shares: Fields, lines: Sequence[Line], numbers: NumberFormat) -> None:
    """The sector's total is not kept, but a wrong one reveals shifted columns."""
    wrong: list[dict[str, object]] = [
        {"line": number, "Part. (%)Acum.": text}
        for text, (number, _) in zip(shares, lines, strict=True)
        if numbers.weight(text) is None
    ]
    if wrong:
        raise refuse_rows("Part. (%)Acum.", numbers.weight_rule, wrong)
