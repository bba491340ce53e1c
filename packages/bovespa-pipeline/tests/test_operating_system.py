"""The parts that differ between operating systems, on each of them."""

import os
from pathlib import Path

import pytest

from bovespa_pipeline import operating_system


@pytest.mark.parametrize(
    ("is_windows", "command"),
    [(False, ".venv/bin/hatch run bovespa"), (True, r".venv\Scripts\hatch run bovespa")],
)
def test_the_command_of_a_clone_is_where_its_environment_has_it(
    monkeypatch: pytest.MonkeyPatch, is_windows: bool, command: str
) -> None:
    monkeypatch.setattr(operating_system, "IS_WINDOWS", is_windows)
    assert operating_system.command_of_clone() == command


@pytest.mark.parametrize(
    ("is_windows", "option"), [(False, "process_group"), (True, "creationflags")]
)
def test_a_process_of_its_own_group_is_started_by_what_the_system_has(
    monkeypatch: pytest.MonkeyPatch, is_windows: bool, option: str
) -> None:
    monkeypatch.setattr(operating_system, "IS_WINDOWS", is_windows)
    assert list(operating_system.own_group()) == [option]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipe in a folder")
def test_a_pipe_that_nobody_writes_to_is_opened_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with os.fdopen(operating_system.pipe_descriptor(tmp_path / "pipe"), "rb") as file:
        assert file.read() == b""
