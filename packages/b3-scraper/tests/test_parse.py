"""Parsing: accepted inputs, refused inputs, and the messages of refusals."""

import base64
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from b3_scraper import (
    MAX_BODY_BYTES,
    InconsistentTotals,
    Refused,
    Undated,
    parse_pages,
    parse_portfolio,
)
from b3_scraper.testing import SamplePortfolio, SampleRow, sample_portfolio

SESSION = dt.date(2025, 1, 6)
ROWS = (
    SampleRow("PETR4", "PETROBRAS", "PN  EDJ N2", "Petróleo", 4_566_445_852, Decimal("60.250")),
    SampleRow("VALE3", "VALE", "ON      NM", "Mineração", 4_268_764_500, Decimal("39.750")),
    SampleRow("OIBR3", "OI", "ON", "Telecom", 25_000, Decimal("0.000")),
)
SMALL = SamplePortfolio("IBOV", SESSION, ROWS)
TITLE = b"IBOV - Carteira do Dia 06/01/25\r\n"


def refused(body: bytes, **given: Any) -> str:
    with pytest.raises(Refused) as refusal:
        parse_portfolio(body, **given)
    return str(refusal.value)


def edited(change: Callable[[dict[str, Any]], object], **form: Any) -> bytes:
    """The sample's JSON after a change of its document."""
    document = json.loads(SMALL.to_json(**form))
    change(document)
    return json.dumps(document).encode()


def without_footers(body: bytes) -> bytes:
    return b"\r\n".join(body.rstrip().split(b"\r\n")[:-2])


def as_comma_csv(body: bytes) -> bytes:
    """Re-save as a spreadsheet does: commas, quotes, UTF-8 with a BOM."""
    title, *lines = body.decode("latin-1").split("\r\n")
    quoted = [",".join(f'"{f}"' if "," in f else f for f in x.split(";")) for x in lines]
    return "\n".join([title, *quoted]).encode("utf-8-sig")


@pytest.mark.parametrize(
    "resave",
    [
        lambda body: body,
        lambda body: body.decode("latin-1").encode(),
        lambda body: body.decode("latin-1").encode("utf-8-sig"),
        lambda body: body.replace(b"\r\n", b"\n"),
        lambda body: body.rstrip(),
        lambda body: body + b"\r\n  \r\n\n",
        lambda body: body.replace(b"100,000", b"100"),
        lambda body: body.replace(b";\r\n", b"\r\n"),
        lambda body: body.replace("ó".encode("latin-1"), b"o").replace(b"\xe7\xe3", b"ca"),
        as_comma_csv,
        base64.b64encode,
        lambda body: b'"' + base64.b64encode(body) + b'"',
        lambda body: json.dumps(base64.b64encode(body).decode()).replace("+", "\\u002B").encode(),
    ],
)
@pytest.mark.parametrize("sector", [False, True])
def test_a_download_saved_again_says_the_same(
    resave: Callable[[bytes], bytes], sector: bool
) -> None:
    """Encoding, line ends, delimiter, accents of the header: none changes a figure."""
    rows = tuple(
        SampleRow(r.ticker, r.company, r.type, "Papel", r.theoretical_quantity, r.weight_pct)
        for r in ROWS
    )
    sample = SamplePortfolio("IBOV", SESSION, rows)
    portfolio = parse_portfolio(resave(sample.to_csv(sector=sector))).verify()
    wanted = sample.to_positions(sectors=sector)
    assert portfolio.positions.sort_by("ticker").equals(wanted.sort_by("ticker"))
    assert portfolio.complete


@pytest.mark.parametrize("sector", [False, True])
def test_without_footers_the_weights_must_be_whole(sector: bool) -> None:
    """All rows there: taken, without totals. One missing: refused."""
    body = without_footers(SMALL.to_csv(sector=sector))
    assert not parse_portfolio(body).complete
    cut = body[: body.index(b"VALE3")] if not sector else body[: body.rindex(b"Petr")]
    assert "add up to" in refused(cut.rsplit(b"\r\n", 1)[0])


def test_what_the_caller_knows_fills_in_but_never_overrules() -> None:
    """A given index or date that the title contradicts is refused."""
    body = SMALL.to_csv()
    assert "index is IBOV, not IBXX" in refused(body, index="IBXX")
    assert "date is 2025-01-06, not 2025-01-07" in refused(body, reference_date=dt.date(2025, 1, 7))
    assert parse_portfolio(body, index="IBOV", reference_date=SESSION).complete


@pytest.mark.parametrize("code", ["../etc", "ibov", "IBOV'; --", "", "IBOV\n"])
def test_no_strange_code_becomes_an_index(code: str) -> None:
    """Codes end in keys and queries, so their shape is checked first."""
    assert "is not an index code" in refused(SMALL.to_json(), index=code)


def test_an_answer_without_a_date_is_undated() -> None:
    """JSON whose header has an empty date says of no session that it is its own."""
    body = edited(lambda d: d["header"].update(date=""))
    with pytest.raises(Undated):
        parse_portfolio(body, index="IBOV")
    assert not parse_portfolio(body, index="IBOV", reference_date=SESSION).complete


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("\u3000\n\xa0".encode(), "empty"),
        (base64.b64encode(b" " * 30), "empty"),
        (b'{"page": ' + b"[" * 900 + b"]" * 900 + b"}", "nested"),
        (b"\xef\xbb\xbf<!doctype html><html>", "web page"),
        (b"  <html></html>", "web page"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PAR1....", "Parquet"),
        (SMALL.to_csv().decode("latin-1").encode("utf-16")[:-1], "UTF-16"),
        (b"IBOV\0\0", "binary"),
        (b"x" * (MAX_BODY_BYTES + 1), "more than 8 MiB"),
        (b"IBOV - Carteira Jan. a Ago. 2025\r\n", "another one"),
        (b"IBOV - Carteira do Dia 31/02/25\r\n", "not DD/MM/YY"),
        (TITLE, "columns"),
        (TITLE + b"C\xf3digo;A\xe7\xe3o;Tipo;Qtde. Te\xf3rica;Part. (%)\r\n", "no rows"),
        (b"[1, 2]", "a list"),
        (b"[" * 100_000, "cut or damaged"),
        (b'{"a":' * 100_000, "cut or damaged"),
        (b'{"page": NaN}', "NaN"),
        (b'{"page": ' + b"9" * 10_000 + b"}", "cut or damaged"),
        (b'{"page": 1, "page": 1}', "twice"),
        (b'{"page": "\xff"}', "not UTF-8"),
        (b'{"table": {"name": "x"}}', "bulletin"),
        (b'{"page": null, "header": {}, "results": []}', "not an answer"),
        (base64.b64encode(SMALL.to_json()), "base64 text"),
        (base64.b64encode(SMALL.to_csv())[:-3], "cut or damaged"),
    ],
)
def test_what_is_no_portfolio_is_refused_by_name(body: bytes, said: str) -> None:
    """Each in one sentence that says what it seems to be."""
    assert said in refused(body, index="IBOV")


def test_too_large_a_body_is_not_kept() -> None:
    """Over 8 MiB nothing is carried along in the refusal."""
    with pytest.raises(Refused) as refusal:
        parse_portfolio(b"x" * (MAX_BODY_BYTES + 1))
    assert refusal.value.pages == ()


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (b"60,250", b"60.250", "weight_pct"),
        (b"60,250", b"60,2504", "weight_pct"),
        (b"60,250", b"6,025E+01", "weight_pct"),
        (b"60,250", b"060,250", "weight_pct"),
        (b"60,250", b"-60,250", "weight_pct"),
        (b"60,250", b"100,250", "weight_pct"),
        (b"4.566.445.852", b"4,57E+09", "theoretical_quantity"),
        (b"4.566.445.852", b"4.566.445.85", "theoretical_quantity"),
        (b"4.566.445.852", b"4,566,445,852", "theoretical_quantity"),
        (b"4.566.445.852", b"9.999.999.999.999.999.999", "theoretical_quantity"),
        (b"PN  EDJ N2", b"PN EDJ N2", "type"),
        (b"ON      NM", b"ON NM", "type"),
        (b"ON      NM", b"PNB NM", "type"),
        (b"ON      NM", b"UNT N2", "type"),
        (b"ON      NM", b"UNT MP", "type"),
        (b"ON      NM", b"ON EJ NM", "type"),
        (b"ON      NM", b"on      NM", "type"),
        (b"ON      NM", b"ON\xa0     NM", "type"),
        (b"ON      NM", b"3N      NM", "type"),
        (b"ON      NM", b"ON      N", "type"),
        (b"ON      NM", b"", "type"),
        (b"PETR4", b"../PETR4", "ticker"),
        (b"PETR4", b"PETR4'", "ticker"),
        (b"PETR4", b"petr4", "ticker"),
        (b";PETROBRAS;", b";  ;", "company"),
    ],
)
def test_a_bad_field_is_named_with_its_row(old: bytes, new: bytes, column: str) -> None:
    """The refusal says column, rule and row; nothing is guessed."""
    with pytest.raises(Refused) as refusal:
        parse_portfolio(SMALL.to_csv().replace(old, new))
    (broken,) = refusal.value.broken
    assert broken.column == column
    assert len(broken.rows) == 1


def test_at_most_five_rows_are_shown() -> None:
    """A payload wrong in every row is not repeated in the message."""
    body = sample_portfolio("IBOV", SESSION, position_count=20).to_csv()
    with pytest.raises(Refused, match="and 15 more") as refusal:
        parse_portfolio(body.replace(b" S/A;", b" S/A;;"))
    assert len(refusal.value.broken[0].rows) == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"Redutor;;;16.279.911,48376400\r\n", b"", "footers"),
        (b"Quantidade Te\xf3rica Total", b"Total", "footers"),
        (b"PETR4;", b"Redutor;", "footers"),
        (b"100,000", b"99,999", "footer"),
        (b"16.279.911,48376400", b"16.279.911,48x", "footer"),
        (b"16.279.911,48376400", b"0,00000000", "footer"),
        (b"Redutor;;;", b"Redutor;;", "footer"),
        (b"\xf3digo;", b"\xf3digo;Novo;", "columns"),
        (b"VALE;", b"VALE", "fields"),
        (b"VALE;", b"VALE;;", "fields"),
        (b"VALE;", b"V\xc2\xa0\x81ALE;", "U+0081"),
        (b"VALE;", b"VA\rLE;", "U+000D"),
        (b"VALE;", b'"VALE;', "quotes"),
        (b"Dia 06", b"Dia; 06", "columns"),
    ],
)
def test_a_file_of_another_shape_is_refused(old: bytes, new: bytes, said: str) -> None:
    """Columns, widths, footers and characters are B3's, or it is not B3's file."""
    assert said in refused(SMALL.to_csv().replace(old, new))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["header"].update(text="Total"), "no language"),
        (lambda d: d["header"].update(textReductor="Reductor"), "no language"),
        (lambda d: d["header"].update(part="100.000"), "header.part"),
        (lambda d: d["header"].update(reductor="1,234.56780000"), "header.reductor"),
        (lambda d: d["header"].update(theoricalQty="1,234"), "header.theoricalQty"),
        (lambda d: d["header"].update(date="01/25/25"), "header.date"),
        (lambda d: d["header"].pop("reductor"), "header has no reductor"),
        (lambda d: d["results"][0].update(part="60.250"), "weight_pct"),
        (lambda d: d["results"][0].update(part=60.25), "not a text"),
        (lambda d: d["results"][0].update(partAcum="60.250"), "partAcum"),
        (lambda d: d["results"][0].pop("type"), "results has no type"),
        (lambda d: d["results"][0].update(asset=None), "not a text"),
        (lambda d: d["results"][0].update(asset="\ud800"), "U+D800"),
        (lambda d: d["results"][0].update(cod="PETR4\n"), "U+000A"),
        (lambda d: d["results"].pop(), "2 rows of 3"),
        (lambda d: d["page"].update(totalPages=2), "of 2 pages"),
        (lambda d: d["page"].update(totalPages=10**15), "of 1,000,000,000,000,000 pages"),
        (lambda d: d["page"].update(pageNumber=2), "of 1 page there"),
        (lambda d: d["page"].update(totalRecords="3"), "not a count"),
        (lambda d: d["page"].update(totalRecords=True), "not a count"),
        (lambda d: d["page"].pop("pageSize"), "page has no pageSize"),
        (lambda d: d.update(results=[1]), "not an answer"),
    ],
)
def test_json_of_another_shape_is_refused(
    change: Callable[[dict[str, Any]], object], said: str
) -> None:
    """Keys, counts and the language are B3's in every part, or it is not B3's answer."""
    assert said in refused(edited(change), index="IBOV")


def test_a_new_key_of_b3_warns_and_is_left_out() -> None:
    """B3 may add to its answers; what it drops refuses."""
    body = edited(lambda d: (d.update(note=1), d["results"][0].update(isin="BR…")))
    portfolio = parse_portfolio(body, index="IBOV")
    assert [warning.split("'")[1] for warning in portfolio.warnings] == ["note", "results.isin"]


def test_a_new_marker_warns_and_is_kept() -> None:
    """B3 composes new ex-rights markers."""
    portfolio = parse_portfolio(SMALL.to_csv().replace(b"PN  EDJ N2", b"PN  EJX N2"))
    assert portfolio.warnings == ("unknown ex-rights marker 'EJX', kept",)
    assert portfolio.positions["ex_rights"][0].as_py() == "EJX"


@pytest.mark.parametrize(
    ("security", "column", "word", "noun"),
    [
        (b"PNZ EDJ N2", "share_class", "PNZ", "share class"),
        (b"DR10EDJ N2", "share_class", "DR10", "share class"),
        (b"PN  E9  N2", "ex_rights", "E9", "ex-rights marker"),
        (b"PN  EDJ9N2", "ex_rights", "EDJ9", "ex-rights marker"),
        (b"PN  EDJ N9", "listing_segment", "N9", "listing segment"),
        (b"PN      MP", "listing_segment", "MP", "listing segment"),
    ],
)
def test_a_new_word_of_each_vocabulary_warns_and_is_kept(
    security: bytes, column: str, word: str, noun: str
) -> None:
    """A session cannot be had again for a word that nobody knew."""
    portfolio = parse_portfolio(SMALL.to_csv().replace(b"PN  EDJ N2", security))
    assert portfolio.warnings == (f"unknown {noun} {word!r}, kept",)
    assert portfolio.positions[column][0].as_py() == word


def test_a_known_word_is_no_warning() -> None:
    """Depositary receipts and the segments of B3's legend."""
    for security in (b"DR1     MA", b"DR2 ED  M2", b"DR3     MB", b"DRE", b"PNF     NM"):
        portfolio = parse_portfolio(SMALL.to_csv().replace(b"PN  EDJ N2", security))
        assert portfolio.warnings == ()


def test_pages_of_one_answer_are_one_portfolio() -> None:
    """All pages in order: whole. One missing, twice or of another session: refused."""
    pages = [SMALL.to_json(page_number=n, page_size=2) for n in (1, 2)]
    portfolio = parse_pages(pages, index="IBOV").verify()
    assert (portfolio.position_count, portfolio.pages) == (3, tuple(pages))
    later = SamplePortfolio("IBOV", dt.date(2025, 1, 7), ROWS)
    wrong = [
        pages[:1],
        pages[1:],
        pages[::-1],
        [*pages, pages[1]],
        [pages[0], later.to_json(page_number=2, page_size=2)],
        [],
        [SMALL.to_csv(), SMALL.to_csv()],
        [pages[0], SMALL.to_csv()],
    ]
    for bodies in wrong:
        with pytest.raises(Refused) as refusal:
            parse_pages(bodies, index="IBOV")
        assert refusal.value.pages == tuple(bodies)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"60,250", b"60,249", "the weights add up to 99.999"),
        (b"4.566.445.852", b"4.566.445.853", "the quantities add up to"),
        (b"VALE3", b"PETR4", "more than once: PETR4"),
    ],
)
def test_contradicting_figures_are_read_and_told(old: bytes, new: bytes, said: str) -> None:
    """Parsing keeps what B3 said; `verify` refuses, with the bytes."""
    body = SMALL.to_csv().replace(old, new)
    portfolio = parse_portfolio(body)
    assert [said in one for one in portfolio.discrepancies()] == [True]
    with pytest.raises(InconsistentTotals, match=said) as refusal:
        portfolio.verify()
    assert refusal.value.pages == (body,)
