"""The quality site: what it says of each session, where it lies, and when it is written."""

import datetime as dt
import errno
import functools
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from b3_contracts.layout import RawEntry
from b3_scraper import Client
from b3_scraper.testing import Exchange, SamplePortfolio
from bovespa_pipeline.cli.context import Context
from bovespa_pipeline.glue_jobs import refine_job
from bovespa_pipeline.glue_jobs.failures import PortfoliosRefused
from bovespa_pipeline.ingest.capturing import index_codes
from bovespa_pipeline.quality_report import write_page
from bovespa_pipeline.quality_report.page import LETTERS, embedded
from bovespa_pipeline.quality_report.site import Site, read_site
from glue_transform import DuckDBEngine, IndexSession, RefineOptions, job, refine
from glue_transform.quality.findings import WITHHELD_RULE
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io import Lake, open_lake
from lake_io.storage.local import pages

Run = Callable[..., CompletedProcess[str]]
NOW = dt.datetime(2025, 3, 10, 21, tzinfo=dt.UTC)
GOOD = evenly({"PETR4": 100, "VALE3": 200})
OTHER = evenly({"PETR4": 100, "VALE3": 201})
BAD = [GOOD[0]._replace(weight_pct=Decimal("50.001")), GOOD[1]]
ODD = [GOOD[0]._replace(ex_rights="ZZ"), GOOD[1]]
# The Friday before Carnival, its Monday and Tuesday, and the days after.
FRI, MON, TUE, WED, THU = (dt.date(2025, 2, 28), *(dt.date(2025, 3, day) for day in (3, 4, 5, 6)))
HOUR = dt.timedelta(hours=1)
READ_AT = dt.datetime(2025, 3, 7, 21, tzinfo=dt.UTC)
"""The evening of the Friday, whose own session is not asked for yet: THU is expected."""


@pytest.fixture
def opened(lake: Path) -> Lake:
    return open_lake(str(lake))


def land(
    lake: Lake, day: dt.date, lines: Any = GOOD, index: str = "IBOV", **about: Any
) -> RawEntry:
    return lake.raw.land(raw_rows(index, day, lines, **about))[0]


def refined(lake: Lake, **choices: Any) -> Site:
    refine(lake, DuckDBEngine(), NOW, RefineOptions(**choices), evaluate=evaluate)
    return read_site(lake, READ_AT)


def states(site: Site, index: str = "IBOV") -> dict[dt.date, str]:
    return dict(site.cells[index].states)


def test_a_bulletin_has_a_mark_of_its_own(opened: Lake) -> None:
    """What it holds is known of the first session of a quadrimester alone."""
    land(opened, FRI, source="bulletin", total=None)
    land(opened, THU, ODD, source="bulletin", total=None)
    assert states(refined(opened)) | {MON: "holiday"} == {
        FRI: "quadrimester",
        MON: "holiday",
        TUE: "holiday",
        WED: "missing",
        THU: "warned",
    }


def test_a_session_has_passed_or_is_refused_missing_or_a_holiday(opened: Lake) -> None:
    """A warning leaves it published; weekends are not there; each reason is beside its cell."""
    land(opened, FRI)
    land(opened, THU, ODD)
    bad = land(opened, dt.date(2025, 3, 7), BAD)
    site = refined(opened)
    assert states(site) == {
        FRI: "passed",
        MON: "holiday",
        TUE: "holiday",
        WED: "missing",
        THU: "warned",
        dt.date(2025, 3, 7): "refused",
    }
    assert site.cells["IBOV"].closed[MON] == {"en": "Carnival", "pt-BR": "Carnaval"}
    [reason] = site.reasons[IndexSession("IBOV", dt.date(2025, 3, 7))]
    assert (reason.entry, reason.observed_value, reason.stands) == (bad, "0.001", True)
    [warning] = site.reasons[IndexSession("IBOV", THU)]
    assert (warning.column_name, warning.is_warning) == ("unknown_ex_rights_count", True)


@pytest.mark.parametrize("day", [dt.date(2025, 3, 3), dt.date(2025, 3, 8)])
def test_a_portfolio_of_a_closed_day_has_a_cell_with_a_warning(opened: Lake, day: dt.date) -> None:
    """A holiday or a Saturday: it is published, and the reason names the day."""
    land(opened, day)
    site = refined(opened)
    assert states(site)[day] == "warned"
    [reason] = site.reasons[IndexSession("IBOV", day)]
    assert (reason.column_name, reason.is_published) == ("closed_day_count", True)
    assert str(day) in str(reason.observed_value)


def test_what_is_missing_is_what_gaps_names(
    lake: Path, opened: Lake, bovespa: Run, captures: Path, context: Context
) -> None:
    """Of every index, on B3's own downloads of two years."""
    bovespa("import", *sorted(captures.glob("day/*.csv")), *sorted(captures.glob("sector/*.csv")))
    refined(opened)
    site = read_site(opened, context.clock())
    said = bovespa(
        "gaps", "--until", "today", "--format", "csv", "--lake", lake
    ).stdout.splitlines()[1:]
    missing = [
        f"{index},{day}"
        for index in sorted(site.cells)
        for day, state in sorted(states(site, index).items())
        if state == "missing"
    ]
    assert missing == said
    assert len(missing) > 100


def test_an_index_begins_with_its_own_sessions_and_goes_up_to_today(opened: Lake) -> None:
    """What no run captured of late is missing: a run that died is visible."""
    for day in (FRI, WED):
        land(opened, day)
    land(opened, THU, index="IBRA")
    site = refined(opened)
    assert states(site, "IBRA") == {THU: "passed"}
    assert states(site) == {
        FRI: "passed",
        MON: "holiday",
        TUE: "holiday",
        WED: "passed",
        THU: "missing",
    }
    assert (site.expected, site.late) == (THU, {"IBOV": WED})


def test_an_index_that_left_the_list_of_b3_ends_with_its_last_session(
    opened: Lake, portfolio: Callable[..., SamplePortfolio]
) -> None:
    """It is not late, and nothing of it is missing since."""
    land(opened, WED)
    land(opened, WED, index="IBRA")
    with Exchange([portfolio(WED, "IBRA", PETR4=100)], WED) as exchange:
        index_codes(opened.raw, Client(exchange.url), lambda: READ_AT)
    site = refined(opened)
    assert (states(site), site.late) == ({WED: "passed"}, {"IBRA": WED})


def test_a_rival_that_was_refused_is_told_beside_what_passed(opened: Lake) -> None:
    """Its session stands; the reasons name the other payload."""
    bad = land(opened, FRI, BAD, captured_at=NOW - dt.timedelta(days=1))
    land(opened, FRI, captured_at=NOW - dt.timedelta(days=2))
    site = refined(opened)
    assert states(site)[FRI] == "passed"
    assert [reason.entry for reason in site.reasons[IndexSession("IBOV", FRI)]] == [bad]


def test_a_session_is_withheld_until_one_of_its_imports_is_withdrawn(opened: Lake) -> None:
    """Then the other passes, and the reason has become history."""
    land(opened, FRI, GOOD, source="import")
    wrong = land(opened, FRI, OTHER, source="import")
    site = refined(opened)
    assert states(site)[FRI] == "withheld"
    assert {r.expectation for r in site.reasons[IndexSession("IBOV", FRI)]} == {WITHHELD_RULE}
    opened.raw.withdraw(wrong, "not B3's", NOW)
    site = refined(opened)
    assert states(site)[FRI] == "passed"
    [reason] = site.reasons[IndexSession("IBOV", FRI)]
    assert (reason.entry, reason.is_withdrawn, reason.stands) == (wrong, True, False)


def test_a_withheld_session_with_a_refused_payload_is_refused(opened: Lake) -> None:
    """A verdict of the gate is named first, as `bovespa check` does."""
    for lines in (GOOD, OTHER):
        land(opened, FRI, lines, source="import")
    land(opened, FRI, BAD, source="import_incomplete")
    land(opened, FRI, BAD)
    assert states(refined(opened))[FRI] == "refused"


def test_a_session_whose_only_payload_was_withdrawn_is_missing(opened: Lake) -> None:
    """Though it was refused before, and lies after all others."""
    land(opened, FRI)
    bad = land(opened, THU, BAD)
    refined(opened)
    opened.raw.withdraw(bad, "not B3's", NOW)
    found = states(refined(opened))
    assert (found[FRI], found[THU]) == ("passed", "missing")


def test_the_newest_run_speaks_for_a_payload(opened: Lake) -> None:
    """Judged twice, a reason is told once, of the later run; both runs are listed."""
    land(opened, FRI, BAD)
    for time in (NOW, NOW + HOUR):
        refine(opened, DuckDBEngine(), time, RefineOptions(retry=True), evaluate=evaluate)
    site = read_site(opened, READ_AT)
    [reason] = site.reasons[IndexSession("IBOV", FRI)]
    newest, first = site.runs
    assert (reason.run_id, newest.checked_at - first.checked_at) == (newest.run_id, HOUR)
    assert [(run.refused, run.warned, run.withheld) for run in site.runs] == [(1, 0, 0)] * 2


def test_an_answer_that_nobody_could_read_is_told_until_somebody_can(opened: Lake) -> None:
    """It has no cell; once its rows are landed it is a portfolio like any other."""
    entry = RawEntry("IBOV", FRI, raw_rows("IBOV", FRI, GOOD)["payload_sha256"][0].as_py())
    opened.raw.reject(entry.payload_sha256, "day.csv", "no portfolio", NOW)
    assert [note.name for note in refined(opened).unread] == ["day.csv"]
    assert land(opened, FRI) == entry
    assert refined(opened).unread == []


def data(lake: Lake) -> dict[str, Any]:
    page = Path(lake.quality.front_page).read_text("utf-8")
    found = re.search(r'<script type="application/json" id="site">(.*)</script>', page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_page_says_it_in_a_letter_a_day_newest_first(opened: Lake) -> None:
    """A column is a day of which something is known of some index."""
    land(opened, FRI)
    land(opened, THU, BAD)
    land(opened, WED, index="IBRA")
    refined(opened)
    assert write_page(opened, READ_AT)
    told = data(opened)
    assert told["days"] == [day.isoformat() for day in (THU, WED, TUE, MON, FRI)]
    assert told["states"] == {"IBOV": "RMHHP", "IBRA": "MP   "}
    assert told["letters"] == {letter: state for state, letter in LETTERS.items()}


def test_the_same_lake_gives_the_same_page(opened: Lake) -> None:
    """Byte for byte, so that a run with nothing to do writes nothing."""
    land(opened, FRI, ODD)
    land(opened, THU, BAD)
    refined(opened)
    write_page(opened, READ_AT)
    before = Path(opened.quality.front_page).stat()
    write_page(open_lake(opened.uri), READ_AT + HOUR)
    assert Path(opened.quality.front_page).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("text", ["</script><script>", "<!--<script>", "&lt;", "\u2028"])
def test_no_text_can_end_the_element_it_stands_in(text: str) -> None:
    """It is escaped for HTML and comes back as it was."""
    assert not {"<", ">", "&", "\u2028"} & set(embedded({"reason": text}))
    assert json.loads(embedded({"reason": text})) == {"reason": text}


@pytest.fixture
def exported(here: Path, portfolio: Callable[..., SamplePortfolio]) -> Path:
    """A download of IBOV."""
    file = here / "day.csv"
    file.write_bytes(portfolio(FRI, PETR4=4_000_000).to_csv())
    return file


@pytest.mark.usefixtures("quick_gate")
def test_refine_writes_the_page_and_report_says_where(
    exported: Path, lake: Path, bovespa: Run
) -> None:
    """A path that a person can open."""
    bovespa("import", exported)
    bovespa("refine")
    page = lake / "quality" / "index.html"
    assert page.is_file()
    assert bovespa("report").stdout == f"{page}\n"


@pytest.mark.usefixtures("quick_gate")
def test_report_makes_the_page_of_a_lake_that_has_none(
    exported: Path, lake: Path, bovespa: Run
) -> None:
    """A lake refined by an older version has no such page."""
    bovespa("import", exported)
    bovespa("refine")
    page = lake / "quality" / "index.html"
    made = page.read_bytes()
    page.unlink()
    assert bovespa("report").returncode == 0
    assert page.read_bytes() == made


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("has_page", [True, False])
def test_report_of_a_lake_that_cannot_be_written_shows_the_page_that_is_there(
    exported: Path, lake: Path, bovespa: Run, monkeypatch: pytest.MonkeyPatch, has_page: bool
) -> None:
    """With a warning that it is older; without a page it is a failure as before."""
    bovespa("import", exported)
    bovespa("refine")
    page = lake / "quality" / "index.html"
    page.write_text("older", "utf-8") if has_page else page.unlink()
    monkeypatch.setattr(pages, "scratch_folder", denied)
    done = bovespa("report")
    denial = f"cannot write {page}: Permission denied"
    assert (done.returncode, done.stdout) == ((0, f"{page}\n") if has_page else (3, ""))
    before = "warning: the page is of an earlier time" if has_page else "bovespa"
    assert done.stderr == f"{before}: {denial}\n"


def denied(*_: Any, **__: Any) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.usefixtures("quick_gate")
def test_report_opens_the_page_in_a_browser(
    here: Path, exported: Path, bovespa: Run, process_environment: Mapping[str, str]
) -> None:
    """The one that the system or `BROWSER` names, given a file's address."""
    bovespa("import", exported)
    bovespa("refine")
    browser = here / "browser"
    browser.write_text('#!/bin/sh\nprintf %s "$1" > opened\n')
    browser.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "bovespa_pipeline", "report", "--open"],
        env={**process_environment, "BROWSER": f"{browser} %s"},
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "opened").read_text() == Path(done.stdout.strip()).as_uri()


def test_a_browser_opens_no_bucket(bovespa: Run) -> None:
    """Said before anything is asked of AWS, with what to do."""
    result = bovespa("report", "--open", "--lake", "s3://lake")
    assert (result.returncode, "aws s3 sync" in result.stderr) == (2, True)


def test_the_glue_job_writes_the_page_too(
    opened: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its missing sessions, though it refused something."""
    quick = functools.partial(refine, evaluate=evaluate)
    monkeypatch.setattr(job, "refine", quick)
    land(opened, FRI)
    land(opened, THU, BAD)
    with pytest.raises(PortfoliosRefused):
        refine_job.main(["--lake", opened.uri], lambda _: DuckDBEngine(), lambda: READ_AT)
    assert data(opened)["states"] == {"IBOV": "RMHHP"}
    assert "breaks the rule" in capsys.readouterr().out.splitlines()[-1]


def test_the_script_that_glue_runs_is_the_job(process_environment: Mapping[str, str]) -> None:
    """It refuses wrong usage as the job does, by its exit code."""
    script = Path(__file__).parents[1] / "jobs" / "refine_job.py"
    done = subprocess.run(
        [sys.executable, script], env=process_environment, capture_output=True, check=False
    )
    assert (done.returncode, b"--lake" in done.stderr) == (2, True)
