"""One issue, however often the source is found changed."""

import json
import os
import sys
from pathlib import Path

import issue
import pytest

GH = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1:3] == ["issue", "list"]:
    print({listed!r})
elif sys.argv[1:3] != ["label", "create"]:
    print("https://example.org/issues/7")
sys.exit({code})
"""


@pytest.fixture
def gh(tmp_path: Path, monkeypatch):
    """Puts a `gh` on the PATH that answers so, and gives what it was asked."""
    log = tmp_path / "asked"

    def put(listed: str, code: int = 0):
        program = tmp_path / "gh"
        text = GH.format(python=sys.executable, log=str(log), listed=listed, code=code)
        program.write_text(text, "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return lambda: [json.loads(line) for line in log.read_text("utf-8").splitlines()]

    return put


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.md"
    file.write_text("## B3 has changed\n", "utf-8")
    return file


def test_an_issue_is_opened_where_none_is(gh, page, capsys) -> None:
    """With its label, by which the next night finds it."""
    asked = gh("[]")
    assert issue.main(["B3 has changed", str(page)]) == 0
    assert [call[:2] for call in asked()] == [
        ["issue", "list"],
        ["label", "create"],
        ["issue", "create"],
    ]
    assert asked()[-1][2:] == [
        "--title",
        "B3 has changed",
        "--label",
        "b3-changed",
        "--body-file",
        str(page),
    ]
    assert capsys.readouterr().out == "https://example.org/issues/7\n"


def test_an_open_issue_gets_the_page(gh, page) -> None:
    """And no second one is opened."""
    asked = gh('[{"number": 7}]')
    assert issue.main(["B3 has changed", str(page)]) == 0
    assert asked()[1:] == [["issue", "comment", "7", "--body-file", str(page)]]


def test_a_github_that_refuses_is_told(gh, page, capsys) -> None:
    """So that the page is read all the same."""
    gh("not allowed", code=1)
    assert issue.main(["B3 has changed", str(page)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"nobody was told, so read {page} yourself: ")
    assert "not allowed" in said
