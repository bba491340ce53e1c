"""Downloads that people have saved again: what the exact sums prove is read, the rest refused.

The kinds are made here from a sample, so that they are tried everywhere; the files that
people really have are tried where the folder of cases is.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from b3_scraper import Portfolio, Refused, Undated, parse_portfolio
from b3_scraper.testing import SamplePortfolio, SampleRow

CASES = Path(__file__).parents[4] / "shared" / "cases"
DAY = dt.date(2025, 1, 6)
DIVISOR = Decimal("16279911.48376400")
ROWS = (
    SampleRow("ALOS3", "ALLOS", "ON  EJ  NM", "Consumo / Shoppings", 476_976_044, Decimal("0.442")),
    SampleRow("ABEV3", "AMBEV S/A", "ON  EDJ", "Bebidas", 4_394_835_131, Decimal("42.580")),
    SampleRow("AMOB3", "AUTOMOB", "ON      NM", "Transporte", 25_000, Decimal("0.008")),
    SampleRow("PETR4", "PETROBRAS", "PN  EDJ N2", "Petróleo", 4_566_445_852, Decimal("56.970")),
    SampleRow("OIBR3", "OI", "ON", "Telecom", 123_456, Decimal("0.000")),
)
SAMPLE = SamplePortfolio("IBOV", DAY, ROWS, DIVISOR)
TOTAL = SAMPLE.total_theoretical_quantity
ENGLISH_LABELS = ("Total Theorethical Quantity", "Reductor")

Table = list[list[str]]


def table(*, sector: bool = False) -> Table:
    """Lines of the download as fields, without the delimiter at the end of a row."""
    lines = SAMPLE.to_csv(sector=sector).decode("latin-1").splitlines()
    return [line.removesuffix(";").split(";") for line in lines]


def saved(lines: Iterable[list[str]], delimiter: str = ";", **form: Any) -> bytes:
    """The table as Python's csv module writes it."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, **form).writerows(lines)
    return stream.getvalue().encode()


def english(*, sector: bool = False) -> Table:
    """The English download, its title worded as somebody guessed."""
    swap = str.maketrans(".,", ",.")
    _, _, *rows = table(sector=sector)
    names = ["Code", "Stock", "Type", "Theoretical Quantity", "Part. (%)"]
    header = ["Sector", *names, "Part. (%)Accum."] if sector else names
    at = 4 if sector else 3
    lines = [[*row[:at], *(text.translate(swap) for text in row[at:])] for row in rows]
    lines[-2][0], lines[-1][0] = ENGLISH_LABELS
    return [["IBOV - Daily Portfolio 01/06/25"], header, *lines]


def padded(lines: Table) -> Table:
    width = max(map(len, lines))
    return [line + [""] * (width - len(line)) for line in lines]


def numbered(lines: Table, name: str, start: int) -> Table:
    """Re-save as pandas does: without the title, with an index column in front."""
    _, header, *rows = padded(lines)
    return [[name, *header], *([str(i), *row] for i, row in enumerate(rows, start))]


def each_figure(lines: Table, change: Callable[[str], str], at: int) -> Table:
    """The table with one column of figures changed, in rows and total."""
    title, header, *rows = lines
    changed = [[*r[:at], change(r[at]), *r[at + 1 :]] if len(r) > at else r for r in rows]
    return [title, header, *changed]


def trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(",")


def pointed(text: str) -> str:
    return text.replace(",", ".")


def figures(portfolio: Portfolio) -> list[tuple[object, ...]]:
    names = ("ticker", "theoretical_quantity", "weight_pct")
    columns = [portfolio.positions[name].to_pylist() for name in names]
    return sorted(zip(*columns, strict=True), key=str)


WANTED = sorted(((r.ticker, r.theoretical_quantity, r.weight_pct) for r in ROWS), key=str)


def read(body: bytes) -> Portfolio:
    """The portfolio, its index and session given where no line says them."""
    try:
        return parse_portfolio(body, index="IBOV").verify()
    except Undated as undated:
        if undated.dates:
            raise
    return parse_portfolio(body, index="IBOV", reference_date=DAY).verify()


def refusal(body: bytes, **given: Any) -> str:
    with pytest.raises(Refused) as caught:
        parse_portfolio(body, index="IBOV", **({"reference_date": DAY} | given))
    return str(caught.value)


WHOLE: dict[str, Callable[[], bytes]] = {
    "all quoted": lambda: saved(table(), quoting=csv.QUOTE_ALL),
    "all quoted, commas": lambda: saved(table(), ",", quoting=csv.QUOTE_ALL),
    "commas, quotes where needed": lambda: saved(table(), ","),
    "tabs": lambda: saved(table(), "\t"),
    "tabs, all quoted": lambda: saved(table(), "\t", quoting=csv.QUOTE_ALL),
    "bars": lambda: saved(table(), "|"),
    "header quoted": lambda: saved(table()).replace(
        ";".join(table()[1]).encode(), ";".join(f'"{n}"' for n in table()[1]).encode()
    ),
    "title quoted": lambda: saved(table()).replace(
        b"IBOV - Carteira do Dia 06/01/25", b'"IBOV - Carteira do Dia 06/01/25"'
    ),
    "padded to the table's width": lambda: saved(padded(table())),
    "padded further": lambda: saved([*line, "", "", ""] for line in padded(table())),
    "by sector, padded": lambda: saved(padded(table(sector=True)), ","),
    "some rows with a delimiter at the end": lambda: SAMPLE.to_csv().replace(b";\r\n", b"\r\n", 3),
    "by sector, some rows with it": lambda: SAMPLE.to_csv(sector=True).replace(
        b";\r\n", b"\r\n", 2
    ),
    "lines of delimiters at the end": lambda: SAMPLE.to_csv() + b";;;;\r\n;;;;;\r\n",
    "blank lines in front": lambda: b"\r\n;;;;\r\n" + SAMPLE.to_csv(),
    "line ends doubled": lambda: SAMPLE.to_csv().replace(b"\r\n", b"\r\r\n"),
    "blank lines between": lambda: SAMPLE.to_csv().replace(b"\r\n", b"\r\n\r\n"),
    "line ends of an old Macintosh": lambda: SAMPLE.to_csv().replace(b"\r\n", b"\r"),
    "UTF-16 and tabs": lambda: saved(padded(table()), "\t").decode().encode("utf-16"),
    "UTF-16, the other byte order": lambda: (
        b"\xfe\xff" + saved(table()).decode().encode("utf-16-be")
    ),
    "as CSV (MS-DOS)": lambda: SAMPLE.to_csv(sector=True).decode("latin-1").encode("cp850"),
    "as CSV (Macintosh)": lambda: (
        SAMPLE.to_csv(sector=True).decode("latin-1").replace("\r\n", "\r").encode("mac_roman")
    ),
    "the spreadsheet's hint in front": lambda: b"sep=;\r\n" + SAMPLE.to_csv(),
    "letters with accents lost": lambda: (
        SAMPLE.to_csv().decode("latin-1").encode("ascii", "replace")
    ),
    "letters with accents left out": lambda: (
        SAMPLE.to_csv().decode("latin-1").encode("ascii", "ignore")
    ),
    "UTF-8 with a BOM": lambda: b"\xef\xbb\xbf" + saved(table(), ","),
    "spaces around fields": lambda: saved([f"  {field} " for field in row] for row in table()),
    "header in capitals without accents": lambda: saved(
        [table()[0], ["CODIGO", "ACAO", "TIPO", "QTDE TEORICA", "PART (%)"], *table()[2:]]
    ),
    "footers without accents": lambda: SAMPLE.to_csv().replace(
        "Teórica T".encode("latin-1"), b"TEORICA T"
    ),
    "100,0 for 100,000": lambda: SAMPLE.to_csv().replace(b"100,000", b"100,0"),
    "every line in quotes": lambda: b"".join(
        b'"' + line + b'"\r\n' for line in SAMPLE.to_csv().splitlines()
    ),
    "zeros trimmed": lambda: saved(each_figure(table(), trimmed, 4)),
    "one weight without its zeros": lambda: SAMPLE.to_csv().replace(b"42,580", b"42,58"),
    "one quantity without separators": lambda: SAMPLE.to_csv().replace(
        b"4.566.445.852", b"4566445852"
    ),
    "separators gone": lambda: saved(each_figure(table(), lambda t: t.replace(".", ""), 3)),
    "by sector, separators gone": lambda: saved(
        each_figure(table(sector=True), lambda t: t.replace(".", ""), 4)
    ),
    "quantities with ,0": lambda: saved(
        each_figure(table()[:-1], lambda t: t.replace(".", "") + ",0", 3) + table()[-1:]
    ),
    "decimal points": lambda: saved(each_figure(table(), pointed, 4), ","),
    "the title's year whole": lambda: SAMPLE.to_csv().replace(b"06/01/25", b"06/01/2025"),
    "English": lambda: saved(english(), ","),
    "English, by sector": lambda: saved(english(sector=True), ","),
    "English, semicolons": lambda: saved(english()),
    "English, all quoted": lambda: saved(english(), ",", quoting=csv.QUOTE_ALL),
    "English, another title": lambda: saved(
        [["IBOV - Portfolio of the Day 01/06/25"], *english()[1:]], ","
    ),
    "English, title without words": lambda: saved([["IBOV 01/06/25"], *english()[1:]], "\t"),
    "English, the right spelling": lambda: saved(english(), ",").replace(
        b"Theorethical", b"Theoretical"
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_saved_again_whole_has_the_figures_of_the_first(name: str) -> None:
    """Index, session, total and divisor too: nothing of the download was lost."""
    portfolio = read(WHOLE[name]())
    assert figures(portfolio) == WANTED
    assert (portfolio.index_code, portfolio.reference_date) == ("IBOV", DAY)
    assert (portfolio.total_theoretical_quantity, portfolio.divisor) == (TOTAL, DIVISOR)
    assert (portfolio.complete, portfolio.warnings) == (True, ())


def without_footers(lines: Table) -> Table:
    return lines[:-2]


def floats(lines: Table) -> Table:
    """The footers gone, and the numbers as pandas parses and writes them."""
    plain = each_figure(without_footers(lines), lambda text: text.replace(".", ""), 3)
    return each_figure(plain, lambda text: str(float(pointed(text))), 4)


INCOMPLETE: dict[str, Callable[[], bytes]] = {
    "title and footers cut": lambda: saved(without_footers(table())[1:]),
    "pandas, index and footers": lambda: saved(numbered(table(), "", 0), ","),
    "pandas, Unnamed: 0": lambda: saved(numbered(table(), "Unnamed: 0", 0), ","),
    "numbered from 1": lambda: saved(numbered(without_footers(table()), "#", 1)),
    "named index": lambda: saved(numbered(without_footers(table()), "index", 0), "\t"),
    "R, a header without the numbering": lambda: saved(
        numbered(without_footers(table()), "", 1), quoting=csv.QUOTE_ALL
    ).replace(b'"";', b"", 1),
    "pandas, tickers as index": lambda: saved(
        [["", *table()[1]], *([*row, ""] for row in without_footers(table())[2:])], ","
    ),
    "pandas, floats": lambda: saved(numbered(floats(table()), "", 0), ","),
    "pandas, floats, without index": lambda: saved(floats(table())[1:], ","),
    "pandas, quantities too": lambda: saved(
        each_figure(floats(table()), lambda text: f"{text}.0", 3)[1:], ","
    ),
    "zeros trimmed": lambda: saved(each_figure(without_footers(table()), trimmed, 4)[1:]),
    "zeros added": lambda: saved(each_figure(without_footers(table()), lambda t: t + "0", 4)[1:]),
    "English without title": lambda: saved(without_footers(english())[1:], ","),
    "English, floats": lambda: saved(
        each_figure(without_footers(english()), lambda t: t.replace(",", ""), 3)[1:], ","
    ),
    "divisor cut": lambda: SAMPLE.to_csv().replace(b"16.279.911,48376400", b"16.279.911,48"),
    "divisor without its zeros": lambda: SAMPLE.to_csv().replace(b",48376400", b",483764"),
    "divisor in scientific notation": lambda: SAMPLE.to_csv().replace(
        b"16.279.911,48376400", b"1,63E+07"
    ),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_a_file_that_has_lost_something_else_keeps_its_figures(name: str) -> None:
    """The sums prove the positions; what the file does not have whole is not made up."""
    portfolio = read(INCOMPLETE[name]())
    assert figures(portfolio) == WANTED
    assert portfolio.reference_date == DAY
    assert not portfolio.complete


@pytest.mark.parametrize("cut", [b"16.279.911,48", b"16279911,483764", b"16.279.911", b"1,6E+07"])
def test_a_divisor_that_has_lost_digits_is_null_with_a_warning(cut: bytes) -> None:
    """The quantities' total, which is whole, is kept."""
    portfolio = parse_portfolio(SAMPLE.to_csv().replace(b"16.279.911,48376400", cut)).verify()
    assert (portfolio.total_theoretical_quantity, portfolio.divisor) == (TOTAL, None)
    assert portfolio.warnings == (
        f"the divisor {cut.decode()!r} has lost digits (B3 writes eight decimals), left out",
    )


REFUSED: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "the decimal comma lost": (
        lambda: saved(each_figure(without_footers(table()), lambda t: t.replace(",", ""), 4)),
        ("weight_pct: is more than 100 per cent", "the decimal mark was lost", "line=4", "ABEV3"),
    ),
    "the decimal comma lost, as floats": (
        lambda: saved(
            each_figure(
                without_footers(table()), lambda t: f"{t.replace(',', '').lstrip('0')}.0", 4
            )
        ),
        ("weight_pct: is more than 100 per cent", "line=3", "442.0"),
    ),
    "quantities in scientific notation": (
        lambda: SAMPLE.to_csv().replace(b"4.394.835.131", b"4,39E+09"),
        ("theoretical_quantity: is in scientific notation", "lost digits", "line=4", "ABEV3"),
    ),
    "weights rounded": (
        lambda: saved(
            [
                *table()[:2],
                *(
                    [*row[:4], share]
                    for row, share in zip(
                        table()[2:7], ["0,44", "42,58", "0,01", "56,97", "0"], strict=True
                    )
                ),
            ]
        ),
        ("no weight has three decimals", "rounded"),
    ),
    "a trimmed file with a row missing": (
        lambda: saved(each_figure(without_footers(table()), trimmed, 4)[:-2]),
        ("weights add up to 43.030, not 100.000", "of 3 rows some are missing"),
    ),
    "a weight changed": (
        lambda: saved(each_figure(table(), trimmed, 4)).replace(b"42,58", b"42,59"),
        ("the weights add up to 100.010, not 100.000",),
    ),
    "a quantity changed": (
        lambda: saved(each_figure(table(), lambda t: t.replace(".", ""), 3)).replace(
            b"4394835131", b"4394835132"
        ),
        ("the quantities add up to", "not to the stated"),
    ),
    "thousands read as decimals": (
        lambda: saved(
            [
                *table()[:2],
                *([*row[:3], f"{25 + i}.0", row[4]] for i, row in enumerate(table()[2:7])),
            ]
        ),
        ("may have been thousands",),
    ),
    "separators in some rows, no total": (
        lambda: saved(without_footers(table())).replace(b"4.566.445.852", b"4566445852"),
        ("some quantities have thousands separators and some not",),
    ),
    "decimal points in some rows": (
        lambda: SAMPLE.to_csv().replace(b"42,580", b"42.580"),
        ("weight_pct: is not a pt-br percentage", "line=4", "ABEV3", "42.580"),
    ),
    "commas without quotes": (
        lambda: SAMPLE.to_csv().replace(b";", b","),
        ("has other than 5 fields", "decimal comma without quotes", "line=3"),
    ),
    "a column of somebody's own": (
        lambda: saved([table()[0], *([*row, "x"] for row in table()[1:])]).replace(
            b"(%);x", b"(%);Data"
        ),
        ("the columns are not those of B3's download", "with 'Data'"),
    ),
    "a comma file whose quotes do not match": (
        lambda: saved(table(), ",", quoting=csv.QUOTE_ALL).replace(b'"ABEV3"', b'"ABEV3'),
        ("quotes do not match", "ABEV3"),
    ),
    "types whose spaces were collapsed": (
        lambda: saved(table(), ",").replace(b"ON      NM", b"ON NM"),
        ("type: is not one of B3's", "AMOB3"),
    ),
    "a total that has lost digits": (
        lambda: saved(table()).replace(f"{TOTAL:,}".replace(",", ".").encode(), b"9,44E+09"),
        ("a footer is not as B3 writes it",),
    ),
    "sectors whose letters are lost": (
        lambda: SAMPLE.to_csv(sector=True).decode("latin-1").encode("ascii", "replace"),
        ("the columns are not those", "C?digo"),
    ),
    "an English file cut": (lambda: saved(english()[:-1], ","), ("Reductor", "was cut")),
    "two titles": (
        lambda: b"Minha carteira\r\n" + SAMPLE.to_csv(),
        ("the columns are not those", "Minha carteira"),
    ),
    "another portfolio's title, padded and quoted": (
        lambda: b'"IBOV - Carteira Jan. a Ago. 2025";;;;\r\n' + saved(table()[1:]),
        ("is the title of another one",),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_sums_do_not_prove_is_refused_with_the_true_reason(name: str) -> None:
    """Column, rule and the first rows, whatever delimiter the file has."""
    make, said = REFUSED[name]
    message = refusal(make())
    assert [words for words in said if words not in message] == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved(english()).translate(bytes.maketrans(b".,", b",.")),
        lambda: saved([["IBOV - Carteira do Dia 01/06/25"], *english()[1:]]),
        lambda: saved([["IBOV - Carteira do Dia 01/06/25"], table()[1], *english()[2:7]]),
    ],
)
def test_a_date_between_two_languages_is_refused_with_both(make: Callable[[], bytes]) -> None:
    """Whoever knows the session settles it, but only with one of the two."""
    body = make()
    with pytest.raises(Undated, match="2025-01-06 or 2025-06-01") as caught:
        parse_portfolio(body)
    assert caught.value.dates == (DAY, dt.date(2025, 6, 1))
    portfolio = parse_portfolio(body, reference_date=DAY).verify()
    assert (figures(portfolio), portfolio.complete) == (WANTED, False)
    assert "or 2025-06-01, not 2025-01-07" in refusal(body, reference_date=dt.date(2025, 1, 7))


def test_a_date_that_one_language_cannot_have_needs_nobody() -> None:
    """There is no thirteenth month."""
    body = saved([["IBOV - Carteira do Dia 13/06/25"], *english()[1:]])
    assert parse_portfolio(body).reference_date == dt.date(2025, 6, 13)


def test_a_row_is_named_by_its_own_line() -> None:
    """Blank lines are counted, though nothing is in them."""
    body = SAMPLE.to_csv().replace(b"\r\n", b"\r\r\n").replace(b"42,580", b"42,5800x")
    assert "line=4" in refusal(body)


def test_a_damaged_byte_is_not_read_in_another_encoding() -> None:
    """Only a header with its accents proves that the file is in one."""
    body = SAMPLE.to_csv().decode("latin-1").translate(str.maketrans("óçã", "oca")).encode()
    assert "U+0081" in refusal(body.replace(b"AMBEV", b"AMB\x81EV"))


@pytest.fixture(scope="session")
def case() -> Callable[[str], bytes]:
    """The bytes of a file that somebody really has."""
    if not CASES.is_dir():
        pytest.skip("the folder of cases (../shared/cases) is not here")
    return lambda name: (CASES / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "all-quoted-comma.csv",
        "decimals-trimmed.csv",
        "minimal-comma.csv",
        "minimal-tab.tsv",
        "pandas-with-index.csv",
        "spreadsheet-padded.csv",
    ],
)
def test_the_cases_saved_again_have_the_figures_of_the_capture(
    name: str, case: Callable[[str], bytes], capture: Callable[[str], bytes]
) -> None:
    """87 positions whose weights add up to 100.000, on 6 January 2025."""
    untouched = parse_portfolio(capture("day/IBOVDia_06-01-25.csv"))
    portfolio = parse_portfolio(case(f"resaved/{name}"), index="IBOV", reference_date=DAY).verify()
    assert portfolio.positions.equals(untouched.positions)
    assert (portfolio.divisor, portfolio.complete) == (None, False)


def test_the_spreadsheet_s_case_keeps_its_total(case: Callable[[str], bytes]) -> None:
    """Nobody tells it index and session; the divisor, cut to two decimals, is left out."""
    portfolio = parse_portfolio(case("resaved/spreadsheet-padded.csv")).verify()
    assert (portfolio.index_code, portfolio.reference_date) == ("IBOV", DAY)
    assert portfolio.total_theoretical_quantity == 98_370_249_996
    assert len(portfolio.warnings) == 1


def test_the_case_by_sector_has_its_sectors(
    case: Callable[[str], bytes], capture: Callable[[str], bytes]
) -> None:
    """86 positions, as in the capture, though some rows end in a delimiter and some not."""
    portfolio = parse_portfolio(case("resaved/sector-mixed-trailing.csv")).verify()
    untouched = parse_portfolio(capture("sector/IBOVDia_29-07-24.csv"))
    assert portfolio.positions.equals(untouched.positions)
    assert (portfolio.divisor, portfolio.complete) == (untouched.divisor, True)


def test_the_english_case_is_of_january(
    case: Callable[[str], bytes], capture: Callable[[str], bytes]
) -> None:
    """`01/06/25` over numbers with decimal points is 6 January."""
    portfolio = parse_portfolio(case("english/IBOVDia_01-06-25.csv")).verify()
    untouched = parse_portfolio(capture("day/IBOVDia_06-01-25.csv"))
    assert portfolio.reference_date == DAY
    assert portfolio.positions.equals(untouched.positions)
    assert (portfolio.divisor, portfolio.complete) == (untouched.divisor, True)
