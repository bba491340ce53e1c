"""Names, docstrings, lengths and import cycles are counted, and limits enforced."""

from pathlib import Path

import pytest
import readability

PLAIN = '''"""Sums."""


def total(rows: list[int]) -> int:
    """Return the sum."""
    return sum(rows)
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A package of one plain module, beside an empty `contracts/src`."""
    (tmp_path / "contracts" / "src").mkdir(parents=True)
    folder = tmp_path / "packages" / "sums" / "src" / "sums"
    folder.mkdir(parents=True)
    (folder / "plain.py").write_text(PLAIN)
    (tmp_path / "contracts" / "src" / "plain.py").write_text(PLAIN)
    return folder


OVER = {
    "a participle": ({"a": "found = 1\n"}, "participles"),
    "a relative clause": ({"a": '"""What is summed."""\n'}, "clauses"),
    "a cycle": ({"a": "from sums import b\n", "b": "import sums.a\n"}, "cycles"),
    "a long file": ({"a": "x = 1\n" * 401}, "longest"),
    "long functions": (
        {"a": "".join(f"def f{n}() -> None:\n" + "    pass\n" * 13 for n in range(9))},
        "p90",
    ),
}


def test_plain_code_is_within_every_limit(source: Path) -> None:
    assert readability.main(["check"], source.parents[3]) == 0


@pytest.mark.parametrize(("modules", "key"), OVER.values(), ids=OVER)
def test_a_limit_that_is_exceeded_fails_the_check(
    source: Path, modules: dict[str, str], key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `check` the figures are only printed."""
    for name, text in modules.items():
        (source / f"{name}.py").write_text(text)
    assert readability.main([], source.parents[3]) == 0
    assert readability.main(["check"], source.parents[3]) == 1
    figures = readability.measure(sorted(source.glob("*.py")))
    assert figures[key] > readability.LIMITS[key].most
    assert readability.LIMITS[key].name in capsys.readouterr().out


def test_an_offence_is_listed_with_its_file_and_line(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "a.py").write_text("rows = []\nsaid = 1\n")
    readability.main(["list"], source.parents[3])
    assert "packages/sums/src/sums/a.py:2 said\n" in capsys.readouterr().out
