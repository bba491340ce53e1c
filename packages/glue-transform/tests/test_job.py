"""The Glue job: its arguments, its lines, and how it fails."""

import datetime as dt
import errno
import json
from pathlib import Path
from typing import Any

import pytest

from glue_transform import DuckDBEngine, Engine, EngineMissing, StatementFailed, job, refine
from glue_transform.testing import evaluate, evenly, raw_rows
from lake_io import Lake, LakeUnreachable, open_lake

DAY, NEXT = dt.date(2025, 2, 3), dt.date(2025, 2, 4)


@pytest.fixture(autouse=True)
def quick_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of the gate without the seconds that its library takes to import."""
    monkeypatch.setattr(job, "refine", lambda *given: refine(*given, evaluate=evaluate))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two sessions of IBOV, and one of IBRA whose header's total is wrong."""
    raw = open_lake(str(tmp_path)).raw
    for day in (DAY, NEXT):
        raw.land(raw_rows("IBOV", day, evenly({"ABEV3": 3, "PETR4": day.day})))
    raw.land(raw_rows("IBRA", DAY, evenly({"ABEV3": 3}), total=4))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = job.main([str(argument) for argument in arguments], lambda _: DuckDBEngine())
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_passed_is_published_and_the_refusal_comes_last(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other indices come through; the run fails, and its last line says why."""
    code, (done, failed) = run(capsys, "--lake", lake, "--manifest", "raw/manifest/0.json")
    assert code == 1
    assert (done["published"], done["indices"]) == (2, ["IBOV"])
    assert done["manifest"] == "raw/manifest/0.json"
    assert failed["event"] == "failed"
    assert "IBRA 2025-02-03: position breaks the rule" in failed["reason"]


def test_a_refusal_fails_every_run_while_it_stands(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next run has nothing to do; it names what is still refused, and fails as well."""
    run(capsys, "--lake", lake)
    code, (done, failed) = run(capsys, "--lake", lake)
    assert (code, done["published"], done["refused"]) == (1, 0, [])
    assert "IBRA 2025-02-03" in done["still_refused"][0]
    assert "IBRA 2025-02-03: position breaks the rule" in failed["reason"]


def test_a_conflict_of_an_earlier_run_is_still_withheld_and_not_refused(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = open_lake(str(lake)).raw
    for quantity in (3, 4):
        lines = evenly({"ABEV3": quantity})
        raw.land(raw_rows("IBXX", DAY, lines, source="import"))
    run(capsys, "--lake", lake)
    code, (done, failed) = run(capsys, "--lake", lake)
    assert (code, len(done["still_refused"]), len(done["still_withheld"])) == (1, 1, 1)
    assert done["still_withheld"][0].startswith("IBXX 2025-02-03: its imports (")
    assert "IBXX 2025-02-03: its imports (" in failed["reason"]


@pytest.mark.parametrize("value", [[], ["true"]], ids=["flag", "true"])
def test_only_new_refusals_fail_a_run_that_asks_for_it(
    lake: Path, capsys: pytest.CaptureFixture[str], value: list[str]
) -> None:
    """The first run fails; the next one names what stands, and succeeds."""
    first, _ = run(capsys, "--lake", lake, "--only-new", *value)
    code, (done,) = run(capsys, "--lake", lake, "--only-new", *value)
    assert (first, code) == (1, 0)
    assert "IBRA 2025-02-03" in done["still_refused"][0]


@pytest.mark.parametrize("value", [[], ["true"], [""]], ids=["flag", "true", "empty"])
def test_a_rebuild_publishes_everything_again(
    lake: Path, capsys: pytest.CaptureFixture[str], value: list[str]
) -> None:
    """Glue's arguments are pairs, so the flag may come with a value."""
    run(capsys, "--lake", lake)
    _, lines = run(capsys, "--rebuild", *value, "--lake", lake)
    assert lines[0]["published"] == 2


def test_a_span_of_dates_leaves_the_others_pending(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--from` and `--to` are both inclusive."""
    code, (done,) = run(capsys, "--lake", lake, "--from", NEXT, "--to", NEXT)
    assert (code, done["published"]) == (0, 1)


def test_arguments_of_glue_are_not_ours(lake: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Glue hands a script its own ones too, and it may add others."""
    glue = ["--JOB_NAME", "refine", "--additional-python-modules", "a.whl,b==1", "--TempDir", "x"]
    _, lines = run(capsys, *glue, "--lake", lake, "--enable-job-insights", "true")
    assert lines[0]["published"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--lake", "x", "--from", "yesterday"],
        ["--lake", "x", "--manifest", "raw/manifest/0.json", "--rebuild"],
        ["--lake", "x", "--rebuild", "perhaps"],
    ],
)
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    """Before anything is opened."""
    with pytest.raises(SystemExit) as stopped:
        job.main(arguments)
    assert stopped.value.code == 2


def test_a_lake_out_of_reach_fails_with_its_own_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where the folder should be, for example."""
    (tmp_path / "lake").touch()
    code, (failed,) = run(capsys, "--lake", tmp_path / "lake")
    assert (code, failed["code"]) == (3, 3)
    assert "cannot use" in failed["reason"]


def test_a_missing_engine_is_told_in_the_last_line(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever stops a run is a line that an alarm can show."""

    def missing(_: str) -> Engine:
        raise EngineMissing("Spark is not installed")

    assert job.main(["--lake", str(lake)], missing) == 1
    assert json.loads(capsys.readouterr().out)["reason"] == "Spark is not installed"


def unreachable(_: Lake) -> None:
    raise LakeUnreachable("no place for a page")


def test_what_comes_afterwards_sees_what_was_published(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though something was refused: that is told last."""
    seen: list[int] = []
    code = job.main(
        ["--lake", str(lake)],
        lambda _: DuckDBEngine(),
        lambda left: seen.append(left.refined_tables.snapshot().read("portfolio").num_rows),
    )
    assert (code, seen) == (1, [2])
    assert "position breaks the rule" in capsys.readouterr().out.splitlines()[-1]


def test_a_refusal_is_not_hidden_by_what_fails_afterwards(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that counts new refusals only says, with none, what else is wrong."""
    arguments = ["--lake", str(lake), "--only-new"]
    codes = [job.main(arguments, lambda _: DuckDBEngine(), unreachable) for _ in "ab"]
    reasons = [json.loads(line).get("reason") for line in capsys.readouterr().out.splitlines()]
    assert codes == [1, 3]
    assert "position breaks the rule" in reasons[1]
    assert reasons[3] == "no place for a page"


def full(_: Lake) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "quality/index.html")


def test_a_full_disk_fails_with_the_code_of_what_may_be_tried_again(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the last line, with the file."""
    arguments = ["--lake", str(lake), "--from", str(NEXT)]
    code = job.main(arguments, lambda _: DuckDBEngine(), full)
    failed = json.loads(capsys.readouterr().out.splitlines()[-1])
    reason = "cannot read or write quality/index.html: No space left on device"
    assert (code, failed["code"], failed["reason"]) == (3, 3, reason)


def test_a_disk_that_fills_up_in_the_run_is_no_refusal(
    lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the engine's error is in between."""

    def broken(_: str) -> Engine:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise StatementFailed("DuckDB cannot run position.sql") from error

    assert job.main(["--lake", str(lake)], broken) == 3
    assert "position.sql" in json.loads(capsys.readouterr().out)["reason"]


def test_a_defect_keeps_its_traceback(lake: Path) -> None:
    """Only what a disk or a person can do is a sentence."""

    def defect(_: str) -> Engine:
        raise TypeError("a defect")

    with pytest.raises(TypeError):
        job.main(["--lake", str(lake)], defect)
