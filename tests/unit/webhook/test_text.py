from hypothesis import given
from hypothesis import strategies as st

from webhook.text import COLUMNS, clean_line, clean_paragraphs, fill, join_words


@given(st.text(st.characters(exclude_categories=())))
def test_a_clean_line_is_one_line_that_utf8_can_carry(text: str) -> None:
    line = clean_line(text)
    assert len(line.splitlines()) <= 1
    assert not any(ord(character) < 32 for character in line)
    line.encode("utf-8")


def test_a_long_line_is_cut_where_it_shows() -> None:
    assert clean_line("x" * 300, 10) == "xxxxxxxxx…"


def test_a_text_cannot_turn_its_direction() -> None:
    assert clean_line("gpj.\u202eexe") == "gpj.exe"


def test_paragraphs_stay_apart() -> None:
    assert clean_paragraphs("one\nline\n\n two \n\n\n") == ("one line", "two")


@given(st.text(st.characters(codec="utf-8")))
def test_filled_text_keeps_to_the_columns(text: str) -> None:
    filled = fill(clean_line(text), 12, "  Label")
    assert all(len(line) <= COLUMNS for line in filled.splitlines())


def test_words_are_joined_as_people_do() -> None:
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a and b"
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert join_words(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
