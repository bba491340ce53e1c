"""Publishers that are killed, and publishers that race: nothing is lost, doubled or half seen."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lake_io import open_lake

COMMITS = 6
PUBLISHERS = 8


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("what", ["first", "second"])
def test_a_publisher_killed_between_commits_leaves_the_lake_as_it_was(
    tmp_path: Path, factories: ModuleType, program: ModuleType, start: Callable[..., Any], what: str
) -> None:
    """SIGKILL before each commit, one after the other on one lake; then it is published whole."""
    disturbed, undisturbed = (open_lake(str(tmp_path / name)) for name in ("one", "two"))
    for earlier in ["first"] if what == "second" else []:
        for lake in (disturbed, undisturbed):
            factories.publish(lake.refined_tables, earlier, **program.PUBLISHED[earlier])
    before = factories.everything(disturbed.refined_tables.snapshot())
    for commit in range(1, COMMITS + 1):
        killed = start("killed", disturbed.uri, commit, what)
        killed.join(60)
        assert killed.exitcode == -signal.SIGKILL
        assert factories.everything(open_lake(disturbed.uri).refined_tables.snapshot()) == before
    views = [
        factories.publish(open_lake(lake.uri).refined_tables, what, **program.PUBLISHED[what])
        for lake in (disturbed, undisturbed)
    ]
    assert factories.everything(views[0]) == factories.everything(views[1])
    assert factories.everything(views[0]) != before


def test_a_publisher_that_is_not_killed_has_that_many_commits(
    tmp_path: Path, factories: ModuleType, program: ModuleType, start: Callable[..., Any]
) -> None:
    """Else the test above would have killed nobody after the last one."""
    lake = open_lake(str(tmp_path))
    publisher = start("killed", lake.uri, COMMITS + 1, "first")
    publisher.join(60)
    assert publisher.exitcode == 0
    assert factories.view_of(lake.refined_tables.snapshot()) == program.FIRST


def test_eight_publishers_at_once_all_end(
    tmp_path: Path, factories: ModuleType, start: Callable[..., Any]
) -> None:
    """On a lake that none of them had made: each session is there, once."""
    codes = [f"IDX{letter}" for letter in "ABCDEFGH"]
    racing = [start("racing", str(tmp_path / "lake"), code) for code in codes]
    for process in racing:
        process.join(300)
    assert [process.exitcode for process in racing] == [0] * PUBLISHERS
    refined_tables = open_lake(str(tmp_path / "lake")).refined_tables
    snapshot = refined_tables.snapshot()
    sessions = {factories.session(code, 6): {"PETR4": 1, "VALE3": 2} for code in codes}
    assert factories.view_of(snapshot) == sessions
    assert snapshot.read("portfolio").num_rows == PUBLISHERS
    assert snapshot.read("membership").num_rows == 2 * PUBLISHERS
    assert snapshot.read("quality_result").num_rows == 2 * PUBLISHERS
    assert {run.run_id for run in refined_tables.history()} == {f"run of {code}" for code in codes}
