"""The fixed-width types: strict in their shape, open in their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b3_scraper.security_type import SecurityType, read_type, write_type

WORDS = st.from_regex(r"[A-Z][A-Z0-9]{0,3}", fullmatch=True)
SEGMENTS = st.from_regex(r"[A-Z][A-Z0-9]", fullmatch=True)
NAMES = {"NM", "N1", "N2", "MA", "MB", "M2", "MP"}


@given(WORDS, st.none() | WORDS.filter(lambda word: word not in NAMES), st.none() | SEGMENTS)
def test_a_type_of_plausible_words_is_read_as_it_was_written(
    share_class: str, marker: str | None, segment: str | None
) -> None:
    """Known or not: nothing of it is lost."""
    security = SecurityType(share_class, marker, segment)
    assert read_type(write_type(security)) == security


@given(st.text(max_size=12))
def test_whatever_is_read_is_written_again_the_same(text: str) -> None:
    """No text is half understood."""
    security = read_type(text)
    assert security is None or write_type(security) == text.rstrip(" ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "          ",
        " ON     NM",
        "ON NM",
        "PNB NM",
        "UNT N2",
        "UNT MP",
        "ON EJ NM",
        "PNB EJ NM",
        "ON  EJ NM",
        "ON      NMX",
        "ON      N",
        "ON      1N",
        "ON  1E  NM",
        "1N      NM",
        "on      NM",
        "ON  ej  NM",
        "ON      nm",
        "ON\n     NM",
        "ON\t     NM",
        "ON\xa0     NM",
        "ON  \x01   NM",
        "ÓN      NM",
        "ON\u200b",
        "PN\u0661",
    ],
)
def test_a_text_of_another_shape_is_no_type(text: str) -> None:
    """Collapsed spaces, small letters, digits first, and what cannot be printed."""
    assert read_type(text) is None
