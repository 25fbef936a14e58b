import pytest
from hypothesis import given
from hypothesis import strategies as st

from quotas.csv_cells import harmless


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001 - full-width
def test_text_that_a_spreadsheet_would_calculate_has_an_apostrophe(first: str) -> None:
    assert harmless(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize("value", ["", "acme", "a=1", "'=1", " =1", 0, -5, None])
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert harmless(value) == value


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@"))
