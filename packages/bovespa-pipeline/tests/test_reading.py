"""Commands that read or mend a lake: where there is none, nothing is created."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bovespa_pipeline import open_lake
from bovespa_pipeline.cli.commands import SUMMARIES
from lake_io import LakeUnreachable, NotInLake

Run = Callable[..., CompletedProcess[str]]

CREATE = {"backfill", "capture", "demo", "import", "refine", "run"}
"""They may create a lake."""
PLACES = {"raw"}
"""They have a place for an argument, and tests of their own."""
READ = {
    "changes": ("IBOV",),
    "check": (),
    "compare": ("IBOV", "IBRA"),
    "concentration": ("IBOV",),
    "export": ("release",),
    "gaps": (),
    "history": (),
    "holders": ("PETR4",),
    "members": ("IBOV",),
    "plot": ("IBOV",),
    "preview": ("IBOV",),
    "query": ("select 1",),
    "reinstate": ("IBOV", "2025-01-06", "--reason", "wrong"),
    "relocate": (),
    "reparse": (),
    "report": (),
    "sectors": ("IBOV",),
    "security": ("PETR4",),
    "turnover": ("IBOV",),
    "verify": ("--repair",),
    "weights": ("IBOV", "--wide"),
    "withdraw": ("IBOV", "2025-01-06", "--reason", "wrong"),
}
commands = pytest.mark.parametrize("command", READ)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_every_command_is_of_one_kind() -> None:
    assert sorted([*READ, *CREATE, *PLACES]) == sorted(SUMMARIES)


@commands
@pytest.mark.parametrize("contents", [None, [], ["notes.txt"]], ids=["missing", "empty", "wrong"])
def test_without_a_lake_nothing_is_created(
    command: str, contents: list[str] | None, here: Path, lake: Path, bovespa: Run
) -> None:
    """The message names the folder and the commands that make a lake."""
    if contents is not None:
        lake.mkdir()
        for name in contents:
            (lake / name).write_text("mine")
    before = names(here)
    done = bovespa(command, *READ[command])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"bovespa: there is no lake at {lake}: name another (--lake, BOVESPA_LAKE), "
        "or make one with `bovespa demo` or `bovespa run`\n"
    )
    assert names(here) == before


@commands
def test_a_raw_zone_without_tables_is_a_lake(command: str, lake: Path, bovespa: Run) -> None:
    """Such as a back-up: what is asked of its tables creates none."""
    (lake / "raw").mkdir(parents=True)
    done = bovespa(command, *READ[command])
    assert "there is no lake" not in done.stderr
    assert "Traceback" not in done.stderr
    assert names(lake) == ["raw"]


def test_the_library_creates_nothing(here: Path) -> None:
    with pytest.raises(NotInLake, match=r"there is no lake at .*: name another"):
        open_lake(str(here))
    assert names(here) == []


def test_a_file_is_no_lake(here: Path) -> None:
    (here / "file").write_text("no folder")
    with pytest.raises(LakeUnreachable, match=r"as a lake: it is a file, not a folder"):
        open_lake(str(here / "file"))
