"""Every kind of file of a lake, broken in every way, met by every command.

Never a traceback; never a wrong answer without a word; after a rebuild the same rows as
before wherever raw is whole.
"""

import datetime as dt
import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, NamedTuple

import pytest

import glue_transform
from b3_contracts.specification import REFINED
from b3_scraper.testing import Exchange, SamplePortfolio
from glue_transform.testing import evaluate
from lake_io import LakeError, open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]


def load(name: str) -> Any:
    """A module beside this one: pytest puts no folder of tests on the path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


damaging = load("damage")
COMMANDS, DAMAGES, KINDS, READING = (
    damaging.COMMANDS,
    damaging.DAMAGES,
    damaging.KINDS,
    damaging.READING,
)
RIVALLED, SINGLE = damaging.RIVALLED, damaging.SINGLE
UNREACHABLE = 3
THIRD = dt.date(2025, 2, 3)
OF_TABLES = ("refined_tables", "metadata", "manifest list", "manifest", "data", "checksum")
PLACES = ("front page", "lock")
"""Places that a folder takes up until a person removes it."""
OF_RAW = tuple(kind for kind, files in KINDS.items() if files.startswith("raw/"))
REBUILD = "run `bovespa refine --rebuild`"
REPAIRS = frozenset(
    {
        ("payload", "import"),
        ("rows", "import"),
        ("rows", "reparse"),
        ("newest rows", "reparse"),
        ("rivalled rows", "reparse"),
        ("front page", "report"),
        ("front page", "refine"),
    }
)
"""Kinds and the commands that make such a file again from what is whole."""


LOST_WITHDRAWAL = ("withdrawn", "deleted")
"""A note that is gone says nothing: its payload contradicts the others again, with code 1."""


class Home(NamedTuple):
    """A folder with a lake, its template, and what a healthy lake answers to each command."""

    folder: Path
    answers: Mapping[str, CompletedProcess[str]]
    rows: Mapping[str, list[str]]

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def template(self) -> Path:
        return self.folder / "template"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, bovespa: Run, portfolio: Make) -> Iterator[Home]:
    """Two indices, three sessions; a rival, a withdrawal, a rejection, a page of a gate."""
    folder = tmp_path_factory.mktemp("damage")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BOVESPA_LAKE", str(folder / "lake"))
        make_quick(patch)
        make_lake(folder, bovespa, portfolio)
        before = rows(folder / "lake")
        (folder / "lake").rename(folder / "template")
        answers = {}
        for name, command in COMMANDS.items():
            damaging.restore(folder / "template", folder / "lake")
            answers[name] = bovespa(*command)
        assert {name: answer.returncode for name, answer in answers.items()} == dict.fromkeys(
            COMMANDS, 0
        )
        yield Home(folder, answers, before)


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """The gate's very rules, without Great Expectations."""
    quick = functools.partial(glue_transform.refine, evaluate=evaluate)
    patch.setattr(glue_transform, "refine", quick)


def make_lake(folder: Path, bovespa: Run, portfolio: Make) -> None:
    files = folder / "downloads"
    files.mkdir()
    for index in ("IBOV", "SMLL"):
        first = portfolio(dt.date.fromisoformat(SINGLE), index, PETR4=4_000, VALE3=2_000)
        second = portfolio(dt.date.fromisoformat(RIVALLED), index, PETR4=4_000, ISAE4=500)
        (files / f"{index}-{SINGLE}.csv").write_bytes(first.to_csv())
        (files / f"{index}-{RIVALLED}.csv").write_bytes(second.to_csv())
        (files / f"{index}-sector.csv").write_bytes(second.to_csv(sector=True))
        assert bovespa("import", "--index", index, *files.glob(f"{index}-*.csv")).returncode == 0
    wrong = portfolio(dt.date.fromisoformat(SINGLE), "SMLL", PETR4=1, VALE3=2)
    (folder / "wrong.csv").write_bytes(wrong.to_csv())
    (folder / "bad.csv").write_bytes(b"nothing")
    assert bovespa("import", "--index", "SMLL", "wrong.csv").returncode == 0
    digest = wrong_payload(folder / "lake")
    assert bovespa("withdraw", "SMLL", SINGLE, "--payload", digest, "--reason", "x").returncode == 0
    assert bovespa("import", "bad.csv").returncode == 1
    third = [portfolio(THIRD, index, PETR4=4_000, VALE3=1) for index in ("IBOV", "SMLL")]
    with Exchange(third, THIRD, previews={THIRD: third}) as exchange:
        assert bovespa("run", "--source", exchange.url).returncode == 0
    (folder / "lake/quality/validations").mkdir()
    (folder / "lake/quality/validations/page.html").write_text("<html>a page of the gate</html>")
    (folder / "lake/lock").touch()


def wrong_payload(lake: Path) -> str:
    session = lake / f"raw/position/index_code=SMLL/reference_date={SINGLE}"
    return max(session.iterdir(), key=lambda path: path.stat().st_mtime_ns).name[:64]


def rows(lake: Path) -> Mapping[str, list[str]]:
    snapshot = open_lake(str(lake)).refined_tables.snapshot()
    names = [name for name in REFINED if name != "quality_result"]
    return {name: sorted(map(repr, snapshot.read(name).to_pylist())) for name in names}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damage_is_told_by_whoever_meets_it(
    home: Home, bovespa: Run, monkeypatch: pytest.MonkeyPatch, kind: str, damage: str
) -> None:
    """Each command ends with a code of its own, and with the healthy answer or a word."""
    monkeypatch.chdir(home.folder)
    monkeypatch.setenv("BOVESPA_LAKE", str(home.lake))
    faults = [
        f"{name}: {fault}"
        for name in damaging.commands(kind, damage)
        if (fault := find_fault(home, bovespa, kind, damage, name))
    ]
    assert not faults, "\n" + "\n".join(faults)


def find_fault(home: Home, bovespa: Run, kind: str, damage: str, name: str) -> str:
    """Return what is wrong with a command's reaction to damage, or an empty text."""
    damaging.restore(home.template, home.lake)
    file = damaging.victim(home.lake, kind)
    DAMAGES[damage](file)
    try:
        done = bovespa(*COMMANDS[name])
    except Exception as error:  # noqa: BLE001 - a traceback is what is looked for
        return f"a traceback: {error!r}"
    message = message_fault(kind, done) or answer_fault(home, name, done)
    is_unknown = (kind, damage) == LOST_WITHDRAWAL and done.returncode == 1
    state = "" if name in READING or is_unknown else state_fault(home, kind, name, file, done)
    return (
        f"{message} {state}: {done.returncode} {done.stdout!r} {done.stderr!r}"
        if message or state
        else ""
    )


def message_fault(kind: str, done: CompletedProcess[str]) -> str:
    """Each failure in a sentence; a broken file of the tables by name, with what mends it."""
    if done.returncode not in {0, 1, 2, 3} or "Traceback" in done.stderr:
        return "no code of the command's own"
    if done.returncode and not done.stderr:
        return "failed without a word"
    if kind not in OF_TABLES or done.returncode == 0:
        return ""
    named = any(place in done.stderr for place in ("warehouse/", "catalogue.db"))
    return "" if done.returncode == 3 and named and REBUILD in done.stderr else "not named"


def answer_fault(home: Home, name: str, done: CompletedProcess[str]) -> str:
    same = done.stdout == home.answers[name].stdout
    return "" if done.returncode or same or name not in READING else "another answer"


def state_fault(home: Home, kind: str, name: str, file: Path, done: CompletedProcess[str]) -> str:
    """A rebuild leaves tables that can be read; nothing leaves other rows than there were."""
    is_place = kind in PLACES and done.returncode == UNREACHABLE
    if (kind, name) in REPAIRS and not (is_place or is_whole(home, file)):
        return "not made again"
    if name == "rebuild" and done.returncode and kind not in (*OF_RAW, *PLACES):
        return "not rebuilt"
    if damaging.has_same_tables(home.template, home.lake):
        return ""
    try:
        return "" if rows(home.lake) == home.rows else "other rows"
    except LakeError as error:
        return f"still damaged ({error})" if name == "rebuild" else ""


def is_whole(home: Home, file: Path) -> bool:
    before = home.template / file.relative_to(home.lake)
    return file.is_file() and file.read_bytes() == before.read_bytes()


@pytest.mark.parametrize("damage", sorted(DAMAGES.keys() - {"flipped"}))
def test_a_capture_lands_though_the_catalogue_is_broken(
    home: Home, bovespa: Run, monkeypatch: pytest.MonkeyPatch, portfolio: Make, damage: str
) -> None:
    """B3 says it today and never again; `run` tells of the catalogue when that is safe."""
    monkeypatch.chdir(home.folder)
    monkeypatch.setenv("BOVESPA_LAKE", str(home.lake))
    damaging.restore(home.template, home.lake)
    DAMAGES[damage](home.lake / "catalogue.db")
    day = THIRD + dt.timedelta(1)
    with Exchange([portfolio(day, PETR4=4_000, VALE3=2)], day) as exchange:
        done = bovespa("run", "IBOV", "--source", exchange.url)
    assert (done.returncode, done.stdout) == (3, f"captured 1 index, 1 answer new: IBOV {day}\n")
    assert REBUILD in done.stderr
    assert bovespa("refine", "--rebuild").returncode == 0
    answer = bovespa("members", "IBOV", "--format", "csv")
    assert str(day) in answer.stderr
