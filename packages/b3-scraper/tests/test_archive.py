"""Archives: tables that people have, of any number of sessions, under any header."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_scraper import (
    Archive,
    Refused,
    Undated,
    UnknownColumns,
    Unnamed,
    is_archive,
    parse_archive,
)
from b3_scraper.archive.columns import FIELDS
from b3_scraper.archive.path_names import read_path, session_in_name
from b3_scraper.testing import SamplePortfolio, sample_portfolio

CASES = Path(__file__).parents[4] / "shared" / "cases" / "tables"
MONDAY, TUESDAY = dt.date(2025, 2, 3), dt.date(2025, 2, 4)
IBOV = sample_portfolio("IBOV", MONDAY, position_count=12)
SMLL = sample_portfolio("SMLL", MONDAY, position_count=15)

Row = dict[str, Any]


def rows(sample: SamplePortfolio, session: object = MONDAY, **more: object) -> list[Row]:
    """A table as people keep it, with the names of the project's own columns."""
    columns = ("ticker", "company", "share_class", "ex_rights", "listing_segment", "sector")
    positions = sample.to_positions().to_pylist()
    return [
        {
            "date": session,
            **{name: row[name] for name in columns},
            "quantity": row["theoretical_quantity"],
            "weight": float(row["weight_pct"]),
            **more,
        }
        for row in positions
    ]


def parquet(table: Sequence[Row] | pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.Table.from_pylist(table), sink)
    return sink.getvalue()


def text(table: Sequence[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, list(table[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    return sink.getvalue().encode(encoding)


def damaged(body: bytes) -> bytes:
    """With other bytes in its first page."""
    return body[:8] + bytes(byte ^ 0xFF for byte in body[8:200]) + body[200:]


def changed(table: Sequence[Row], **columns: Callable[[Any], Any]) -> list[Row]:
    return [{**row, **{name: to(row[name]) for name, to in columns.items()}} for row in table]


def renamed(table: Sequence[Row], **names: str) -> list[Row]:
    return [{names.get(name, name): value for name, value in row.items()} for row in table]


def only(archive: Archive) -> list[Row]:
    (portfolio,) = archive.portfolios
    assert not archive.refusals
    return portfolio.positions.to_pylist()


def refusal(archive: Archive) -> str:
    (one,) = archive.refusals
    return str(one)


@pytest.fixture
def case() -> Callable[[str], bytes]:
    if not CASES.is_dir():
        pytest.skip("the folder of cases (../shared/cases) is not here")
    return lambda name: (CASES / name).read_bytes()


@pytest.mark.parametrize("name", ["history_three_sessions.parquet", "athena_export.csv"])
def test_one_file_holds_three_sessions(case: Callable[[str], bytes], name: str) -> None:
    archive = parse_archive(case(name), index="IBOV")
    assert [
        (each.reference_date.day, each.position_count, each.total_weight_pct)
        for each in archive.portfolios
    ] == [(day, 87, 100) for day in (3, 4, 5)]
    assert not archive.refusals


def test_a_path_says_index_and_session(case: Callable[[str], bytes]) -> None:
    name = "raw/date=2025-02-04/IBOV.parquet"
    (portfolio,) = parse_archive(case(name), name=name).portfolios
    assert (portfolio.index_code, portfolio.reference_date) == ("IBOV", TUESDAY)
    assert (portfolio.position_count, portfolio.total_weight_pct) == (87, 100)


def test_a_cut_session_is_refused_by_its_name(case: Callable[[str], bytes]) -> None:
    archive = parse_archive(case("history_one_session_cut.parquet"), index="IBOV")
    assert [each.reference_date.day for each in archive.portfolios] == [3, 5]
    assert refusal(archive).startswith("IBOV 2025-02-04: there are no footers and the weights add")


def test_footers_kept_as_rows_check_the_others(case: Callable[[str], bytes]) -> None:
    (portfolio,) = parse_archive(case("footers_as_rows.parquet"), index="IBOV").portfolios
    assert (portfolio.position_count, portfolio.total_theoretical_quantity) == (87, 98_374_532_289)
    assert (portfolio.divisor, portfolio.complete) == (None, False)
    assert "the divisor '16274591' has lost digits" in portfolio.warnings[0]


@pytest.mark.parametrize("to_bytes", [parquet, text])
def test_indices_and_sessions_are_told_apart(to_bytes: Callable[[Sequence[Row]], bytes]) -> None:
    table = [
        *rows(IBOV, index="IBOV"),
        *rows(SMLL, index="smll"),
        *rows(IBOV, TUESDAY, index="IBOV"),
    ]
    archive = parse_archive(to_bytes(table))
    assert [(each.index_code, each.reference_date) for each in archive.portfolios] == [
        ("IBOV", MONDAY),
        ("SMLL", MONDAY),
        ("IBOV", TUESDAY),
    ]
    chosen = parse_archive(to_bytes(table), index="IBOV", reference_date=TUESDAY)
    assert [(each.index_code, each.reference_date) for each in chosen.portfolios] == [
        ("IBOV", TUESDAY)
    ]
    with pytest.raises(Refused, match="no row of IBXL"):
        parse_archive(to_bytes(table), index="IBXL")


HEADERS: Mapping[str, Mapping[str, str]] = {
    "lower case, Portuguese": {"ticker": "cod", "company": "acao", "weight": "part"},
    "B3's own": {"ticker": "Código", "company": "Ação", "weight": "Part. (%)"},
    "answer of B3": {"ticker": "cod", "company": "asset", "quantity": "theoricalQty"},
    "asset is the ticker": {"ticker": "asset", "weight": "weight_pct"},
    "long": {"weight": "participacao_percentual", "quantity": "Quantidade Teórica"},
    "dates": {"date": "data_pregao"},
    "snake case": {"date": "reference_date", "quantity": "theoretical_quantity"},
}


@pytest.mark.parametrize("names", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("to_bytes", [parquet, text])
def test_columns_are_recognised(
    to_bytes: Callable[[Sequence[Row]], bytes], names: Mapping[str, str]
) -> None:
    table = renamed(rows(IBOV), **names)
    assert is_archive(to_bytes(table))
    assert only(parse_archive(to_bytes(table), index="IBOV")) == IBOV.to_positions().to_pylist()


def test_each_known_name_is_of_one_field() -> None:
    assert set(FIELDS.values()) >= {"ticker", "type", "quantity", "weight", "date", "index"}
    assert all(name == name.casefold() and name.isalnum() for name in FIELDS)


def test_a_numbering_and_unknown_columns_are_left_out() -> None:
    table = [{"index": at, "note": "x", **row} for at, row in enumerate(rows(IBOV))]
    archive = parse_archive(parquet(table), index="IBOV")
    assert only(archive) == IBOV.to_positions().to_pylist()
    assert archive.unused == ("index", "note")


def test_unknown_names_are_given() -> None:
    table = renamed(rows(IBOV), ticker="x1", weight="x2")
    for body in (parquet(table), text(table)):
        with pytest.raises(UnknownColumns, match="to be the ticker or the weight: it has 'date',"):
            parse_archive(body, index="IBOV")
        archive = parse_archive(body, index="IBOV", columns={"ticker": "x1", "weight": "x2"})
        assert only(archive) == IBOV.to_positions().to_pylist()


def test_two_columns_of_one_field_are_not_chosen_between() -> None:
    table = [{**row, "peso": row["weight"]} for row in rows(IBOV)]
    with pytest.raises(UnknownColumns, match="'weight' and 'peso' can each be the weight"):
        parse_archive(parquet(table), index="IBOV")
    archive = parse_archive(parquet(table), index="IBOV", columns={"weight": "peso"})
    assert archive.columns["weight"] == "peso"
    with pytest.raises(UnknownColumns, match="'pezo', given for the weight, is not there"):
        parse_archive(parquet(table), index="IBOV", columns={"weight": "pezo"})


@pytest.mark.parametrize(
    ("missing", "said"),
    [(("weight",), "weight"), (("quantity",), "quantity"), (("share_class",), "type")],
)
def test_a_column_that_every_portfolio_has_is_asked_for(missing: Sequence[str], said: str) -> None:
    table = [{name: row[name] for name in row if name not in missing} for row in rows(IBOV)]
    with pytest.raises(UnknownColumns, match=f"known to be the {said}"):
        parse_archive(parquet(table), index="IBOV")


def test_the_ticker_stands_for_a_missing_company() -> None:
    table = [{name: row[name] for name in row if name != "company"} for row in rows(IBOV)]
    (portfolio,) = parse_archive(parquet(table), index="IBOV").portfolios
    positions = portfolio.positions
    assert positions["company"] == positions["ticker"]
    assert portfolio.warnings[0].startswith("the company is not said of every position")


def portuguese(value: float) -> str:
    return f"{value:,.3f}".translate(str.maketrans(".,", ",."))


NUMBERS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "B3's texts": {"weight": portuguese, "quantity": lambda q: f"{q:,}".replace(",", ".")},
    "English texts": {"weight": "{:.3f}".format, "quantity": "{:,}".format},
    "plain texts": {"weight": str, "quantity": str},
    "quantities as floats": {"quantity": float},
    "decimals": {"weight": lambda w: Decimal(f"{w:.5f}")},
    "noise of binary fractions": {"weight": lambda w: w + 4e-15},
    "fractions of one": {"weight": lambda w: round(w / 100, 5)},
}


@pytest.mark.parametrize("columns", NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_exact_however_they_are_kept(
    columns: Mapping[str, Callable[[Any], Any]],
) -> None:
    body = parquet(changed(rows(IBOV), **columns))
    assert only(parse_archive(body, index="IBOV")) == IBOV.to_positions().to_pylist()


def test_single_precision_is_as_exact() -> None:
    table = pa.Table.from_pylist(rows(IBOV))
    at = table.schema.get_field_index("weight")
    narrow = table.set_column(at, "weight", table["weight"].cast(pa.float32()))
    assert only(parse_archive(parquet(narrow), index="IBOV")) == IBOV.to_positions().to_pylist()


def test_dictionaries_and_large_texts_are_texts() -> None:
    table = pa.Table.from_pylist(rows(IBOV))
    at = table.schema.get_field_index("ticker")
    for column in (table["ticker"].dictionary_encode(), table["ticker"].cast(pa.large_string())):
        body = parquet(table.set_column(at, "ticker", column))
        assert only(parse_archive(body, index="IBOV")) == IBOV.to_positions().to_pylist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"weight": lambda w: w + 0.0004}, "weight_pct: is not a en-us percentage with at most"),
        ({"weight": lambda w: round(w, 1)}, "add up to|three decimals"),
        ({"weight": lambda _: None}, "weight_pct: is not a"),
        ({"weight": lambda _: float("nan")}, "weight_pct: is not a"),
        ({"quantity": lambda q: -q}, "theoretical_quantity: is not a"),
        ({"quantity": lambda q: q + 0.5}, "theoretical_quantity: is not a"),
        ({"quantity": lambda _: None}, "theoretical_quantity: is not a"),
        ({"share_class": lambda _: "on?"}, "type: is not one of"),
        ({"ticker": lambda t: f"{t} "[:3]}, "ticker"),
    ],
)
def test_figures_that_are_no_portfolio_are_refused(
    columns: Mapping[str, Callable[[Any], Any]], message: str
) -> None:
    archive = parse_archive(parquet(changed(rows(IBOV), **columns)), index="IBOV")
    assert not archive.portfolios
    (refused,) = archive.refusals
    assert refused.name == "IBOV 2025-02-03"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(refused.reason)


def test_weights_that_add_up_to_less_are_refused() -> None:
    short = [row for row in rows(IBOV) if row["weight"] != 0][1:]
    archive = parse_archive(parquet([*short, *rows(IBOV, TUESDAY)]), index="IBOV")
    assert [each.reference_date for each in archive.portfolios] == [TUESDAY]
    assert "11 rows some are missing" in refusal(archive)


DATES: Mapping[str, Callable[[dt.date], object]] = {
    "date": lambda day: day,
    "timestamp": lambda day: dt.datetime.combine(day, dt.time()),
    "ISO": str,
    "ISO with midnight": lambda day: f"{day} 00:00:00",
    "ISO with zone": lambda day: f"{day}T00:00:00Z",
    "digits": lambda day: int(f"{day:%Y%m%d}"),
    "Brazilian": lambda day: f"{day:%d/%m/%Y}",
    "Brazilian, short": lambda day: f"{day:%d/%m/%y}",
}


@pytest.mark.parametrize("write", DATES.values(), ids=DATES)
@pytest.mark.parametrize("to_bytes", [parquet, text])
def test_dates_are_read_however_they_are_kept(
    to_bytes: Callable[[Sequence[Row]], bytes], write: Callable[[dt.date], object]
) -> None:
    table = [*rows(IBOV, write(MONDAY)), *rows(IBOV, write(TUESDAY))]
    archive = parse_archive(to_bytes(renamed(table, date="data_pregao")), index="IBOV")
    assert [each.reference_date for each in archive.portfolios] == [MONDAY, TUESDAY]


def test_a_date_with_two_meanings_is_refused_unless_words_or_weekends_tell() -> None:
    tuesday = parquet(rows(IBOV, "04/02/2025"))
    with pytest.raises(Undated, match="2025-02-04 or 2025-04-02") as error:
        parse_archive(tuesday, index="IBOV")
    assert error.value.dates == (TUESDAY, dt.date(2025, 4, 2))
    for day in ("03/02/2025", "02/03/2025"):  # 2 March was a Sunday
        (told,) = parse_archive(parquet(rows(IBOV, day)), index="IBOV").portfolios
        assert told.reference_date == MONDAY
    (english,) = parse_archive(parquet(rows(IBOV, "02/13/2025")), index="IBOV").portfolios
    assert english.reference_date == dt.date(2025, 2, 13)


def test_dates_in_three_styles_are_refused() -> None:
    table = [*rows(IBOV, "2025-02-03"), *rows(IBOV, "04/02/2025"), *rows(IBOV, "20250205")]
    message = r"written in 3 styles: '2025-02-03' \(12 rows\), '04/02/2025' \(12 rows\), '20250205'"
    with pytest.raises(Refused, match=message):
        parse_archive(parquet(table), index="IBOV")


@pytest.mark.parametrize("day", ["2025-02-30", "yesterday", "2025-02-03 14:30", "30/02/2025"])
def test_what_is_no_date_is_refused(day: str) -> None:
    with pytest.raises(Refused, match=r"^date: .* no date"):
        parse_archive(parquet(rows(IBOV, day)), index="IBOV")


def test_a_table_without_index_or_session_says_so() -> None:
    with pytest.raises(Unnamed):
        parse_archive(parquet(rows(IBOV)))
    undated = [{name: row[name] for name in row if name != "date"} for row in rows(IBOV)]
    with pytest.raises(Undated):
        parse_archive(parquet(undated), index="IBOV")
    archive = parse_archive(parquet(undated), index="IBOV", reference_date=MONDAY)
    assert archive.portfolios[0].reference_date == MONDAY
    gaps = changed(rows(IBOV), date=lambda day: day)
    gaps[3]["date"] = None
    archive = parse_archive(parquet(gaps), index="IBOV")
    assert "IBOV without a date: 1 of the rows, first row 4" in map(str, archive.refusals)


def test_two_indices_without_a_column_for_them_are_refused() -> None:
    archive = parse_archive(parquet([*rows(IBOV), *rows(SMLL)]), index="IBOV")
    assert "add up to 200.000, not 100.000: of 27 rows some are changed, or of another" in refusal(
        archive
    )
    shared = [*rows(IBOV), *rows(IBOV)[:3]]
    archive = parse_archive(parquet(shared), index="IBOV")
    assert "no column says the index: there may be several" in refusal(archive)


def test_a_session_kept_twice_is_refused() -> None:
    archive = parse_archive(parquet(2 * rows(IBOV, index="IBOV")))
    assert "ticker: stands more than once in the session" in refusal(archive)
    assert "and 19 more" in refusal(archive)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"quantity": 7}, "the quantities add up to"),
        ({"quantity": None}, "footer: is not as B3 writes it"),
        ({"weight": 99.0}, "footer: is not as B3 writes it"),
    ],
)
def test_a_footer_is_checked(change: Row, message: str) -> None:
    total = {"ticker": "Quantidade Teórica Total", "weight": 100.0}
    total["quantity"] = IBOV.total_theoretical_quantity
    body = parquet([*rows(IBOV), {**total, **change}])
    archive = parse_archive(body, index="IBOV")
    if message:
        assert message in refusal(archive)
    else:
        (portfolio,) = archive.portfolios
        assert portfolio.total_theoretical_quantity == IBOV.total_theoretical_quantity


def test_a_divisor_kept_whole_is_kept() -> None:
    table = changed(rows(IBOV), quantity=str)
    divisor = f"{IBOV.divisor:.8f}"
    archive = parse_archive(
        parquet([*table, {"ticker": "Redutor", "quantity": divisor}]), index="IBOV"
    )
    assert archive.portfolios[0].divisor == IBOV.divisor


@pytest.mark.parametrize(
    ("kept", "share_class", "ex_rights", "segment"),
    [
        ("ON EJ NM", "ON", "EJ", "NM"),
        ("ON NM", "ON", None, "NM"),
        ("PNA N1", "PNA", None, "N1"),
        ("ON ED", "ON", "ED", None),
        ("ON      NM", "ON", None, "NM"),
        ("UNT", "UNT", None, None),
    ],
)
def test_the_lost_spaces_of_a_type_are_found_again(
    kept: str, share_class: str, ex_rights: str | None, segment: str | None
) -> None:
    table = [{**row, "tipo": kept} for row in rows(IBOV)]
    position = only(parse_archive(parquet(table), index="IBOV"))[0]
    found = (position["share_class"], position["ex_rights"], position["listing_segment"])
    assert found == (share_class, ex_rights, segment)


def test_a_type_with_two_readings_is_refused() -> None:
    table = [{**row, "tipo": "ON QQ"} for row in rows(IBOV)]
    assert "type: is not one of" in refusal(parse_archive(parquet(table), index="IBOV"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_text_of_any_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    table = changed(renamed(rows(IBOV), ticker="Código", company="Ação"), Ação=lambda _: "AÇÚCAR")
    body = text(table, delimiter, encoding)
    assert is_archive(body)
    positions = only(parse_archive(body, index="IBOV"))
    assert {row["company"] for row in positions} == {"AÇÚCAR"}


@pytest.mark.parametrize(
    "body",
    [
        b"PAR1",
        b"PAR1 this is none PAR1",
        parquet(rows(IBOV))[:-50],
        damaged(parquet(rows(IBOV))),
        b"ticker,weight,quantity,type\nPETR4,1\n",
        b'ticker,weight,quantity,type\n"PETR4,1,2,3\n',
        b"ticker,weight,quantity,type\n",
        b"ticker,weight,quantity,type\x00\n",
        parquet(rows(IBOV)[:0] or pa.Table.from_pylist(rows(IBOV)).slice(0, 0)),
        b"",
        b"\x00",
        b"a,b\n1,2\n",
    ],
)
def test_what_is_no_table_is_refused_with_its_bytes(body: bytes) -> None:
    with pytest.raises(Refused) as error:
        parse_archive(body, index="IBOV", reference_date=MONDAY)
    assert error.value.pages == (body,)


@pytest.mark.parametrize("to_bytes", [parquet, text])
def test_a_table_that_is_too_long_is_refused(
    to_bytes: Callable[[Sequence[Row]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("b3_scraper.archive.reading.MAX_ROWS", 11)
    with pytest.raises(Refused, match="it has 12 rows, more than 11: split it"):
        parse_archive(to_bytes(rows(IBOV)), index="IBOV")


def test_b3s_own_download_is_no_archive() -> None:
    for body in (IBOV.to_csv(), IBOV.to_csv(sector=True), IBOV.to_csv().partition(b"\n")[2]):
        assert not is_archive(body)
    assert not is_archive(b"{}")
    assert not is_archive(b"<html>ticker,weight")


@pytest.mark.parametrize(
    ("path", "index", "session"),
    [
        ("raw/date=2025-02-04/IBOV.parquet", "IBOV", TUESDAY),
        ("index=SMLL/data_pregao=2025-02-04/part-0.parquet", "SMLL", TUESDAY),
        ("a\\indice=ibov\\date=2025-02-04%2000%3A00\\part-0.parquet", "IBOV", TUESDAY),
        ("year=2025/month=2/day=4/ibov.csv", "IBOV", TUESDAY),
        ("IBOV_2025-02-04.csv", "IBOV", None),
        ("IBEP.csv", "IBEP", None),
        ("2025-02-04/data.parquet", None, None),
        ("date=2025-02-04.parquet", None, None),
        ("part-0.parquet", None, None),
    ],
)
def test_paths_say_index_and_session(path: str, index: str | None, session: dt.date | None) -> None:
    assert read_path(path) == (index, session)


def test_a_path_contradicts_loudly() -> None:
    with pytest.raises(Refused, match="its path says"):
        parse_archive(parquet(rows(IBOV)), index="IBOV", name="date=2025-02-04/IBOV.parquet")
    with pytest.raises(Refused, match="which is no date"):
        parse_archive(parquet(rows(IBOV)), name="date=today/IBOV.parquet")


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("x/IBOV_2025-02-04.csv", TUESDAY),
        ("20250204.parquet", TUESDAY),
        ("a_2025-02-03_2025-02-04.csv", None),
        ("2025-02-04/a.csv", None),
    ],
)
def test_a_name_has_one_date(name: str, session: dt.date | None) -> None:
    assert session_in_name(name) == session


@given(
    count=st.integers(2, 40),
    seed=st.randoms(use_true_random=False),
    numbers=st.sampled_from(sorted(NUMBERS)),
    write=st.sampled_from(sorted(DATES)),
)
def test_any_portfolio_comes_back(count: int, seed: Any, numbers: str, write: str) -> None:
    """Rows in any order, columns in any order, under any of the names, kept in any form."""
    sample = sample_portfolio("IBOV", TUESDAY, position_count=count)
    table = changed(rows(sample, DATES[write](TUESDAY)), **NUMBERS[numbers])
    order = list(table[0])
    seed.shuffle(order)
    seed.shuffle(table)
    names = {
        field: seed.choice([n for n in FIELDS if FIELDS[n] == field])
        for field in order
        if field in FIELDS.values()
    }
    body = parquet(renamed([{name: row[name] for name in order} for row in table], **names))
    try:
        found = only(parse_archive(body, index="IBOV"))
    except Undated:
        assert write.startswith("Brazilian")
        return
    key = sorted(found, key=lambda row: row["ticker"])
    assert key == sorted(sample.to_positions().to_pylist(), key=lambda row: row["ticker"])
