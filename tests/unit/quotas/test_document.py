import pytest

from quotas.document import (
    LARGEST_FILE_BYTES,
    DocumentError,
    Mistake,
    read_document,
)


def refused(content: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(content)
    return str(caught.value)


def test_words_are_what_yaml_takes_them_for_and_dates_stay_text() -> None:
    content = b"{a: 1, b: 1.5, c: true, d: null, e: text, f: '1', g: 2026-11-24, h: [x, {y: z}]}"
    assert read_document(content).data == {
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": None,
        "e": "text",
        "f": "1",
        "g": "2026-11-24",
        "h": ["x", {"y": "z"}],
    }


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read_document(b"{1: a, true: b, null: c}").data == {"1": "a", "true": "b", "null": "c"}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_document(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_a_value_is_found_at_its_line_and_column() -> None:
    document = read_document(b"a:\n  b:\n    - c: 1\n    - c: 2\n")
    assert document.mistake(("a", "b", 1, "c"), "no") == Mistake(4, 10, "a.b.c", "no")
    assert document.mistake(("a", "b", 1, "c"), "no", at_key=True) == Mistake(4, 7, "a.b.c", "no")


def test_a_value_that_is_not_there_is_found_at_what_would_hold_it() -> None:
    document = read_document(b"a:\n  - b: 1\n")
    assert document.mistake(("a", 0, "gone"), "no") == Mistake(2, 5, "a.gone", "no")
    assert document.mistake(("a", 7, "b"), "no") == Mistake(2, 3, "a.b", "no")


def test_a_key_that_is_there_twice_is_a_mistake_at_the_second() -> None:
    document = read_document(b"a: 1\nb: 2\na: 3\n")
    assert [str(mistake) for mistake in document.mistakes] == ["3:1: a: is there twice; keep one"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "1:1: the file is empty; a first quota is in the README"),
        (b"a: 1\nb: \xff", "2:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"a: b: c", "1:5: is not YAML: mapping values are not allowed in this context"),
        (b"a: [1\n", "2:1: is not YAML: did not find expected ',' or ']'"),
        (
            b"a:\n\tb: 1",
            (
                "2:1: is not YAML: found character that cannot start any token; there is a tab in "
                "this line, indent with spaces"
            ),
        ),
        (b"&a [*a]", "1:1: more than 20 levels deep"),
        (b"[" * 22 + b"]" * 22, "1:22: more than 20 levels deep"),
    ],
)
def test_what_is_no_such_document_is_told_with_its_place(content: bytes, message: str) -> None:
    assert refused(content) == message


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    message = f"1:1: the file is larger than {LARGEST_FILE_BYTES} bytes"
    assert refused(b"#" * (LARGEST_FILE_BYTES + 1)) == message


def test_aliases_that_expand_without_bound_are_refused() -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases expand to more than 100000 values; write them out" in refused(
        "\n".join(laughs).encode()
    )


def test_an_alias_that_expands_a_little_is_what_it_stands_for() -> None:
    assert read_document(b"{a: &x [1], b: *x}").data == {"a": [1], "b": [1]}
