"""A bundled excerpt of B3's history, so that the pipeline runs without network.

The folder's README says what is fact in it and what had to be made up. Its files are
plain CSV: `securities.csv` says what a security is, `sessions.csv` which sessions there are,
and `positions/<index>_<date>.csv` what one index held in one of them.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, NoReturn, TypeVar

from b3_contracts.vocabulary import INDEX_CODE_PATTERN, TICKER_PATTERN
from b3_scraper.security_type import SecurityType, read_type, write_type
from b3_scraper.testing.samples import SamplePortfolio, SampleRow

__all__ = [
    "BrokenSample",
    "read_sample",
    "sample_bulletins",
    "sample_portfolios",
    "sample_previews",
]

_SECURITIES: Final = "securities.csv"
_SESSIONS: Final = "sessions.csv"
_PAPER: Final = ("ticker", "company", "share_class", "listing_segment", "sector")
_SESSION: Final = (
    "index_code",
    "reference_date",
    "origin",
    "divisor",
    "divisor_origin",
    "note",
)
_POSITION: Final = ("ticker", "ex_rights", "theoretical_quantity", "weight_pct")
_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_DIVISOR: Final = r"[1-9]\d*\.\d{8}"
_QUANTITY: Final = r"[1-9]\d*"
_WEIGHT: Final = r"\d{1,3}\.\d{3}"
_WHOLE: Final = Decimal("100.000")

Value = TypeVar("Value")


class BrokenSample(ValueError):
    """The sample's files are damaged: reinstall the package."""


@dataclass(frozen=True)
class _Line:
    """One line of one file, with error reporting."""

    file: str
    number: int
    fields: Mapping[str, str]

    def fail(self, why: str) -> NoReturn:
        raise BrokenSample(f"{self.file}, line {self.number}: {why}")

    def text(self, column: str, pattern: str) -> str:
        item = self.fields[column]
        if not re.fullmatch(pattern, item, re.ASCII):
            self.fail(f"{column} {item[:40]!r} is not as {pattern}")
        return item

    def value(self, column: str, pattern: str, read: Callable[[str], Value]) -> Value:
        text = self.text(column, pattern)
        try:
            return read(text)
        except ValueError as error:
            self.fail(f"{column} {text!r}: {error}")

    def optional(self, column: str) -> str | None:
        return self.fields[column] or None


Securities = Mapping[str, _Line]


def sample_portfolios() -> tuple[SamplePortfolio, ...]:
    """The bundled portfolios, by date. Raises BrokenSample, naming file and line."""
    return read_sample(files(__name__))


def sample_bulletins() -> dict[dt.date, bytes]:
    """The daily bulletins of two quadrimesters' first sessions, as PDFs; the README says what is
    fact in them.
    """
    from b3_scraper.testing import SampleBulletin

    ibov = {each.reference_date: each for each in sample_portfolios() if each.index_code == "IBOV"}
    first_known = ibov[min(ibov)]
    stand_in = replace(first_known, reference_date=dt.date(2024, 9, 2))
    portfolios = (stand_in, ibov[dt.date(2025, 1, 6)])
    return {
        each.reference_date: SampleBulletin(each.reference_date, (each,)).to_pdf()
        for each in portfolios
    }


def sample_previews() -> dict[dt.date, tuple[SamplePortfolio, ...]]:
    """The previews of IBOV, by the day of their publication; the README says what is fact in them.

    The first is the one that had expired when the first sessions here were held.
    """
    ibov = {each.reference_date: each for each in sample_portfolios() if each.index_code == "IBOV"}
    announced = ibov[dt.date(2025, 1, 6)]
    expired = replace(ibov[min(ibov)], reference_date=dt.date(2024, 9, 2))
    return {
        dt.date(2024, 8, 29): (expired,),
        dt.date(2024, 12, 2): (_without(announced, "PSSA3"),),
        dt.date(2024, 12, 16): (announced,),
    }


def _without(portfolio: SamplePortfolio, ticker: str) -> SamplePortfolio:
    """Without a security, whose weight goes to the heaviest one."""
    (dropped,) = (row for row in portfolio.rows if row.ticker == ticker)
    heaviest = max(portfolio.rows, key=lambda row: row.weight_pct)
    heavier = replace(heaviest, weight_pct=heaviest.weight_pct + dropped.weight_pct)
    others = (row for row in portfolio.rows if row.ticker != ticker)
    rows = tuple(heavier if row is heaviest else row for row in others)
    return replace(portfolio, rows=rows)


def read_sample(folder: Traversable) -> tuple[SamplePortfolio, ...]:
    """The portfolios of any folder of this format, by date and index."""
    listed = _unique(_lines(folder, _SECURITIES, _PAPER), "ticker")
    securities = {line.fields["ticker"]: line for line in listed}
    sessions = _unique(_lines(folder, _SESSIONS, _SESSION), "index_code", "reference_date")
    portfolios = [_portfolio(folder, session, securities) for session in sessions]
    return tuple(sorted(portfolios, key=lambda item: (item.reference_date, item.index_code)))


def _portfolio(folder: Traversable, session: _Line, securities: Securities) -> SamplePortfolio:
    index_code = session.text("index_code", INDEX_CODE_PATTERN)
    reference_date = session.value("reference_date", _DATE, dt.date.fromisoformat)
    session.text("origin", "published|derived")
    session.text("divisor_origin", "published|stand-in")
    return SamplePortfolio(
        index_code,
        reference_date,
        _rows(folder, f"positions/{index_code}_{reference_date}.csv", securities),
        session.value("divisor", _DIVISOR, Decimal),
    )


def _rows(folder: Traversable, name: str, securities: Securities) -> tuple[SampleRow, ...]:
    lines = _unique(_lines(folder, name, _POSITION), "ticker")
    rows = tuple(_row(line, securities) for line in lines)
    total = sum((row.weight_pct for row in rows), Decimal(0))
    if total != _WHOLE:
        raise BrokenSample(f"{name}: the weights add up to {total}, not {_WHOLE}")
    return rows


def _row(line: _Line, securities: Securities) -> SampleRow:
    ticker = line.text("ticker", TICKER_PATTERN)
    security = securities.get(ticker)
    if security is None:
        line.fail(f"{ticker} is not in {_SECURITIES}")
    return SampleRow(
        ticker=ticker,
        company=security.text("company", r"\S.*"),
        type=_type(line, security),
        sector=security.optional("sector"),
        theoretical_quantity=line.value("theoretical_quantity", _QUANTITY, int),
        weight_pct=line.value("weight_pct", _WEIGHT, Decimal),
    )


def _type(line: _Line, security: _Line) -> str:
    """The security's and the day's parts as B3 writes them in one text."""
    parts = SecurityType(
        security.fields["share_class"],
        line.optional("ex_rights"),
        security.optional("listing_segment"),
    )
    text = write_type(parts)
    if read_type(text) != parts:
        line.fail(f"{text!r} is not a type as B3 writes it ({_SECURITIES}, line {security.number})")
    return text


def _unique(lines: Iterable[_Line], *columns: str) -> Iterator[_Line]:
    """Return the lines. Raises BrokenSample for a repeated key."""
    keys = set()
    for line in lines:
        key = tuple(line.fields[column] for column in columns)
        if key in keys:
            line.fail(f"{' '.join(key)} stands there twice")
        keys.add(key)
        yield line


def _lines(folder: Traversable, name: str, columns: Sequence[str]) -> Iterator[_Line]:
    """The lines below the header, which has to be the format's own."""
    text = folder.joinpath(name).read_text("utf-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    if next(reader, None) != [*columns]:
        raise BrokenSample(f"{name}, line 1: expected {','.join(columns)}")
    for fields in reader:
        line = _Line(name, reader.line_num, dict(zip(columns, fields, strict=False)))
        if len(fields) != len(columns):
            line.fail(f"expected {len(columns)} fields, found {len(fields)}")
        yield line
