"""Parse a bulletin: each section into a portfolio, whole or refused by its name.

What it holds (measured, six bulletins against captures): the quantities of the quadrimester's
first session exactly, that session's weights to four decimals, no divisor, no total. Corporate
actions inside the quadrimester are not in it; only the type's marker is the bulletin's own day's.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from b3_contracts.counts import counted
from b3_contracts.vocabulary import INDEX_ALIASES, INDEX_CODE_PATTERN
from b3_scraper.bulletin.pdf_text import MAX_BULLETIN_BYTES, is_pdf, text_of
from b3_scraper.bulletin.rows import Row, RowFields, language_of, read_row
from b3_scraper.bulletin.sections import SECTION_TITLE, WEIGHT_TOLERANCE, Section, sections
from b3_scraper.errors import NoSection, Refused
from b3_scraper.portfolio import Portfolio, PortfolioRefusal
from b3_scraper.positions import checked_positions, unknown_markers
from b3_scraper.quadrimester import first_session, named_quadrimester

__all__ = ["BULLETIN_INDICES", "Bulletin", "is_bulletin", "parse_bulletin"]

BULLETIN_INDICES: Final = frozenset(
    "AGFS BDRX GPTW IBBR IBHB IBLV IBOV IBRA IBSD IBXL IBXX ICO2 ICON IDIV IDVR IEEX IFIL IFIX "  # noqa: SIM905 - a list of words is read as one
    "IFNC IGCT IGCX IGNM IMAT IMOB INDX ISEE ITAG IVBX MLCX SMLL UTIL".split()
)
"""The 31 indices of the bulletin of 29 September 2026."""

_MARKS: Final = ("boletim diário do mercado", SECTION_TITLE)
_PERIOD: Final = re.compile(r"para (\w+ a \w+ de \d{4})", re.IGNORECASE)
_DATE: Final = re.compile(r"referente a .*?(\d{1,2}) de (\w+) de (\d{4})", re.IGNORECASE)
_MONTH_NAMES: Final = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho"),
    *("agosto", "setembro", "outubro", "novembro", "dezembro"),
)
_THOUSANDTH: Final = Decimal("0.001")
_SHOWN: Final = 5


@dataclass(frozen=True)
class Bulletin:
    """The portfolios of one bulletin, all of the session `effective_date`."""

    date: dt.date | None
    """The session the bulletin itself is of; None if no line says so."""
    effective_date: dt.date
    portfolios: tuple[Portfolio, ...]
    refusals: tuple[PortfolioRefusal, ...]
    total_weights_pct: Mapping[str, Decimal]
    """The sum of each index's weights as printed, to four decimals."""
    warnings: tuple[str, ...]
    payload: bytes = field(repr=False)


def is_bulletin(body: bytes) -> bool:
    """True for a PDF, and for text that names the bulletin or its table in its first 4 KiB."""
    head = body[:4096].decode("utf-8", "replace").casefold()
    return is_pdf(body) or any(mark in head for mark in _MARKS)


def parse_bulletin(body: bytes) -> Bulletin:
    """The portfolios in chapter 2 of a bulletin: a PDF, or its extracted text in UTF-8.

    A section that is no whole portfolio is listed in `refusals`, and the others are read. Raises
    Refused for a file that is no bulletin or cannot be read, NoSection (a Refused) for a bulletin
    without portfolios, with the bytes in its `pages`; ExtraMissing without the extra `bulletin`.
    """
    try:
        return _parse(body)
    except Refused as refusal:
        if len(body) <= MAX_BULLETIN_BYTES:
            refusal.pages = (body,)
        raise


def _parse(body: bytes) -> Bulletin:
    text = text_of(body)
    lines = list(enumerate(text.lines, start=1))
    joined = "\n".join(text.lines).casefold()
    if not any(mark in joined for mark in _MARKS):
        raise Refused("this is no bulletin of B3: no line of it says so")
    if SECTION_TITLE not in joined:
        raise NoSection("this bulletin or chapter has no section of index portfolios")
    effective = _effective_date(text.lines)
    found = sections(lines)
    if not found:
        raise NoSection("the section of index portfolios has no table")
    reading = _Sections(body, effective, Counter(section.heading for section in found))
    for section in found:
        reading.take(section)
    return Bulletin(
        _date(text.lines),
        effective,
        tuple(reading.portfolios),
        tuple(reading.refusals),
        reading.total_weights_pct,
        text.warnings,
        body,
    )


def _effective_date(lines: Sequence[str]) -> dt.date:
    """The first session of the quadrimester that the text names."""
    named = {match[1] for line in lines if (match := _PERIOD.search(line))}
    if not named:
        raise Refused('no line says which quadrimester it is of ("Para Maio a Agosto de 2026")')
    if len(named) > 1:
        both = " and ".join(sorted(named))
        raise Refused(f"it holds the portfolios of two quadrimesters, {both}: give one at a time")
    (period,) = named
    quadrimester = named_quadrimester(period)
    if quadrimester is None:
        raise Refused(f"{period} is no quadrimester")
    return first_session(quadrimester)


def _date(lines: Sequence[str]) -> dt.date | None:
    for line in lines:
        match = _DATE.search(line)
        if match and match[2].casefold() in _MONTH_NAMES:
            month = _MONTH_NAMES.index(match[2].casefold()) + 1
            try:
                return dt.date(int(match[3]), month, int(match[1]))
            except ValueError:
                return None
    return None


@dataclass
class _Sections:
    """The portfolios and refusals of one bulletin's sections."""

    body: bytes
    effective_date: dt.date
    headings: Counter[str]
    portfolios: list[Portfolio] = field(default_factory=list)
    refusals: list[PortfolioRefusal] = field(default_factory=list)
    total_weights_pct: dict[str, Decimal] = field(default_factory=dict)

    def take(self, section: Section) -> None:
        try:
            self.portfolios.append(self._portfolio(section))
        except Refused as refusal:
            heading = section.heading or "no heading"
            code = _index_code(section.heading)
            self.refusals.append(PortfolioRefusal(heading, str(refusal), code))

    def _portfolio(self, section: Section) -> Portfolio:
        code = _index_code(section.heading)
        if code is None:
            raise Refused("its heading is not the name of an index")
        if self.headings[section.heading] > 1 or code in self.total_weights_pct:
            raise Refused("the heading stands more than once: its rows are not in one piece")
        rows = _rows(section)
        total = sum((row.weight_pct for row in rows), Decimal(0))
        _refuse_part(rows, total)
        positions = checked_positions(_columns(rows, code, self.effective_date))
        self.total_weights_pct[code] = total
        unknown = () if code in BULLETIN_INDICES else (f"unknown index {code}, kept",)
        return Portfolio(
            index_code=code,
            reference_date=self.effective_date,
            positions=positions,
            total_theoretical_quantity=None,
            divisor=None,
            pages=(self.body,),
            complete=False,
            warnings=unknown + unknown_markers(positions),
            kind="bulletin",
        )


def _index_code(heading: str) -> str | None:
    name = re.sub(r"[ -]", "", heading)
    code = INDEX_ALIASES.get(name, name)
    return code if re.fullmatch(INDEX_CODE_PATTERN, code) else None


def _rows(section: Section) -> list[Row]:
    if section.foreign:
        number, text = section.foreign[0]
        raise Refused(f"line {number} between its rows is none: {text[:80]!r}")
    if not section.rows:
        raise Refused(f"no row stands under its heading in line {section.line}")
    language = language_of(section.rows)
    if language is None:
        raise Refused(
            "theoretical_quantity, weight_pct: the numbers are not all Portuguese or all "
            f"English, with four decimals in each weight: {_shown(_odd(section.rows))}"
        )
    rows = [(row, read_row(row, language)) for row in section.rows]
    if bad := [fields for fields, row in rows if row is None]:
        raise Refused(f"type: is not one of B3's fixed-width types: {_shown(bad)}")
    return [row for _, row in rows if row is not None]


def _odd(rows: Sequence[RowFields]) -> list[RowFields]:
    """The rows in the rarer of the two languages, or in none."""
    languages = Counter(language_of([row]) for row in rows)
    most = max((one for one in languages if one), key=languages.__getitem__, default=None)
    return [row for row in rows if language_of([row]) is not most or most is None]


def _shown(rows: Sequence[RowFields]) -> str:
    texts = [f"{r.ticker} {r.security} {r.quantity} {r.weight} (line {r.line})" for r in rows]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return "; ".join(texts[:_SHOWN]) + more


def _refuse_part(rows: Sequence[Row], total: Decimal) -> None:
    tickers = Counter(row.ticker for row in rows)
    if repeated := sorted(ticker for ticker, count in tickers.items() if count > 1):
        raise Refused(f"ticker: stands more than once: {', '.join(repeated[:_SHOWN])}")
    if abs(total - 100) > WEIGHT_TOLERANCE:
        raise Refused(
            f"weight_pct: the weights of {counted(len(rows), 'row', 'rows')} add up to {total}, "
            f"not to 100 within {WEIGHT_TOLERANCE}: rows are missing or changed"
        )


def _columns(
    rows: Sequence[Row], index_code: str, reference_date: dt.date
) -> dict[str, Sequence[object]]:
    return {
        "index_code": [index_code] * len(rows),
        "reference_date": [reference_date] * len(rows),
        "ticker": [row.ticker for row in rows],
        "company": [row.company for row in rows],
        "share_class": [row.type.share_class for row in rows],
        "ex_rights": [row.type.ex_rights for row in rows],
        "listing_segment": [row.type.listing_segment for row in rows],
        "sector": [None] * len(rows),
        "theoretical_quantity": [row.theoretical_quantity for row in rows],
        "weight_pct": [_to_thousandths(row.weight_pct) for row in rows],
    }


def _to_thousandths(weight: Decimal) -> Decimal:
    return weight.quantize(_THOUSANDTH, ROUND_HALF_UP)
