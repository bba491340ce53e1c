"""The data dictionaries under version control are the ones the models give."""

from pathlib import Path

import pytest

from b3_contracts import vocabulary
from b3_contracts.__main__ import main
from b3_contracts.backends.arrow import column_names
from b3_contracts.errors import ContractError
from b3_contracts.governance.dictionary import FILES, markdown
from b3_contracts.governance.dictionary_text import ENGLISH, PORTUGUESE, Words
from b3_contracts.governance.snapshots import current
from b3_contracts.models.tables import TABLES

FOLDER = Path(__file__).parents[1]
LANGUAGES = (ENGLISH, PORTUGUESE)
LISTS = (
    vocabulary.SHARE_CLASSES,
    vocabulary.LISTING_SEGMENTS,
    vocabulary.SOURCES,
    vocabulary.CHANGE_TYPES,
    vocabulary.PREVIEW_CHANGE_TYPES,
    vocabulary.CAUSES,
    vocabulary.SEVERITIES,
)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_up_to_date(name: str) -> None:
    """`python -m b3_contracts write` was run after the last change."""
    assert (FOLDER / name).read_text("utf-8") == markdown(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_a_stale_file_is_told_of(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A translation left behind is as wrong as the original."""
    assert main(["--folder", str(tmp_path), "write"]) == 0
    (tmp_path / name).write_text("old", "utf-8")
    assert main(["--folder", str(tmp_path), "check"]) == 1
    assert f"{name} is not what the models say: write it\n" in capsys.readouterr().out


@pytest.mark.parametrize("words", LANGUAGES, ids=FILES)
def test_every_table_and_column_has_its_place(words: Words) -> None:
    """A section for each table, a line for each of its columns, in order."""
    sections = dict(
        section.split("\n", 1) for section in markdown(words).split("\n## ")[1 : len(TABLES) + 1]
    )
    listed = {
        table: [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
        for table, text in sections.items()
    }
    assert listed == {table: column_names(model) for table, model in TABLES.items()}


def test_every_value_of_a_closed_list_is_explained() -> None:
    """A reader never has to guess what a code stands for."""
    for values in LISTS:
        assert all(f"| `{value}` | {meaning} |" in markdown() for value, meaning in values.items())


def test_every_value_is_explained_in_portuguese_once() -> None:
    """A value in two lists has one meaning, so one translation serves it."""
    values = {value: meaning for meanings in LISTS for value, meaning in meanings.items()}
    assert sorted(values) == sorted(vocabulary.PORTUGUESE)
    assert all(values[value] == text for meanings in LISTS for value, text in meanings.items())
    text = markdown(PORTUGUESE)
    assert all(f"| `{value}` | {vocabulary.PORTUGUESE[value]} |" in text for value in values)


def test_no_meaning_is_left_in_english() -> None:
    """A sentence that both languages share was forgotten."""
    cells = {words: _meanings(words) for words in LANGUAGES}
    assert len(cells[ENGLISH]) == len(cells[PORTUGUESE]) > 80
    same = {one for one, other in zip(*cells.values(), strict=True) if one == other}
    assert same <= {"unit", "Novo Mercado", "Bovespa Mais"}


def _meanings(words: Words) -> list[str]:
    return [row[-1].removesuffix(" |") for row in _rows(words)]


def _rows(words: Words) -> list[list[str]]:
    return [line.split(" | ") for line in markdown(words).splitlines() if line.startswith("| `")]


def test_the_languages_differ_in_words_alone() -> None:
    """Columns and their types are the same, line by line, and so are the values of a list."""
    english, portuguese = ([row[:2] for row in _rows(words) if len(row) > 2] for words in LANGUAGES)
    assert english == portuguese
    english, portuguese = ([row[0] for row in _rows(words)] for words in LANGUAGES)
    assert english == portuguese


def test_a_translation_is_no_part_of_the_contract() -> None:
    """It is in no snapshot, so that a better word asks for no version."""
    assert "portuguese" not in str(current())
    assert "papel" not in str(current())


def test_what_has_no_translation_is_told() -> None:
    """A new unit or kind of check does not slip into the other language as it is."""
    with pytest.raises(ContractError, match="'shares': has no translation"):
        PORTUGUESE.unit("shares")
    with pytest.raises(ContractError, match="'keep order': has no translation"):
        PORTUGUESE.requirement("keep order")


@pytest.mark.parametrize("words", LANGUAGES, ids=FILES)
def test_a_link_to_a_closed_list_leads_somewhere(words: Words) -> None:
    """The anchors are those a Markdown reader makes of the headings."""
    text = markdown(words)
    anchors = {
        line[3:].lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")
    }
    links = {part.split(")")[0] for part in text.split("](#")[1:]}
    assert links
    assert links <= anchors
