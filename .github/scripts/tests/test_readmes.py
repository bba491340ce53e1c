"""The README says the same in both languages, and its links lead somewhere."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]
ENGLISH, PORTUGUESE = "README.md", "README.pt-BR.md"
IGNORED: Final = {".venv", ".terraform", "node_modules", ".pytest_cache"}
LINKED: Final = tuple(
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.md")
        if not IGNORED.intersection(path.relative_to(ROOT).parts)
    )
)
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def shape(text: str) -> Iterator[str]:
    """Language-independent structure in order: headings, code, shapes of tables, list items."""
    blocks = iter(FENCE.findall(text))
    for line in FENCE.sub("```", text).splitlines():
        if line == "```":
            yield block(*next(blocks))
        elif line.startswith("#"):
            yield f"a heading of level {len(line) - len(line.lstrip('#'))}"
        elif line.startswith("|"):
            yield row(line)
        elif line.startswith("- "):
            yield "a list item"


def block(kind: str, body: str) -> str:
    """Commands without their language and comments; of output, which has a language, the lines."""
    if not kind and "──" not in body:
        return f"a block of output of {len(body.splitlines())} lines"
    commands = [re.sub(r" *(#.*| --lang pt)", "", line) for line in body.splitlines()]
    return "\n".join([f"a block of {kind or 'output'}:", *commands])


def row(line: str) -> str:
    """A row's width, and its first cell where that is a name in code."""
    cells = line.strip("| ").split(" | ")
    name = cells[0] if re.fullmatch(r"`[^`]+`", cells[0]) else "…"
    return f"a row of {len(cells)} cells, {name}"


def links(text: str) -> set[str]:
    return {link.replace(".pt-BR.md", ".md") for link in LINK.findall(text)}


def test_both_readmes_have_the_same_parts() -> None:
    """Headings, commands, output, tables and lists, in the same order."""
    pairs = zip_longest(shape(read(ENGLISH)), shape(read(PORTUGUESE)))
    for number, (english, portuguese) in enumerate(pairs, 1):
        assert english == portuguese, (
            f"part {number} of {ENGLISH} is {english or 'missing'}; "
            f"of {PORTUGUESE} it is {portuguese or 'missing'}: say the same in both"
        )


def test_both_readmes_lead_to_the_same_places() -> None:
    """A page in the reader's language counts as the same page."""
    assert links(read(ENGLISH)) == links(read(PORTUGUESE))


@pytest.mark.parametrize("name", LINKED)
def test_a_link_leads_to_a_file(name: str) -> None:
    """And what stands after # is a heading of that file."""
    for link in LINK.findall(read(name)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name} links to {link}, which is not there"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{name}: no heading for {link}"


def anchors(text: str) -> set[str]:
    """Anchors as GitHub derives them from headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda text: text.replace("hatch run demo", "hatch run demonstra"), "a block of console"),
        (lambda text: text.replace("\n## Fluxo de dados\n", "\n"), "a heading of level 2"),
        (lambda text: text.replace("| `position` |", "| `positions` |"), "`positions`"),
    ],
)
def test_a_part_left_behind_is_noticed(changed, said) -> None:
    """A command, a heading or a table's name that only one of them has."""
    pairs = zip_longest(shape(read(ENGLISH)), shape(changed(read(PORTUGUESE))))
    first = next(pair for pair in pairs if pair[0] != pair[1])
    assert any(said in part for part in first)
