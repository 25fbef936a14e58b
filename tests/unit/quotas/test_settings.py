from pathlib import Path

import pytest

from quotas.settings import Setting, parse_token, read_setting

NEEDED = Setting("A", None, "what it is", secret=True)
PLAIN = Setting("B", "b", "what it is")


def test_a_value_is_that_of_the_variable_or_the_default() -> None:
    assert read_setting(PLAIN, {"B": "x"}) == "x"
    assert read_setting(PLAIN, {"B": ""}) == read_setting(PLAIN, {}) == "b"


def test_a_secret_can_be_in_a_file_without_the_end_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hush\r\n")
    assert read_setting(NEEDED, {"A_FILE": str(path)}) == "hush"
    # What is no secret has no file.
    assert read_setting(PLAIN, {"B_FILE": str(path)}) == "b"


def test_what_is_missing_or_twice_there_or_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="A is not set; set A or A_FILE: what it is"):
        read_setting(NEEDED, {})
    with pytest.raises(ValueError, match="A and A_FILE are both set"):
        read_setting(NEEDED, {"A": "x", "A_FILE": "y"})
    with pytest.raises(ValueError, match=f'A_FILE: "{tmp_path}" cannot be read'):
        read_setting(NEEDED, {"A_FILE": str(tmp_path)})


def test_a_token_is_what_a_header_can_carry() -> None:
    assert parse_token("a-Token_1.~") == "a-Token_1.~"
    for text in ("two words", "\n", "ä"):
        with pytest.raises(ValueError, match="openssl rand"):
            parse_token(text)
