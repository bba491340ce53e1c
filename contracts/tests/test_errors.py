"""Texts of others in our messages: nothing in them disturbs a terminal, a file or a page."""

import pytest

from b3_contracts.errors import Broken, ContractError, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Utilidade Públ / Energ Elétrica", "Utilidade Públ / Energ Elétrica"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("two\r\nlines", r"two\r\nlines"),
        ("\u202eevil", r"\u202eevil"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("half\ud800", r"half\ud800"),
        ("line\u2028end", r"line\u2028end"),
        ("\0", r"\x00"),
    ],
)
def test_what_is_not_for_reading_is_escaped(text: str, shown: str) -> None:
    """The result can be encoded, and is the same when escaped again."""
    assert printable(text) == shown
    assert printable(shown) == shown
    assert shown.encode()


def test_line_breaks_can_be_kept() -> None:
    """For texts of several lines, which are our own."""
    assert printable("a\nb\x07", keep="\n") == "a\nb\\x07"


def test_every_part_of_a_refusal_is_printable() -> None:
    """The table, the column, the rule, and the names and values in the rows."""
    broken = Broken("c\x1b", "r\ud800", [{"n\u202e": "v\udfff", "m": 1}])
    text = str(ContractError("t\x07", [broken]))
    assert text.isprintable()
    assert str(broken).isprintable()
    assert (broken.column, broken.rule) == (r"c\x1b", r"r\ud800")
