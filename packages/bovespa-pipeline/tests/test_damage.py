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
from b3_contracts.tables import REFINED
from b3_scraper.testing import Exchange, SamplePortfolio
from glue_transform.testing import judge
from lake_io import LakeError, open_lake

Run = Callable[..., CompletedProcess[str]]
Make = Callable[..., SamplePortfolio]


def load(name: str) -> Any:
    """A module beside this one: pytest puts no folder of tests on the path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
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
THIRD = dt.date(2025, 2, 3)
OF_TABLES = ("catalogue", "metadata", "manifest list", "manifest", "data", "checksum")
OF_RAW = tuple(kind for kind, files in KINDS.items() if files.startswith("raw/"))
NOT_YET: frozenset[tuple[str, str]] = frozenset()
"""Kinds and commands that are not mended: to be empty."""


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
    quick = functools.partial(glue_transform.refine, judge=judge)
    patch.setattr(
        importlib.import_module("bovespa_pipeline.command.refining"), "refine_pending", quick
    )
    patch.setattr("bovespa_pipeline.knowing.refine", quick)


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
    with Exchange(third, THIRD) as exchange:
        assert bovespa("run", "--source", exchange.url).returncode == 0
    (folder / "lake/quality/validations").mkdir()
    (folder / "lake/quality/validations/page.html").write_text("a page of the gate")
    (folder / "lake/lock").touch()


def wrong_payload(lake: Path) -> str:
    session = lake / f"raw/position/index_code=SMLL/reference_date={SINGLE}"
    return max(session.iterdir(), key=lambda path: path.stat().st_mtime_ns).name[:64]


def rows(lake: Path) -> Mapping[str, list[str]]:
    view = open_lake(str(lake)).catalogue.view()
    names = [name for name in REFINED if name != "quality_result"]
    return {name: sorted(map(repr, view.read(name).to_pylist())) for name in names}


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
        for name in COMMANDS
        if (kind, name) not in NOT_YET and (fault := met(home, bovespa, kind, damage, name))
    ]
    assert faults == []


def met(home: Home, bovespa: Run, kind: str, damage: str, name: str) -> str:
    """What is wrong with the way a command meets a damage; nothing where nothing is."""
    if name not in READING or name == next(iter(READING)):
        damaging.restore(home.template, home.lake)
        DAMAGES[damage](damaging.victim(home.lake, kind))
    done = bovespa(*COMMANDS[name])
    about = f"{done.returncode} {done.stdout[:200]!r} {done.stderr!r}"
    if done.returncode not in {0, 1, 2, 3} or "Traceback" in done.stderr:
        return about
    if done.returncode and not done.stderr:
        return f"failed without a word: {about}"
    if done.returncode == 0 and name in READING and done.stdout != home.answers[name].stdout:
        return f"another answer: {about}"
    if kind in OF_TABLES and done.returncode not in {0, 3}:
        return f"not told as damage: {about}"
    if kind in OF_TABLES and done.returncode == 3 and not is_named(done.stderr):
        return f"not named: {about}"
    if name == "rebuild" and done.returncode != 0 and kind not in OF_RAW and kind != "lock":
        return f"not rebuilt: {about}"
    return "" if name in READING else changed(home, name, about)


def is_named(said: str) -> bool:
    return ("warehouse/" in said or "catalogue.db" in said) and "refine --rebuild" in said


def changed(home: Home, name: str, about: str) -> str:
    """Whether the rows are no longer those that were published."""
    try:
        found = rows(home.lake)
    except LakeError as error:
        return f"still damaged: {error}: {about}" if name == "rebuild" else ""
    return "" if found == home.rows else f"other rows: {about}"
