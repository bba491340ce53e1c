"""Bulletins: chapter 2 as text and as PDF, whole sections and broken ones."""

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from b3_contracts.vocabulary import (
    EX_RIGHTS,
    LISTING_SEGMENTS,
    SHARE_CLASSES,
)
from b3_scraper import (
    BULLETIN_INDICES,
    MAX_BULLETIN_BYTES,
    Blocked,
    Bulletin,
    Client,
    NoPortfolio,
    NoSection,
    Refused,
    Unreachable,
    fetch_bulletin,
    is_bulletin,
    parse_bulletin,
)
from b3_scraper.bulletin.rows import fields_of, read_row
from b3_scraper.language import PT_BR
from b3_scraper.security_type import SecurityType, write_type
from b3_scraper.testing import Exchange, Fault, SampleBulletin, SamplePortfolio, sample_portfolio

DATE = dt.date(2026, 9, 29)
FIRST_SESSION = dt.date(2026, 9, 8)
IBOV = sample_portfolio("IBOV", FIRST_SESSION, position_count=76)
IBXL = sample_portfolio("IBXL", FIRST_SESSION, position_count=50)

Capture = Callable[[str], bytes]


@pytest.fixture(scope="module")
def bulletin() -> SampleBulletin:
    """Two indices on pages of 60 lines: the first ends on its second page."""
    return SampleBulletin(DATE, (IBOV, IBXL))


def text_of(bulletin: SampleBulletin, *changes: tuple[str, str]) -> bytes:
    text = bulletin.to_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def positions_of(bulletin: Bulletin) -> dict[str, list[dict[str, Any]]]:
    return {p.index_code: p.positions.to_pylist() for p in bulletin.portfolios}


def expected(*samples: SamplePortfolio) -> dict[str, list[dict[str, Any]]]:
    return {
        sample.index_code: sample.to_positions(sectors=False).sort_by("ticker").to_pylist()
        for sample in samples
    }


def refusals(body: bytes) -> dict[str, str]:
    return {refusal.name: refusal.reason for refusal in parse_bulletin(body).refusals}


# ── what B3 published ────────────────────────────────────────────────────────────────


def test_the_captured_text_holds_ibov_of_september_2026(capture: Capture) -> None:
    """76 positions, 93,803,750,400 in all, weights of 99.9967; the next section is cut."""
    bulletin = parse_bulletin(capture("bulletin/BDI_02_2026-09-29_IBOVESPA.txt"))
    (ibov,) = bulletin.portfolios
    assert (bulletin.date, bulletin.effective_date) == (DATE, FIRST_SESSION)
    assert (ibov.index_code, ibov.reference_date) == ("IBOV", FIRST_SESSION)
    assert ibov.position_count == 76
    assert sum(ibov.positions["theoretical_quantity"].to_pylist()) == 93_803_750_400
    assert bulletin.total_weights_pct == {"IBOV": Decimal("99.9967")}
    assert ibov.discrepancies() == ()
    assert (ibov.kind, ibov.complete, ibov.divisor) == ("bulletin", False, None)
    (igcx,) = bulletin.refusals
    assert str(igcx).startswith("IGCX: weight_pct: the weights of 2 rows add up to 0.0667")


def test_odd_rows_are_split_as_b3_means_them(capture: Capture) -> None:
    """Names with spaces, names that look like a class, types of every width."""
    lines = capture("bulletin/odd_rows_2026-09-29.tsv").decode().splitlines()
    for each in csv.DictReader(lines, delimiter="\t"):
        text = " ".join(each[name] for name in ("code", "name", "type", "qty", "weight"))
        fields = fields_of(1, text)
        assert fields
        row = read_row(fields, PT_BR)
        assert row
        assert (row.ticker, row.company, write_type(row.type)) == (
            each["code"],
            each["name"],
            each["type"],
        )


def test_all_headings_of_a_real_bulletin_are_known(capture: Capture) -> None:
    """31 indices under B3's headings of them."""
    lines = capture("bulletin/sections_2026-09-29.tsv").decode().splitlines()
    headings = {
        row["heading_in_BDI"]: row["indexProxy_code"]
        for row in csv.DictReader(lines, delimiter="\t")
    }
    samples = [sample_portfolio("IBOV", FIRST_SESSION, position_count=3)] * len(headings)
    text = SampleBulletin(DATE, tuple(samples)).to_text()
    for heading in headings:
        text = text.replace("IBOVESPA\n", f"{heading} \n", 1)
    bulletin = parse_bulletin(text.encode())
    assert [p.index_code for p in bulletin.portfolios] == list(headings.values())
    assert {p.index_code for p in bulletin.portfolios} == BULLETIN_INDICES
    assert not any(p.warnings for p in bulletin.portfolios)


# ── text and PDF ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["pt-br", "en-us"])
@pytest.mark.parametrize("lines_a_page", [20, 60, 1000])
def test_a_pdf_gives_what_was_written(language: Any, lines_a_page: int) -> None:
    """In both number styles, wherever its pages end."""
    sample = SampleBulletin(DATE, (IBOV, IBXL), language, lines_a_page)
    bulletin = parse_bulletin(sample.to_pdf())
    assert bulletin.refusals == ()
    assert positions_of(bulletin) == expected(IBOV, IBXL)
    assert positions_of(parse_bulletin(sample.to_text().encode())) == expected(IBOV, IBXL)


def test_a_heading_at_the_foot_of_a_page_opens_the_section_on_the_next(
    bulletin: SampleBulletin,
) -> None:
    """Between it and the column names stands a page header."""
    header = "\n".join(bulletin.pages()[1][:5])
    body = text_of(bulletin, ("IBRX50\n", f"IBRX50\n{header}\n"))
    assert positions_of(parse_bulletin(body)) == expected(IBOV, IBXL)


def test_a_page_header_nobody_knows_stays_out_of_a_section(bulletin: SampleBulletin) -> None:
    """Ordinary words before the column names are no heading."""
    body = text_of(bulletin, ("Indicadores e informativos\n1\n\n", "Página 2 de 40\n\n"))
    assert positions_of(parse_bulletin(body)) == expected(IBOV, IBXL)


def test_page_and_bulletin_numbers_may_be_glued(bulletin: SampleBulletin) -> None:
    """As in extracted text."""
    body = text_of(bulletin, ("Nº 272\nIndicadores e informativos\n1\n", "Nº 2721\n"))
    assert parse_bulletin(body).date == DATE


types = st.builds(
    SecurityType,
    st.sampled_from(sorted(SHARE_CLASSES)),
    st.none() | st.sampled_from(sorted(EX_RIGHTS)),
    st.none() | st.sampled_from(sorted(LISTING_SEGMENTS)),
)
names = st.from_regex(r"[A-Z][A-Z0-9./&]{2,6}( [A-Z][A-Z0-9.]{4}){0,1}( ON)?", fullmatch=True)


@given(names, types, st.integers(1, 10**17), st.integers(0, 1_000_000))
def test_any_row_is_read_back(
    name: str, security: SecurityType, quantity: int, weight: int
) -> None:
    """The split of name and type holds for every combination of known words."""
    number = f"{quantity:,}".replace(",", ".")
    share = f"{Decimal(weight).scaleb(-4):.4f}".replace(".", ",")
    fields = fields_of(1, f"ABCD3 {name} {write_type(security)} {number} {share}")
    assert fields
    row = read_row(fields, PT_BR)
    assert row
    assert (row.company, row.type) == (name, security)
    assert (row.theoretical_quantity, row.weight_pct) == (quantity, Decimal(weight).scaleb(-4))


@settings(max_examples=60)
@given(st.data())
def test_no_lost_line_goes_unnoticed(data: st.DataObject) -> None:
    """A section without one of its rows is refused, or the row weighed less than the tolerance."""
    sample = SampleBulletin(DATE, (IBOV, IBXL))
    lines = sample.to_text().splitlines()
    rows = [at for at, line in enumerate(lines) if fields_of(at, line)]
    lost = fields_of(0, lines.pop(data.draw(st.sampled_from(rows))))
    assert lost
    bulletin = parse_bulletin("\n".join(lines).encode())
    is_small = Decimal(lost.weight.replace(",", ".")) <= Decimal("0.04")
    assert is_small or len(bulletin.refusals) == 1
    assert len(bulletin.portfolios) + len(bulletin.refusals) == 2


# ── sections that are refused by name, beside others that are not ────────────────────


def first_row(sample: SamplePortfolio) -> str:
    text = SampleBulletin(DATE, (sample,)).to_text().splitlines()
    return next(line for line in text if fields_of(1, line))


ROW = first_row(IBOV)
FIELDS = fields_of(1, ROW)
assert FIELDS
TICKER, QUANTITY, WEIGHT = FIELDS.ticker, FIELDS.quantity, FIELDS.weight


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param((ROW, f"{ROW}\n{ROW}"), f"stands more than once: {TICKER}", id="twice"),
        pytest.param((ROW, f"{ROW}\nsome words"), "between its rows is none: 'some", id="foreign"),
        pytest.param((QUANTITY, "1.2"), "not all Portuguese or all English", id="quantity"),
        pytest.param((WEIGHT, WEIGHT[:-1]), f"four decimals.*{TICKER}", id="lost decimal"),
        pytest.param((WEIGHT, WEIGHT.replace(",", ".")), f"all English.*{TICKER}", id="mixed"),
        pytest.param((f" {QUANTITY}", f" ON EJ NM {QUANTITY}"), "fixed-width", id="collapsed"),
        pytest.param((f" {QUANTITY}", ""), f"none: '{TICKER}", id="no quantity"),
        pytest.param(("IBOVESPA\n", "Ibovespa B3\n"), "not the name of an index", id="heading"),
    ],
)
def test_a_broken_section_is_refused_by_name(
    bulletin: SampleBulletin, change: tuple[str, str], reason: str
) -> None:
    """With the rule and the row or line; the other section is whole."""
    parsed = parse_bulletin(text_of(bulletin, change))
    (refusal,) = parsed.refusals
    assert refusal.name in {"IBOVESPA", "Ibovespa B3"}
    with pytest.raises(Refused, match=reason):
        raise Refused(refusal.reason)
    assert positions_of(parsed) == expected(IBXL)


def test_a_section_cut_in_the_middle_is_refused(bulletin: SampleBulletin) -> None:
    """Its weights say that rows are missing."""
    lines = bulletin.to_text().splitlines()
    cut = "\n".join(lines[:-30])
    parsed = parse_bulletin(cut.encode())
    assert positions_of(parsed) == expected(IBOV)
    (refusal,) = parsed.refusals
    assert str(refusal).startswith("IBRX50: weight_pct: the weights of 25 rows add up to ")


def test_a_section_in_two_pieces_is_refused(bulletin: SampleBulletin) -> None:
    """A heading that returns after another section."""
    again = "\n".join(["IBOVESPA", bulletin.pages()[1][5], ROW])
    parsed = parse_bulletin(bulletin.to_text().encode() + again.encode())
    assert [refusal.name for refusal in parsed.refusals] == ["IBOVESPA", "IBOVESPA"]
    assert "in one piece" in parsed.refusals[0].reason
    assert positions_of(parsed) == expected(IBXL)


def test_an_unknown_heading_is_kept_with_a_warning() -> None:
    """B3 adds indices; an unknown class or marker is kept like anywhere else."""
    sample = sample_portfolio("IBNW", FIRST_SESSION, position_count=4)
    (portfolio,) = parse_bulletin(SampleBulletin(DATE, (sample,)).to_text().encode()).portfolios
    assert portfolio.index_code == "IBNW"
    assert portfolio.warnings == ("unknown index IBNW, kept",)


# ── files that are refused ───────────────────────────────────────────────────────────


def encrypted(body: bytes) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=BytesIO(body))
    writer.encrypt("secret", algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def with_script(body: bytes) -> bytes:
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    writer = PdfWriter(clone_from=BytesIO(body))
    script = DictionaryObject()
    script[NameObject("/S")] = NameObject("/JavaScript")
    script[NameObject("/JS")] = TextStringObject("app.alert('hello')")
    writer.root_object[NameObject("/OpenAction")] = script
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def bad_files() -> Iterator[Any]:
    text = SampleBulletin(DATE, (IBXL,)).to_text()
    pdf = SampleBulletin(DATE, (IBXL,)).to_pdf()
    other = text.replace("Composição das carteiras de índices", "Empréstimos de ativos")
    yield pytest.param(b"ticker,weight\n", Refused, "no bulletin of B3", id="not a bulletin")
    yield pytest.param(b"\xff\xfe\x00", Refused, "neither a PDF nor text", id="binary")
    yield pytest.param(b"", Refused, "no bulletin of B3", id="empty")
    yield pytest.param(other.encode(), NoSection, "no section of index portf", id="other chapter")
    yield pytest.param(pdf[: len(pdf) // 2], Refused, "cut or damaged", id="truncated")
    yield pytest.param(b"%PDF-1.7\n" + b"x" * 99, Refused, "cut or damaged", id="damaged")
    yield pytest.param(encrypted(pdf), Refused, "is encrypted", id="password")
    yield pytest.param(
        text.replace("Para Setembro a Dezembro de 2026", "").encode(),
        Refused,
        "which quadrimester",
        id="no quadrimester",
    )
    yield pytest.param(
        text.replace("Setembro a Dezembro", "Setembro a Agosto").encode(),
        Refused,
        "Setembro a Agosto de 2026 is no quadrimester",
        id="odd quadrimester",
    )
    yield pytest.param(
        (text + text.replace("Setembro a Dezembro de 2026", "Maio a Agosto de 2026")).encode(),
        Refused,
        "two quadrimesters, Maio a Agosto de 2026 and Setembro a Dezembro de 2026",
        id="two quadrimesters",
    )
    yield pytest.param(
        "\n".join(text.splitlines()[:9]).encode(), NoSection, "has no table", id="no table"
    )


@pytest.mark.parametrize(("body", "error", "reason"), [*bad_files()])
def test_a_file_that_is_no_whole_bulletin_is_refused(
    body: bytes, error: type[Refused], reason: str
) -> None:
    """In a sentence, with the bytes to keep."""
    with pytest.raises(error, match=reason) as caught:
        parse_bulletin(body)
    assert caught.value.pages == (body,)


def test_a_larger_file_than_any_bulletin_is_not_read() -> None:
    """Neither parsed nor carried along."""
    with pytest.raises(Refused, match="more than 64 MiB") as caught:
        parse_bulletin(b"%PDF-1.7" + bytes(MAX_BULLETIN_BYTES))
    assert caught.value.pages == ()


def test_a_script_in_a_pdf_is_not_run_and_is_reported(bulletin: SampleBulletin) -> None:
    """The portfolios are read all the same."""
    parsed = parse_bulletin(with_script(bulletin.to_pdf()))
    assert parsed.warnings == ("the PDF holds actions or scripts; none was run",)
    assert positions_of(parsed) == expected(IBOV, IBXL)


def test_a_bulletin_is_known_by_its_first_bytes(bulletin: SampleBulletin) -> None:
    """Text or PDF; a download of one portfolio is none."""
    assert is_bulletin(bulletin.to_text().encode())
    assert is_bulletin(bulletin.to_pdf())
    assert not is_bulletin(IBOV.to_csv())
    assert not is_bulletin(IBOV.to_json())


# ── from the exchange ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def server(bulletin: SampleBulletin) -> Iterator[Exchange]:
    page = b"<!doctype html><html></html>"
    served = {DATE: bulletin.to_pdf(), DATE + dt.timedelta(1): page}
    with Exchange([IBOV], DATE, bulletins=served) as exchange:
        yield exchange


def test_a_bulletin_is_fetched_and_parsed(server: Exchange) -> None:
    """One request for all its indices."""
    assert positions_of(fetch_bulletin(DATE, source=server.bulletin_url)) == expected(IBOV, IBXL)


@pytest.mark.parametrize("days", [1, 2])
def test_a_date_without_a_bulletin_is_told_apart(server: Exchange, days: int) -> None:
    """404, or a page of the site with status 200."""
    with pytest.raises(
        NoPortfolio, match=r"127\.0\.0\.1:\d+ has no bulletin of 2026-(09-30|10-01)"
    ):
        fetch_bulletin(DATE + dt.timedelta(days), source=server.bulletin_url)


def test_a_captcha_is_no_missing_bulletin(server: Exchange) -> None:
    """It blocks this address."""
    server.misbehave(Fault.HTML)
    with pytest.raises(Blocked, match="CAPTCHA"):
        fetch_bulletin(DATE, source=server.bulletin_url)


def test_a_failure_that_passes_is_waited_for(server: Exchange, waits: list[float]) -> None:
    """As for every other answer."""
    server.misbehave(Fault.CDN_ERROR, times=2)
    client = Client(bulletin_url=server.bulletin_url, sleep=waits.append)
    assert client.fetch_bulletin(DATE) == server.bulletins[DATE]
    assert len(waits) == 2
    server.misbehave(Fault.FORBIDDEN)
    with pytest.raises(Unreachable, match="403"):
        client.fetch_bulletin(DATE)
