import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.delivery.enhanced_codes import Fault, fault_of, find_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 no such user", "5.1.1"),
        ("5.4.5 Daily user sending limit exceeded.\n5.4.5 See", "5.4.5"),
        ("5.7.26", "5.7.26"),
        ("no such user", ""),
        ("5.1 no such user", ""),
        ("5.1.1.1 is no code", ""),
        ("see 5.1.1", ""),
        ("3.1.1 no such class", ""),
    ],
)
def test_a_code_is_at_the_beginning_of_a_reply(text: str, code: str) -> None:
    assert find_code(text) == code


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("5.1.1", Fault.RECIPIENT),
        ("5.1.10", Fault.RECIPIENT),
        ("5.2.1", Fault.RECIPIENT),
        ("5.2.2", Fault.RECIPIENT),
        ("5.7.13", Fault.RECIPIENT),
        ("5.2.3", Fault.MAIL),
        ("5.3.4", Fault.MAIL),
        ("5.6.0", Fault.MAIL),
        ("5.1.8", Fault.SERVER),
        ("5.3.0", Fault.SERVER),
        ("5.4.5", Fault.SERVER),
        ("5.7.1", Fault.SERVER),
        ("5.7.26", Fault.SERVER),
        ("5.7.60", Fault.SERVER),
        ("5.0.0", Fault.UNKNOWN),
        ("5.1.0", Fault.UNKNOWN),
        ("5.4.1", Fault.UNKNOWN),
        ("5.5.4", Fault.UNKNOWN),
        ("2.1.5", Fault.UNKNOWN),
        ("", Fault.UNKNOWN),
        ("4.7.0", Fault.PASSING),
    ],
)
def test_a_code_says_whose_fault_a_refusal_is(code: str, fault: Fault) -> None:
    assert fault_of(code) is fault


@given(st.from_regex(r"[245]\.\d{1,3}\.\d{1,3}", fullmatch=True) | st.text())
def test_any_reply_has_a_meaning(text: str) -> None:
    assert fault_of(find_code(text)) in Fault
