"""Semantics of a capture: the header's date, content addressing, corrections that win."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_scraper import Client, Unreachable
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.ingest.capturing import capture
from lake_io import open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]
Serve = Callable[[SamplePortfolio], CompletedProcess[str]]
Tree = Callable[[Path], Mapping[str, str]]
Tables = Callable[[Path], Mapping[str, list[dict[str, Any]]]]

pytestmark = pytest.mark.usefixtures("quick_gate")

FRIDAY, MONDAY = dt.date(2025, 1, 3), dt.date(2025, 1, 6)


@pytest.fixture
def serve(bovespa: Run) -> Serve:
    """Capture one portfolio from an exchange that serves just that."""

    def capture(portfolio: SamplePortfolio) -> CompletedProcess[str]:
        with Exchange([portfolio], today=portfolio.reference_date) as exchange:
            return bovespa("capture", portfolio.index_code, "--source", exchange.url)

    return capture


@pytest.fixture
def first(portfolio: Make) -> SamplePortfolio:
    return portfolio(MONDAY, PETR4=4_000_000, VALE3=2_000_000)


@pytest.fixture
def corrected(portfolio: Make) -> SamplePortfolio:
    """The same session, with another quantity."""
    return portfolio(MONDAY, PETR4=4_000_001, VALE3=2_000_000)


@pytest.fixture
def late(here: Path, corrected: SamplePortfolio) -> str:
    """A download of that session with the other quantity."""
    (here / "late.csv").write_bytes(corrected.to_csv())
    return "late.csv"


@pytest.fixture
def quantities(bovespa: Run) -> Callable[[], list[str]]:
    """Published positions, one line each."""
    sql = "select reference_date, ticker, theoretical_quantity from position order by 1, 2"

    def ask() -> list[str]:
        return bovespa("query", sql, "--format", "csv").stdout.splitlines()[1:]

    return ask


def test_the_same_answer_again_writes_no_object(
    first: SamplePortfolio, serve: Serve, bovespa: Run, lake: Path, tree: Tree
) -> None:
    """Not even a manifest; and refine has nothing to do."""
    serve(first)
    bovespa("refine")
    before = tree(lake)
    again = serve(first)
    assert (again.returncode, again.stdout) == (0, "captured 1 index, 0 answers new\n")
    assert bovespa("refine").stdout == "nothing to publish\n"
    assert tree(lake) == before


@pytest.mark.parametrize("refined_between", [True, False])
def test_the_latest_answer_of_a_session_wins(  # noqa: PLR0913, PLR0917 - fixtures
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    quantities: Callable[[], list[str]],
    refined_between: bool,
) -> None:
    """B3 corrects itself, in either direction; the other answer stays in raw."""
    for answer, quantity in ((first, 4_000_000), (corrected, 4_000_001)):
        serve(answer)
        if refined_between:
            bovespa("refine")
            assert f"2025-01-06,PETR4,{quantity}" in quantities()
    bovespa("refine")
    assert quantities() == ["2025-01-06,PETR4,4000001", "2025-01-06,VALE3,2000000"]


def test_a_correction_is_told_apart_by_when_it_came_and_not_by_its_figures(
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    quantities: Callable[[], list[str]],
) -> None:
    """The other order gives the other portfolio."""
    serve(corrected)
    serve(first)
    bovespa("refine")
    assert quantities() == ["2025-01-06,PETR4,4000000", "2025-01-06,VALE3,2000000"]


def test_an_import_does_not_replace_a_capture(
    first: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    late: str,
    quantities: Callable[[], list[str]],
) -> None:
    """However late it comes, and whatever it says."""
    serve(first)
    bovespa("refine")
    bovespa("import", late)
    assert bovespa("refine").stdout == "nothing to publish\n"
    assert "2025-01-06,PETR4,4000000" in quantities()


def test_a_capture_replaces_an_import_that_was_published(
    first: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    late: str,
    quantities: Callable[[], list[str]],
) -> None:
    """A capture from B3 outranks an imported file."""
    bovespa("import", late)
    bovespa("refine")
    assert "2025-01-06,PETR4,4000001" in quantities()
    serve(first)
    bovespa("refine")
    assert "2025-01-06,PETR4,4000000" in quantities()


def test_imports_that_contradict_each_other_are_withheld_until_one_is_withdrawn(
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    bovespa: Run,
    here: Path,
    quantities: Callable[[], list[str]],
) -> None:
    """Nobody can say which is right: exit code 1 until then, the way out in the message."""
    (here / "one.csv").write_bytes(first.to_csv())
    (here / "other.csv").write_bytes(corrected.to_csv())
    bovespa("import", "one.csv", "other.csv")
    told = bovespa("refine")
    assert (told.returncode, quantities()) == (1, [])
    assert "withheld" in told.stderr
    assert "bovespa withdraw IBOV 2025-01-06 --payload HASH" in told.stderr
    again = bovespa("refine", "--lang", "pt")
    assert (again.returncode, again.stderr.split(": ")[0]) == (1, "continua retido")
    payloads = sorted(path.name[:64] for path in (here / "lake/raw/position").rglob("*.parquet"))
    withdrawn = bovespa(
        "withdraw", "IBOV", "2025-01-06", "--reason", "wrong", "--payload", payloads[0][:12]
    )
    assert (withdrawn.returncode, bovespa("refine").returncode) == (0, 0)
    assert len(quantities()) == 2


def test_imports_of_one_session_that_agree_are_one_portfolio_in_any_order(
    portfolio: Make, bovespa: Run, here: Path, tables: Tables
) -> None:
    """The one by sector is named, whichever came first."""
    sample = portfolio(MONDAY, PETR4=4_000_000, VALE3=2_000_000)
    (here / "plain.csv").write_bytes(sample.to_csv())
    (here / "sector.csv").write_bytes(sample.to_csv(sector=True))
    american = sample.to_json(language="en-us")
    (here / "GetPortfolioDay_IBOV.json").write_bytes(american)
    names = ["plain.csv", "sector.csv", "GetPortfolioDay_IBOV.json"]
    for number, order in enumerate((names, names[::-1])):
        for name in order:
            assert bovespa("import", name, "--lake", f"lake{number}").returncode == 0
            assert bovespa("refine", "--lake", f"lake{number}").returncode == 0
    rows = tables(here / "lake0")
    assert tables(here / "lake1") == rows
    assert {row["sector"] for row in rows["position"]} == {"Utilidade Públ / Energ Elétrica"}


def test_a_weekends_answer_is_filed_under_its_headers_date(
    portfolio: Make, bovespa: Run, quantities: Callable[[], list[str]], lake: Path
) -> None:
    """Asked on Saturday, Sunday and Monday it is Monday's, once."""
    sessions = [portfolio(day, PETR4=4_000_000) for day in (FRIDAY, MONDAY)]
    with Exchange(sessions, today=FRIDAY) as exchange:
        for day in range(3, 7):
            exchange.today = dt.date(2025, 1, day)
            assert bovespa("run", "IBOV", "--source", exchange.url).returncode == 0
    assert quantities() == ["2025-01-03,PETR4,4000000", "2025-01-06,PETR4,4000000"]
    assert len(list((lake / "raw/manifest").iterdir())) == 2


def test_an_answer_in_pages_is_kept_page_by_page(
    portfolio: Make, bovespa: Run, lake: Path, quantities: Callable[[], list[str]]
) -> None:
    """Three pages and the list of their hashes; published once it is whole."""
    securities = {f"AA{chr(65 + i // 26)}{chr(65 + i % 26)}3": 1_000 + i for i in range(250)}
    sample = portfolio(MONDAY, "IGCX", **securities)
    with Exchange([sample], today=MONDAY, page_size_limit=100) as exchange:
        assert bovespa("run", "IGCX", "--source", exchange.url).returncode == 0
    assert len(quantities()) == 250
    assert len(list((lake / "raw/payload").iterdir())) == 4


def test_a_manifest_names_what_a_capture_brought(portfolio: Make, bovespa: Run, lake: Path) -> None:
    """Its entries' files are all there when it is written."""
    served = [portfolio(MONDAY, index, PETR4=4_000_000) for index in ("IBOV", "IBRA")]
    with Exchange(served, today=MONDAY) as exchange:
        bovespa("capture", "--source", exchange.url)
    (manifest,) = (lake / "raw/manifest").iterdir()
    entries = json.loads(manifest.read_text())["entries"]
    assert [(entry["index_code"], entry["reference_date"]) for entry in entries] == [
        ("IBOV", "2025-01-06"),
        ("IBRA", "2025-01-06"),
    ]
    landed = [path.name[:64] for path in (lake / "raw/position").rglob("*.parquet")]
    assert sorted(landed) == sorted(entry["payload_sha256"] for entry in entries)


def test_what_is_withdrawn_stays_out(
    first: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    quantities: Callable[[], list[str]],
    lake: Path,
) -> None:
    """The next refine takes it out, later ones and the same answer do not bring it back."""
    serve(first)
    bovespa("refine")
    withdrawn = bovespa("withdraw", "IBOV", "2025-01-06", "--reason", "B3 announced an error")
    assert withdrawn.returncode == 0
    assert bovespa("refine").stdout == "taken out: IBOV 2025-01-06\n"
    assert quantities() == []
    assert bovespa("refine").stdout == "nothing to publish\n"
    assert serve(first).returncode == 0
    assert bovespa("refine").stdout == "nothing to publish\n"
    assert bovespa("refine", "--rebuild").returncode == 0
    assert quantities() == []
    assert len(list((lake / "raw/position").rglob("*.parquet"))) == 1


def test_a_withdrawal_is_undone(
    first: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    quantities: Callable[[], list[str]],
    lake: Path,
) -> None:
    """As often as a person likes; the same answer meanwhile says why it stays out."""
    session = ("IBOV", "2025-01-06", "--reason", "why")
    serve(first)
    bovespa("refine")
    published = quantities()
    for number in range(2):
        assert bovespa("withdraw", *session).returncode == 0
        bovespa("refine")
        assert quantities() == []
        told = serve(first)
        assert "`bovespa reinstate IBOV 2025-01-06 --reason WHY` undoes it" in told.stderr
        assert bovespa("reinstate", *session).stdout.startswith("reinstated: IBOV 2025-01-06 ")
        assert bovespa("refine").stdout == "published 1 portfolio of 1 index\n"
        assert quantities() == published
        assert len(list((lake / "raw/withdrawn").rglob("*.json"))) == 2 * (number + 1)
    assert bovespa("verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("IBOV", "2025-01-06", "--reason", "x"), "no payload of IBOV 2025-01-06 is withdrawn"),
        (("IBOV", "2025-01-06", "--reason", " "), "must not be empty"),
        (("IBOV", "2025-01-06"), "Missing option '--reason'"),
    ],
)
def test_what_is_not_withdrawn_is_not_reinstated(
    first: SamplePortfolio, serve: Serve, bovespa: Run, arguments: tuple[str, ...], reason: str
) -> None:
    serve(first)
    done = bovespa("reinstate", *arguments)
    assert (done.returncode, reason in done.stderr) == (2, True)


@pytest.fixture
def rivals(
    first: SamplePortfolio, corrected: SamplePortfolio, bovespa: Run, here: Path, lake: Path
) -> Mapping[str, str]:
    """Hashes of two payloads of one session, of which one is withdrawn."""
    (here / "one.csv").write_bytes(first.to_csv())
    (here / "other.csv").write_bytes(corrected.to_csv())
    assert bovespa("import", "one.csv", "other.csv").returncode == 0
    hashes = [entry.payload_sha256[:16] for entry in open_lake(str(lake)).raw.entries()]
    session = ("IBOV", "2025-01-06", "--reason", "x", "--payload", hashes[0])
    assert bovespa("withdraw", *session).returncode == 0
    return {"withdrawn": hashes[0], "kept": hashes[1]}


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (
            ("withdraw", "--payload", "zz"),
            "bovespa: no payload of IBOV 2025-01-06 begins with 'zz'; not withdrawn: {kept}\n",
        ),
        (
            ("withdraw", "--payload", "zz", "--lang", "pt"),
            ("bovespa: nenhum payload de IBOV 06/01/2025 começa com 'zz'; não retirados: {kept}\n"),
        ),
        (
            ("withdraw", "--payload", "{withdrawn}"),
            (
                "bovespa: payload {withdrawn} of IBOV 2025-01-06 is withdrawn already; "
                "not withdrawn: {kept}\n"
            ),
        ),
        (
            ("reinstate", "--payload", "{kept}"),
            (
                "bovespa: no withdrawn payload of IBOV 2025-01-06 begins with '{kept}'; "
                "withdrawn: {withdrawn}\n"
            ),
        ),
    ],
    ids=["no payload", "in Portuguese", "withdrawn already", "not withdrawn"],
)
def test_a_hash_that_matches_none_gets_the_list_of_those_there_are(
    rivals: Mapping[str, str], bovespa: Run, arguments: tuple[str, ...], answer: str
) -> None:
    command, *options = (argument.format_map(rivals) for argument in arguments)
    refused = bovespa(command, "IBOV", "2025-01-06", "--reason", "x", *options)
    assert (refused.returncode, refused.stderr) == (2, answer.format_map(rivals))


def test_withdrawing_a_correction_brings_back_what_it_corrected(
    first: SamplePortfolio,
    corrected: SamplePortfolio,
    serve: Serve,
    bovespa: Run,
    quantities: Callable[[], list[str]],
) -> None:
    """The published payload is the one meant; the session after it is compared anew."""
    serve(first)
    serve(corrected)
    bovespa("refine")
    assert bovespa("withdraw", "IBOV", "2025-01-06", "--reason", "taken back").returncode == 0
    bovespa("refine")
    assert "2025-01-06,PETR4,4000000" in quantities()


def test_a_late_session_corrects_the_changes_on_both_its_sides(
    portfolio: Make, serve: Serve, bovespa: Run, here: Path, tables: Tables
) -> None:
    """The rows are those of an orderly arrival."""
    days = [dt.date(2025, 2, 3), dt.date(2025, 2, 4), dt.date(2025, 2, 5)]
    sessions = [portfolio(day, PETR4=4_000_000 + i) for i, day in enumerate(days)]
    for session in (sessions[0], sessions[2], sessions[1]):
        serve(session)
        bovespa("refine")
    late = tables(here / "lake")
    for session in sessions:
        with Exchange([session], today=session.reference_date) as exchange:
            bovespa("run", "IBOV", "--source", exchange.url, "--lake", "orderly")
    assert late == tables(here / "orderly")
    assert [row["previous_reference_date"] for row in late["position_change"]] == days[:2]


class WithoutTheory(Client):
    """A client to whom the theoretical portfolio's endpoint is gone."""

    def fetch_answer(self, method: str, parameters: Mapping[str, object]) -> bytes:
        if method == "GetTheoricalPortfolio":
            raise Unreachable("status 404")
        return super().fetch_answer(method, parameters)


def test_an_undated_answer_that_is_away_costs_no_portfolio_and_is_asked_for_once(
    lake: Path, portfolio: Make
) -> None:
    """The others are kept unread, for the day's sake."""
    samples = [portfolio(MONDAY, code, PETR4=1) for code in ("IBOV", "IBRA")]
    noon = dt.datetime(2025, 1, 6, 12, tzinfo=dt.UTC)
    raw = open_lake(str(lake)).raw
    with Exchange(samples, today=MONDAY) as exchange, WithoutTheory(exchange.url) as client:
        captured = capture(raw, client, ["IBOV", "IBRA"], lambda: noon)

    assert [landed.name for landed in captured.landed] == ["IBOV", "IBRA"]
    assert [str(one) for one in captured.not_kept] == [
        "GetTheoricalPortfolio from IBOV on: status 404"
    ]
    kept = sorted(path.name[:22] for path in (lake / "raw/reference").rglob("*.gz"))
    assert kept == ["GetQuartelyPreview-IBO", "GetQuartelyPreview-IBR"]


def test_a_run_tells_programs_an_event_a_line(
    first: SamplePortfolio, portfolio: Make, bovespa: Run, here: Path
) -> None:
    """What came, what was published, refused and unreachable; each with its session and time."""
    good, wrong = portfolio(MONDAY, "SMLL", PETR4=10, VALE3=5), first
    total = f"{wrong.total_theoretical_quantity:,}".replace(",", ".").encode()
    (here / "wrong.csv").write_bytes(wrong.to_csv().replace(total, b"1"))
    bovespa("import", "wrong.csv")
    with Exchange([good], today=MONDAY) as exchange:
        done = bovespa("run", "SMLL", "XPTO", "--source", exchange.url, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert all(dt.datetime.fromisoformat(line["time"]).tzinfo for line in lines)
    sessions = {
        line["event"]: (line.get("index_code"), line.get("reference_date")) for line in lines
    }
    assert sessions["captured"] == ("SMLL", str(MONDAY))
    assert sessions["published"] == ("SMLL", str(MONDAY))
    refused = [line for line in lines if line["event"] == "refused"]
    assert [line.get("name", line.get("index_code")) for line in refused] == ["XPTO", "IBOV"]
    assert "quantity_excess" in refused[1]["reason"]


def test_a_capture_names_the_sessions_that_it_brought(portfolio: Make, bovespa: Run) -> None:
    """The indices of a session together, those that are new alone, many of them as a number."""
    codes = [f"IDX{letter}" for letter in "ABCDEFGHIJ"]
    first = [portfolio(FRIDAY, code, PETR4=4, VALE3=5) for code in codes]
    second = [portfolio(MONDAY, codes[0], PETR4=7, VALE3=8)]
    with Exchange([*first, *second], today=FRIDAY) as exchange:
        many = bovespa("capture", *codes, "--source", exchange.url)
        exchange.today = MONDAY
        one = bovespa("capture", codes[0], "--source", exchange.url)
        none = bovespa("capture", codes[0], "--source", exchange.url)
    named = ", ".join(codes[:8])
    assert many.stdout == f"captured 10 indices, 10 answers new: {named} and 2 more {FRIDAY}\n"
    assert one.stdout == f"captured 1 index, 1 answer new: {codes[0]} {MONDAY}\n"
    assert none.stdout == "captured 1 index, 0 answers new\n"
