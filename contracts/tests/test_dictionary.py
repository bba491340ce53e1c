"""The data dictionary under version control is the one the models give."""

from pathlib import Path

from b3_contracts import vocabulary
from b3_contracts.arrow import column_names
from b3_contracts.dictionary import markdown
from b3_contracts.tables import TABLES

FILE = Path(__file__).parents[1] / "DICTIONARY.md"


def test_the_file_is_up_to_date() -> None:
    """`python -m b3_contracts write` was run after the last change."""
    assert FILE.read_text("utf-8") == markdown()


def test_every_table_and_column_has_its_place() -> None:
    """A section for each table, a line for each of its columns, in order."""
    sections = dict(
        section.split("\n", 1) for section in markdown().split("\n## ")[1 : len(TABLES) + 1]
    )
    listed = {
        table: [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
        for table, text in sections.items()
    }
    assert listed == {table: column_names(model) for table, model in TABLES.items()}


def test_every_value_of_a_closed_list_is_explained() -> None:
    """A reader never has to guess what a code stands for."""
    for values in (vocabulary.SHARE_CLASSES, vocabulary.LISTING_SEGMENTS, vocabulary.CAUSES):
        assert all(f"| `{value}` | {meaning} |" in markdown() for value, meaning in values.items())


def test_a_link_to_a_closed_list_leads_somewhere() -> None:
    """The anchors are those a Markdown reader makes of the headings."""
    text = markdown()
    anchors = {
        line[3:].lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")
    }
    links = {part.split(")")[0] for part in text.split("](#")[1:]}
    assert links
    assert links <= anchors
