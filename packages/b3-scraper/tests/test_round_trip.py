"""For any portfolio: what B3 would write is read back, and what is spoilt is not believed."""

import base64
import contextlib
import datetime as dt
import itertools
import json
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from b3_scraper import B3Error, Portfolio, parse_portfolio
from b3_scraper.testing import SamplePortfolio, SampleRow, sample_portfolio

FORMS = ["csv", "base64", "sector csv", "pt-br", "en-us", "pt-br sectors", "en-us sectors"]
DATES = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
LABELS = st.text("ABCÇÃéíó /&.-", min_size=1, max_size=30).map(str.strip).filter(bool)
TYPES = st.sampled_from(["ON      NM", "ON", "PNA ATZ N1", "UNT ED  N2", "CI  ER", "ON  XYZ MA"])
TICKERS = st.from_regex(r"[A-Z][A-Z0-9]{3}[0-9]{1,2}", fullmatch=True)


@st.composite
def portfolios(draw: st.DrawFn) -> SamplePortfolio:
    tickers = draw(st.lists(TICKERS, min_size=1, max_size=12, unique=True))
    cuts = draw(
        st.lists(st.integers(0, 100_000), min_size=len(tickers) - 1, max_size=len(tickers) - 1)
    )
    ends = itertools.pairwise([0, *sorted(cuts), 100_000])
    rows = tuple(
        SampleRow(
            ticker,
            draw(LABELS),
            draw(TYPES),
            draw(LABELS),
            draw(st.integers(1, 10**17)),
            Decimal(end - begin).scaleb(-3),
        )
        for ticker, (begin, end) in zip(tickers, ends, strict=True)
    )
    divisor = Decimal(draw(st.integers(1, 10**24))).scaleb(-8)
    return SamplePortfolio("IBOV", draw(DATES), rows, divisor)


def written(sample: SamplePortfolio, form: str) -> bytes:
    match form.split():
        case ["csv"]:
            return sample.to_csv()
        case ["base64"]:
            return base64.b64encode(sample.to_csv())
        case ["sector", "csv"]:
            return sample.to_csv(sector=True)
        case [language, *sectors]:
            return sample.to_json(language=language, segment="2" if sectors else "1")  # type: ignore[arg-type] # from FORMS
    raise ValueError(form)


def by_ticker(table: pa.Table) -> pa.Table:
    return table.sort_by("ticker").combine_chunks()


def figures(portfolio: Portfolio) -> list[tuple[object, object]]:
    table = portfolio.positions
    return list(
        zip(table["theoretical_quantity"].to_pylist(), table["weight_pct"].to_pylist(), strict=True)
    )


@given(sample=portfolios(), form=st.sampled_from(FORMS))
@settings(max_examples=60, deadline=None)
def test_every_form_of_a_portfolio_is_read_back(sample: SamplePortfolio, form: str) -> None:
    """CSV and JSON, in both languages, with and without sectors, say the same."""
    portfolio = parse_portfolio(written(sample, form), index="IBOV").verify()
    wanted = sample.to_positions(sectors="sector" in form)
    assert by_ticker(portfolio.positions).equals(by_ticker(wanted))
    assert portfolio.reference_date == sample.reference_date
    assert portfolio.divisor == sample.divisor
    assert portfolio.total_theoretical_quantity == sample.total_theoretical_quantity
    assert portfolio.complete


@given(sample=portfolios())
@settings(max_examples=20, deadline=None)
def test_a_sample_is_rebuilt_from_its_positions(sample: SamplePortfolio) -> None:
    """Positions in the contract's form are all that a sample is made of."""
    assert SamplePortfolio.from_positions(sample.to_positions(), sample.divisor) == sample


SPOILT = sample_portfolio("IBOV", dt.date(2025, 1, 6), position_count=6)


@given(data=st.data(), form=st.sampled_from(FORMS))
@settings(max_examples=100, deadline=None)
def test_one_changed_byte_changes_no_believed_figure(data: st.DataObject, form: str) -> None:
    """Whatever byte is replaced: refused, or the same quantities and weights."""
    body = bytearray(written(SPOILT, form))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(B3Error):
        found = parse_portfolio(bytes(body), index="IBOV").verify()
        assert found.complete
        assert sorted(figures(found)) == sorted(figures(parse_portfolio(SPOILT.to_csv())))


@given(data=st.data(), sector=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_dropped_or_doubled_line_is_not_believed(data: st.DataObject, sector: bool) -> None:
    """A row less or more contradicts the footers; a cut title or footer is told."""
    lines = SPOILT.to_csv(sector=sector).splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    changed = [*lines[:at], *([lines[at]] * data.draw(st.sampled_from([0, 2]))), *lines[at + 1 :]]
    with contextlib.suppress(B3Error):
        found = parse_portfolio(b"".join(changed), index="IBOV").verify()
        raise AssertionError(f"believed: {found}")


@given(data=st.data(), sector=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_moved_delimiter_is_not_believed(data: st.DataObject, sector: bool) -> None:
    """Columns never shift: a delimiter elsewhere refuses, or leaves the figures alone."""
    body = SPOILT.to_csv(sector=sector)
    places = [at for at, byte in enumerate(body) if byte == ord(";")]
    gone = data.draw(st.sampled_from(places))
    rest = body[:gone] + body[gone + 1 :]
    to = data.draw(st.integers(max(0, gone - 20), min(len(rest), gone + 20)))
    with contextlib.suppress(B3Error):
        found = parse_portfolio(rest[:to] + b";" + rest[to:]).verify()
        assert figures(found) == figures(parse_portfolio(body))


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but this package's own errors comes out."""
    with contextlib.suppress(B3Error):
        parse_portfolio(body, index="IBOV", reference_date=dt.date(2025, 1, 6))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["page", "header", "results", "date", "cod"]), inner)
    ),
    max_leaves=12,
)


@given(document=st.dictionaries(st.sampled_from(["page", "header", "results"]), JSON))
@settings(max_examples=100, deadline=None)
def test_any_json_is_read_or_refused(document: dict[str, object]) -> None:
    """Documents with B3's keys and anything in them raise no other error."""
    with contextlib.suppress(B3Error):
        parse_portfolio(json.dumps(document).encode(), index="IBOV")


@given(data=st.data(), value=JSON, part=st.sampled_from(["page", "header", "results"]))
@settings(max_examples=100, deadline=None)
def test_any_value_anywhere_in_an_answer_is_read_or_refused(
    data: st.DataObject, value: object, part: str
) -> None:
    """One value of a true answer replaced by any other raises no other error."""
    document = json.loads(SPOILT.to_json())
    place = document[part][0] if part == "results" else document[part]
    place[data.draw(st.sampled_from(sorted(place)))] = value
    with contextlib.suppress(B3Error):
        found = parse_portfolio(json.dumps(document).encode(), index="IBOV").verify()
        assert sorted(figures(found)) == sorted(figures(parse_portfolio(SPOILT.to_csv())))
