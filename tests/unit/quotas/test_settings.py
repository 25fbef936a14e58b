from pathlib import Path

import pytest

from quotas.settings import Setting, parse_token, read_setting

REQUIRED_SECRET = Setting("A", None, "what it is", secret=True)
OPTIONAL = Setting("B", "b", "what it is")


def test_the_value_is_that_of_the_variable_or_the_default() -> None:
    assert read_setting(OPTIONAL, {"B": "x"}) == "x"
    assert read_setting(OPTIONAL, {"B": ""}) == read_setting(OPTIONAL, {}) == "b"


def test_a_secret_can_come_from_a_file_without_its_final_line_break(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("hush\r\n")
    assert read_setting(REQUIRED_SECRET, {"A_FILE": str(path)}) == "hush"
    # Only a secret can come from a file.
    assert read_setting(OPTIONAL, {"B_FILE": str(path)}) == "b"


def test_a_variable_that_is_missing_or_set_twice_or_unreadable_is_rejected_by_name(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValueError, match="A is not set; set A or A_FILE: what it is"):
        read_setting(REQUIRED_SECRET, {})
    with pytest.raises(ValueError, match="A and A_FILE are both set"):
        read_setting(REQUIRED_SECRET, {"A": "x", "A_FILE": "y"})
    with pytest.raises(ValueError, match=f'A_FILE: "{tmp_path}" cannot be read'):
        read_setting(REQUIRED_SECRET, {"A_FILE": str(tmp_path)})


def test_a_token_must_fit_into_a_header() -> None:
    assert parse_token("a-Token_1.~") == "a-Token_1.~"
    for text in ("two words", "\n", "ä"):
        with pytest.raises(ValueError, match="openssl rand"):
            parse_token(text)
