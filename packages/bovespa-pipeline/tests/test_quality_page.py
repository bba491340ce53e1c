"""The quality site in a real browser: it loads, filters, links, and can be read by everybody."""

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bovespa_pipeline.quality_report import write_page
from bovespa_pipeline.quality_report.page import render
from bovespa_pipeline.quality_report.site import read_site
from glue_transform import DuckDBEngine, IndexSession, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io import Lake, open_lake

NOW = dt.datetime(2025, 3, 10, 21, tzinfo=dt.UTC)
FIRST, LAST = dt.date(2024, 11, 4), dt.date(2025, 3, 7)
REFUSED, WARNED, MISSING, HOLIDAY = (dt.date(2025, 3, day) for day in (6, 7, 5, 4))
RIVALLED = dt.date(2025, 2, 20)
WITHHELD = dt.date(2025, 2, 21)
ARCHIVED = [dt.date(2022, 1, 5), dt.date(2022, 5, 4), dt.date(2022, 5, 5), dt.date(2024, 12, 4)]
SPAN = "Jan 2025 \N{EN DASH} Mar 2025"
NOVEMBER = (dt.date(2024, 11, 15), dt.date(2024, 11, 20))
GOOD = evenly({"PETR4": 100, "VALE3": 200})
OTHER = evenly({"PETR4": 100, "VALE3": 201})
BAD = [GOOD[0]._replace(weight_pct=Decimal("50.001")), GOOD[1]]
ODD = [GOOD[0]._replace(ex_rights="ZZ"), GOOD[1]]
HOSTILE = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
LEAST_CONTRAST = 4.5
SATURDAY = 5
PATIENCE = 5_000  # milliseconds until what does not come fails the test

Page = Any


@dataclass(frozen=True)
class Opened:
    """A page in the browser, and what it said and asked for meanwhile."""

    page: Page
    errors: list[str]
    requests: list[str]

    def cells(self) -> list[str]:
        """The cells that are shown, a name each, in the order of the table."""
        found = self.page.locator("#grid [data-cell]")
        return [str(cell.get_attribute("data-cell")) for cell in found.all()]

    def cell(self, index: str, day: dt.date) -> Any:
        return self.page.locator(f'#grid [data-cell="{index}.{day}"]')

    def set_states(self, *wanted: str) -> None:
        for box in self.page.locator("#states input").all():
            box.set_checked(box.get_attribute("value") in wanted)

    def focused(self) -> str | None:
        name: str | None = self.page.evaluate("document.activeElement.dataset.cell")
        return name


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Four months of IBOV with one session of each state, a session of IBRA; the real gate."""
    lake = open_lake(str(tmp_path_factory.mktemp("site") / "lake"))
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=number)
        if day.weekday() < SATURDAY and day not in {
            REFUSED,
            WARNED,
            MISSING,
            HOLIDAY,
            WITHHELD,
            *NOVEMBER,
        }:
            lake.raw.land(raw_rows("IBOV", day, GOOD))
    lake.raw.land(raw_rows("IBOV", REFUSED, BAD, payload="bad"))
    for lines in (GOOD, OTHER):
        lake.raw.land(raw_rows("IBOV", WITHHELD, lines, source="import"))
    lake.raw.land(raw_rows("IBOV", WARNED, ODD))
    lake.raw.land(raw_rows("IBOV", RIVALLED, BAD, captured_at=NOW, payload="rival"))
    lake.raw.land(raw_rows("IBRA", WARNED, GOOD))
    lake.raw.reject("ab" * 32, HOSTILE, "this is no portfolio", NOW)
    refine(lake, DuckDBEngine(), NOW)
    write_page(lake, NOW)
    return lake


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a sparse archive: four sessions of three years, the newest three months old."""
    lake = open_lake(str(tmp_path_factory.mktemp("archive") / "lake"))
    for day in ARCHIVED:
        lake.raw.land(raw_rows("IBOV", day, GOOD))
    refine(lake, DuckDBEngine(), NOW, evaluate=evaluate)
    write_page(lake, NOW)
    return Path(lake.quality.front_page)


@pytest.fixture
def opened(browser: Any, site: Lake) -> Iterator[Open]:
    """`opened(link, **context)` opens the site; `link` is what follows its address."""
    contexts = []

    def open_(link: str = "", file: Path | None = None, **about: Any) -> Opened:
        settings = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **about}
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        shown = Opened(page, [], [])
        page.on("console", lambda said: shown.errors.append(said.text))
        page.on("pageerror", lambda error: shown.errors.append(str(error)))
        page.on("request", lambda asked: shown.requests.append(asked.url))
        page.goto((file or Path(site.quality.front_page)).as_uri() + link)
        return shown

    yield open_
    for context in contexts:
        context.close()


def test_it_loads_without_an_error_and_asks_for_nothing(opened: Open, site: Lake) -> None:
    """One file is all there is: no style, script, font, picture or figure from elsewhere."""
    shown = opened()
    assert shown.page.title() == "Quality of the index portfolios: lake"
    assert (shown.errors, shown.requests) == ([], [Path(site.quality.front_page).as_uri()])


def test_every_state_has_a_cell_with_its_sign(opened: Open) -> None:
    """Told by a sign and by the label, and not by colour alone."""
    shown = opened()
    told = {
        day: (shown.cell("IBOV", day).inner_text(), shown.cell("IBOV", day).get_attribute("class"))
        for day in (RIVALLED, WARNED, REFUSED, WITHHELD, MISSING, HOLIDAY)
    }
    assert told == {
        RIVALLED: ("✓", "cell passed"),
        WARNED: ("!", "cell warned"),
        REFUSED: ("✕", "cell refused"),
        WITHHELD: ("≠", "cell withheld"),
        MISSING: ("○", "cell missing"),
        HOLIDAY: ("\N{EN DASH}", "cell holiday"),
    }
    assert not shown.cell("IBRA", HOLIDAY).count()


def test_older_months_are_put_together_until_they_are_opened(opened: Open) -> None:
    """By the button in the head, or by an index's own cell, which says what the month holds."""
    shown = opened()
    day = dt.date(2024, 11, 4)
    assert not shown.cell("IBOV", day).count()
    month = shown.page.get_by_role("button", name="Nov 2024: 20 sessions")
    assert month.get_attribute("aria-expanded") == "false"
    cell = shown.page.get_by_role("button", name="IBOV, Nov 2024: passed: 18, holiday: 2")
    cell.click()
    assert shown.focused() == "IBOV.2024-11-29"
    assert shown.cell("IBOV", day).is_visible()
    assert month.get_attribute("aria-expanded") == "true"
    month.click()
    assert not shown.cell("IBOV", day).count()


def test_months_that_nobody_captured_are_one_column(opened: Open, archive: Path) -> None:
    """Between captures and up to today; what passed stands out, and the column can be opened."""
    shown = opened(file=archive)
    heads = [head.strip() for head in shown.page.locator("#grid thead button").all_inner_texts()]
    assert heads == [
        f"▸ {SPAN}",
        "▾ Dec 2024",
        "▸ Jun 2022 \N{EN DASH} Nov 2024",
        "▸ May 2022",
        "▸ Feb 2022 \N{EN DASH} Apr 2022",
        "▸ Jan 2022",
    ]
    texts = shown.page.locator("#grid tbody [data-month]").all_inner_texts()
    assert texts == ["○ 45", "○ 627", "✓ 2 ○ 20", "○ 60", "✓ 1 ○ 18"]
    shown.page.get_by_role("button", name=f"{SPAN}: 48 weekdays, none captured").click()
    head = shown.page.locator("#grid thead")
    assert head.get_by_role("button", name="Jan 2025: ").is_visible()
    shown.page.get_by_role("button", name="IBOV, Feb 2025: missing: 20").click()
    assert shown.focused() == "IBOV.2025-02-28"
    assert opened(shown.page.evaluate("location.hash"), archive).cells() == shown.cells()
    head.get_by_role("button", name=f"Put {SPAN} together").click()
    assert not shown.cell("IBOV", dt.date(2025, 2, 28)).count()


def test_the_keyboard_opens_what_nobody_captured(opened: Open, archive: Path) -> None:
    """Enter opens a column of months, then a month; the focus stays in it."""
    shown = opened(file=archive)
    keys = shown.page.keyboard
    shown.page.locator("#grid tbody button").first.focus()
    keys.press("Enter")
    month = "document.activeElement.dataset.month"
    assert shown.page.evaluate(month) == "2025-03"
    keys.press("Enter")
    assert shown.cell("IBOV", dt.date(2025, 3, 7)).is_visible()
    assert asked(shown, "nameless") == []
    assert [what for ratio, what in asked(shown, "contrast") if ratio < LEAST_CONTRAST] == []


def test_a_run_that_died_is_told_at_the_top(opened: Open, site: Lake, archive: Path) -> None:
    """With the session that the calendar asks for; nothing where all is there."""
    late = opened(file=archive).page.inner_text("#late")
    assert late == (
        "Late: the session of 2025-03-07 is missing in 1 of 1 index; the newest captured is of "
        "2024-12-04. bovespa check lists them."
    )
    assert Path(site.quality.front_page).is_file()
    assert not opened().page.locator("#late").is_visible()


def test_portuguese_pages_have_brazilian_dates_and_numbers(opened: Open, archive: Path) -> None:
    """Day before month, a comma before the decimals, a point between thousands."""
    shown = opened(file=archive, locale="pt-BR").page
    assert (
        "o pregão de 07/03/2025 em 1 de 1 índice; o mais recente capturado é de 04/12/2024"
        in shown.inner_text("#late")
    )
    assert "de 05/01/2022 a 04/12/2024. Última execução: 10/03/2025 21:00 UTC" in shown.inner_text(
        "#about"
    )
    detail = opened(f"#cell=IBOV.{REFUSED}", locale="pt-BR").page.inner_text("#detail")
    assert re.search(r"Observado\s+0,001", detail)
    assert "10/03/2025 21:00 UTC" in detail
    assert not re.search(r"\d{4}-\d\d-\d\d", detail)


def test_filters_leave_what_fits(opened: Open) -> None:
    """By state, index, dates and text, together; rows and columns without a cell go."""
    shown = opened()
    shown.set_states("refused", "missing")
    assert {f"IBOV.{MISSING}", f"IBOV.{REFUSED}"} <= set(shown.cells())
    assert shown.page.locator("#grid tbody tr").count() == 1
    shown.page.fill("#from", str(REFUSED))
    assert shown.cells() == [f"IBOV.{REFUSED}"]
    shown.set_states("passed", "warned", "refused", "missing", "holiday")
    assert shown.cells() == [f"IBOV.{WARNED}", f"IBOV.{REFUSED}", f"IBRA.{WARNED}"]
    shown.page.fill("#to", str(REFUSED))
    assert shown.cells() == [f"IBOV.{REFUSED}"]
    shown.page.click("#reset")
    shown.page.select_option("#index", "IBRA")
    assert shown.cells() == [f"IBRA.{WARNED}"]
    shown.page.click("#reset")
    shown.page.fill("#text", "WEIGHT_excess")
    assert shown.cells() == [f"IBOV.{REFUSED}", f"IBOV.{RIVALLED}"]
    assert "2 of" in shown.page.inner_text("#count")
    shown.page.fill("#text", "no such rule")
    assert "No cell matches" in shown.page.inner_text("#count")


def test_a_link_restores_the_filters_and_the_cell(opened: Open) -> None:
    """The address alone restores what a person sees."""
    shown = opened()
    shown.set_states("refused", "warned")
    shown.page.select_option("#index", "IBOV")
    shown.page.fill("#from", "2025-02-01")
    shown.page.fill("#text", "rule & figure #1")
    shown.page.fill("#text", "excess")
    shown.page.click("[data-lang='pt-BR']")
    shown.cell("IBOV", REFUSED).click()
    link = shown.page.evaluate("location.hash")
    again = opened(link)
    assert again.cells() == shown.cells()
    assert again.page.input_value("#text") == "excess"
    assert again.page.input_value("#from") == "2025-02-01"
    assert again.page.locator("html").get_attribute("lang") == "pt-BR"
    assert again.page.inner_text("#detail") == shown.page.inner_text("#detail")
    assert again.page.evaluate("location.hash") == link


@pytest.mark.parametrize(
    "link", ["#cell=IBOV.1999-01-01", "#index=%22%5D", "#state=none", "#from=x&months=y", "#%"]
)
def test_a_link_that_means_nothing_shows_everything(opened: Open, link: str) -> None:
    """The page may belong to a lake that has changed since."""
    shown = opened(link)
    assert (shown.errors, shown.cells()) == ([], opened().cells())


def test_a_click_tells_the_reasons(opened: Open) -> None:
    """Rule, figure, severity, payload, run and time, of what did not pass."""
    shown = opened()
    shown.cell("IBOV", REFUSED).click()
    told = shown.page.inner_text("#detail")
    for part in (
        "IBOV, Thursday, March 6, 2025",
        "The weights add up to exactly 100.000 %.",
        "weight_excess equal_to(0)",
        "0.001",
        "blocking",
        "position.weight_excess",
        "2025-03-10 21:00 UTC",
    ):
        assert part in told
    assert re.search(r"Payload that was not published [0-9a-f]{16}", told)


@pytest.mark.parametrize(
    ("day", "parts"),
    [
        (WARNED, ["Published payload", "unknown_ex_rights_count", "warning", "Captured at"]),
        (RIVALLED, ["Positions", "2025-02-20 12:00 UTC", "Payload that was not published"]),
        (WITHHELD, ["different figures", "bovespa withdraw", "until one import is withdrawn"]),
        (MISSING, ["the lake has no portfolio of it", "bovespa gaps"]),
        (HOLIDAY, ["B3 was closed: Carnival."]),
    ],
    ids=["warned", "a refused rival", "withheld", "missing", "holiday"],
)
def test_every_cell_says_why_it_is_as_it_is(opened: Open, day: dt.date, parts: list[str]) -> None:
    """A passed portfolio shows its source and its contenders."""
    shown = opened()
    shown.cell("IBOV", day).click()
    told = shown.page.inner_text("#detail")
    assert [part for part in parts if part not in told] == []


def test_the_keyboard_alone_does(opened: Open) -> None:
    """One stop for the whole table, arrows within it, Enter for the reasons, Escape back."""
    shown = opened()
    keys = shown.page.keyboard
    for _ in range(40):
        keys.press("Tab")
        if shown.focused():
            break
    assert shown.focused() == f"IBOV.{WARNED}"
    keys.press("ArrowDown")
    assert shown.focused() == f"IBRA.{WARNED}"
    keys.press("ArrowUp")
    keys.press("ArrowRight")
    assert shown.focused() == f"IBOV.{REFUSED}"
    keys.press("Enter")
    assert "weight_excess" in shown.page.inner_text("#detail")
    assert shown.page.evaluate("document.activeElement.closest('dialog') !== null")
    keys.press("Escape")
    assert not shown.page.locator("#detail").is_visible()
    shown.page.wait_for_function(f"document.activeElement.dataset.cell === 'IBOV.{REFUSED}'")
    keys.press("Tab")
    assert shown.focused() is None


def test_every_link_leads_to_a_page_that_is_there(opened: Open, site: Lake) -> None:
    """Data Docs of the run, from the list of runs and from the reasons; relative, so that the
    folder can be copied."""
    shown = opened(f"#cell=IBOV.{REFUSED}")
    links = [str(a.get_attribute("href")) for a in shown.page.locator("main a, dialog a").all()]
    assert len(links) >= 2
    assert [link for link in links if not (Path(site.quality.uri) / link).is_file()] == []
    assert [link for link in links if not link.startswith("validations/")] == []


def test_data_docs_lead_back(site: Lake) -> None:
    """Their own link home is to this page."""
    docs = list(Path(site.quality.uri).glob("validations/*/*/*/*.html"))
    homes = {
        (page.parent / home).resolve()
        for page in docs
        for home in re.findall(r'href="([./]+index\.html)"', page.read_text("utf-8"))
    }
    assert (len(docs), homes) == (2, {Path(site.quality.front_page)})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_data_docs_are_read_without_a_network(opened: Open, site: Lake, scheme: str) -> None:
    """Nothing is asked for; what failed can be seen, filtered and read in both schemes."""
    page = min(Path(site.quality.uri).glob("validations/*/*/*/*.html"))
    shown = opened(file=page, offline=True, color_scheme=scheme)
    assert (shown.errors, shown.requests) == ([], [page.as_uri()])
    assert [what for ratio, what in asked(shown, "contrast") if ratio < LEAST_CONTRAST] == []
    rows = shown.page.locator("tbody tr:visible", has_text="values must")
    count = rows.count()
    shown.page.get_by_label("Failed Only").check()
    assert 0 < rows.count() < count
    assert not shown.page.get_by_text("Run Name").is_visible()
    shown.page.get_by_text("Show more info").click()
    assert shown.page.get_by_text("Run Name").is_visible()


@pytest.mark.parametrize("locale", ["en-US", "pt-BR"])
def test_it_fits_a_telephone(opened: Open, locale: str) -> None:
    """At 400 pixels the table scrolls, the page does not, and the reasons fit on it."""
    shown = opened(viewport={"width": 400, "height": 800}, locale=locale)
    width = "document.documentElement.scrollWidth"
    assert shown.page.evaluate(width) == 400
    shown.cell("IBOV", REFUSED).click()
    assert shown.page.evaluate(width) == 400
    box = shown.page.locator("#detail").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 400
    assert shown.page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.all.detail)")


@pytest.mark.parametrize(
    ("locale", "link", "title"),
    [
        ("pt-BR", "", "Qualidade das carteiras dos índices"),
        ("pt-PT", "", "Qualidade das carteiras dos índices"),
        ("en-GB", "", "Quality of the index portfolios"),
        ("de-DE", "", "Quality of the index portfolios"),
        ("pt-BR", "?lang=en", "Quality of the index portfolios"),
        ("en-US", "#lang=pt-BR", "Qualidade das carteiras dos índices"),
    ],
)
def test_it_speaks_the_readers_language(opened: Open, locale: str, link: str, title: str) -> None:
    """Portuguese or English, by the browser or as the link says; the document says which."""
    shown = opened(link, locale=locale)
    assert shown.page.inner_text("h1") == title
    language = "pt-BR" if title.startswith("Qualidade") else "en"
    assert shown.page.locator("html").get_attribute("lang") == language


def test_the_language_can_be_changed(opened: Open) -> None:
    """Every word at once, the labels of the cells too; the filters stay."""
    shown = opened()
    shown.set_states("refused")
    shown.page.click("[data-lang='pt-BR']")
    label = shown.cell("IBOV", REFUSED).get_attribute("aria-label")
    assert label == "IBOV, quinta-feira, 6 de março de 2025: recusada"
    assert set(shown.cells()) == {f"IBOV.{REFUSED}"}
    button = shown.page.locator("[aria-pressed='true']")
    assert button.inner_text() == "Português"


def asked(shown: Opened, question: str) -> Any:
    """The answer to one of the questions of `accessibility.js`."""
    questions = Path(__file__).with_name("accessibility.js").read_text("utf-8")
    return shown.page.evaluate(f"{questions}.{question}()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("cell", ["", f"IBOV.{REFUSED}", f"IBOV.{WARNED}"])
def test_every_text_can_be_read(opened: Open, scheme: str, cell: str) -> None:
    """WCAG's 4.5 to 1 for every text there is, in both colour schemes, computed from the styles."""
    shown = opened(f"#cell={cell}", color_scheme=scheme)
    ratios = asked(shown, "contrast")
    assert len(ratios) > 10
    assert [what for ratio, what in ratios if ratio < LEAST_CONTRAST] == []


@pytest.mark.parametrize("link", ["", f"#cell=IBOV.{REFUSED}&lang=pt-BR"])
def test_everything_has_a_name_and_a_place(opened: Open, link: str) -> None:
    """Accessibility tree: names, headers with their scope, one heading at the top."""
    shown = opened(link)
    assert asked(shown, "nameless") == []
    assert asked(shown, "structure") == {
        "unscoped": 0,
        "headless": 0,
        "twice": [],
        "titles": 1,
        "landmarks": ["header", "nav", "main"],
        "stops": 1,
        "captions": 1,
    }


def test_what_has_the_focus_can_be_seen(opened: Open) -> None:
    """An outline, also on a cell."""
    shown = opened()
    shown.page.keyboard.press("Tab")
    shown.cell("IBOV", WARNED).focus()
    shown.page.keyboard.press("ArrowRight")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert shown.page.evaluate(outline) == "solid"


def test_no_text_is_taken_for_markup(opened: Open, site: Lake, tmp_path: Path) -> None:
    """Reasons, file names and lake names are shown verbatim, even those that would end a script."""
    known = read_site(site, NOW)
    session = IndexSession("IBOV", REFUSED)
    spoil = functools.partial(dataclasses.replace, observed_value=HOSTILE, expectation=HOSTILE)
    hostile = dataclasses.replace(
        known,
        lake=HOSTILE,
        reasons={**known.reasons, session: [spoil(one) for one in known.reasons[session]]},
    )
    (tmp_path / "index.html").write_bytes(render(hostile))
    shown = opened(f"#cell=IBOV.{REFUSED}", file=tmp_path / "index.html")
    assert shown.page.inner_text("#detail").count(HOSTILE) == 2
    assert HOSTILE in shown.page.inner_text("#unread")
    assert HOSTILE in shown.page.inner_text("#about")
    assert shown.page.evaluate("window.hacked") is None
    assert (shown.errors, len(shown.requests)) == ([], 1)


def test_without_javascript_it_says_what_is_needed(opened: Open) -> None:
    """In both languages; nothing else can be shown."""
    shown = opened(java_script_enabled=False)
    assert "needs JavaScript" in shown.page.inner_text("noscript")
