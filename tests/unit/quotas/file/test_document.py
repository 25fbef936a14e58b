import pytest

from quotas.file.document import LARGEST_FILE_BYTES, DocumentError, Mistake, read_document

TOO_DEEP = "lists and mappings are more than 20 deep; is a line indented?"


def error_of(content: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(content)
    return str(caught.value)


def test_plain_words_are_converted_as_in_yaml_but_dates_remain_text() -> None:
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


@pytest.mark.parametrize("text", [b"!!int ''", b"!!int", b"!!float ''", b"!!bool perhaps"])
def test_a_tag_that_does_not_fit_its_text_leaves_the_text(text: bytes) -> None:
    assert read_document(b"a: " + text).data["a"] in ("", "perhaps")


def test_keys_are_always_text() -> None:
    assert read_document(b"{1: a, true: b, null: c}").data == {"1": "a", "true": "b", "null": "c"}


def test_a_byte_order_mark_is_ignored() -> None:
    assert read_document(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_a_mistake_has_the_line_and_column_of_its_value_or_key() -> None:
    document = read_document(b"a:\n  b:\n    - c: 1\n    - c: 2\n")
    assert document.mistake(("a", "b", 1, "c"), "no") == Mistake(4, 10, "a.b.c", "no")
    assert document.mistake(("a", "b", 1, "c"), "no", at_key=True) == Mistake(4, 7, "a.b.c", "no")


def test_a_mistake_about_a_missing_value_has_the_position_of_what_would_hold_it() -> None:
    document = read_document(b"a:\n  - b: 1\n")
    assert document.mistake(("a", 0, "gone"), "no") == Mistake(2, 5, "a.gone", "no")
    assert document.mistake(("a", 7, "b"), "no") == Mistake(2, 3, "a.b", "no")


def test_a_repeated_key_is_a_mistake_at_its_second_occurrence() -> None:
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
        (b"[" * 21 + b"]" * 21, f"1:21: {TOO_DEEP}"),
        (b"[" * 40_000, f"1:1001: {TOO_DEEP}"),
        (b"- " * 30_000, f"1:41: {TOO_DEEP}"),
        (b"{a: " * 30_000, f"1:81: {TOO_DEEP}"),
        (b"a: 1\n---\nb: 2\n", "2:1: is a second document; a file holds one"),
        (b"a: 1\nb: \x01", "2:4: U+0001 is not allowed in YAML; remove it"),
        ("ä: 1\nZürich, 日本: \x01".encode(), "2:13: U+0001 is not allowed in YAML; remove it"),
        ("\U0001f680: \ufffe".encode(), "1:4: U+FFFE is not allowed in YAML; remove it"),
    ],
    ids=lambda value: value[:30],
)
def test_content_that_is_not_a_yaml_document_is_rejected_with_a_position(
    content: bytes, message: str
) -> None:
    assert error_of(content) == message


def test_twenty_levels_are_allowed() -> None:
    assert str(read_document(b"[" * 20 + b"]" * 20).data) == "[" * 20 + "]" * 20


def test_a_file_that_is_too_large_is_rejected() -> None:
    message = f"1:1: the file is larger than {LARGEST_FILE_BYTES} bytes"
    assert error_of(b"#" * (LARGEST_FILE_BYTES + 1)) == message


def test_aliases_that_expand_exponentially_are_rejected() -> None:
    laughs = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    laughs += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases expand to more than 100000 values; write them out" in error_of(
        "\n".join(laughs).encode()
    )


def test_an_alias_is_replaced_by_its_value() -> None:
    assert read_document(b"{a: &x [1], b: *x}").data == {"a": [1], "b": [1]}
