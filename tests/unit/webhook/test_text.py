import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.text import (
    COLUMNS,
    LONGEST_URL,
    clean_line,
    clean_name,
    clean_paragraphs,
    fill,
    join_words,
    shorten,
    web_url,
)


@given(st.text(st.characters(exclude_categories=())))
def test_a_clean_line_is_one_line_that_utf8_can_carry(text: str) -> None:
    line = clean_line(text)
    assert len(line.splitlines()) <= 1
    assert not any(ord(character) < 32 for character in line)
    line.encode("utf-8")


def test_a_long_line_is_shortened_with_an_ellipsis() -> None:
    assert clean_line("x" * 300, 10) == "xxxxxxxxx…"


def test_marks_that_change_the_direction_of_text_are_removed() -> None:
    assert clean_line("gpj.\u202eexe") == "gpj.exe"


def test_a_name_from_right_to_left_is_isolated_from_what_follows() -> None:
    assert clean_name("acme") == "acme"
    assert clean_name("\u202e\u05d0\u05d1\u2069") == "\u2068\u05d0\u05d1\u2069"
    assert clean_name("ab", 1) == "…"


def test_a_name_that_is_cut_stays_isolated() -> None:
    first, second = clean_name("\u05d0" * 9), clean_name("\u05d1" * 9)
    assert shorten(f"{first}, {second}", 18) == f"{first}, \u2068\u05d1\u05d1\u05d1…\u2069"
    assert shorten("short", 5) == "short"


def test_paragraphs_are_split_at_empty_lines() -> None:
    assert clean_paragraphs("one\nline\n\n two \n\n\n") == ("one line", "two")


@given(st.text(st.characters(codec="utf-8")))
def test_filled_text_is_no_wider_than_the_columns(text: str) -> None:
    filled = fill(clean_line(text), 12, "  Label")
    assert all(len(line) <= COLUMNS for line in filled.splitlines())


def test_words_are_joined_with_commas_and_and() -> None:
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a and b"
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert join_words(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize("url", ["http://example.com", "https://example.com:8443/path?query#part"])
def test_a_web_url_is_returned(url: str) -> None:
    assert web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "http://",
        "http://[",
        "http://example.com/a b",
        "http://example.com/\n",
        "http://exämple.com",
        "http://example.com/" + "x" * LONGEST_URL,
    ],
)
def test_any_other_url_gives_an_empty_string(url: str) -> None:
    assert web_url(url) == ""
