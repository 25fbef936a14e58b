import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.byte_numbers import MOST_BYTES, all_as_whole, as_whole, check_bytes
from quotas.http.exchange import BadAnswerError

BYTES = st.floats(0, MOST_BYTES)


@given(BYTES)
def test_any_number_of_bytes_can_be_written_as_json(value: float) -> None:
    assert orjson.loads(orjson.dumps(as_whole(check_bytes(value)))) == value


@given(st.lists(BYTES))
def test_many_numbers_are_written_as_each_one_alone(values: list[float]) -> None:
    found = all_as_whole(values)
    assert found == [as_whole(value) for value in values]
    assert [type(value) for value in found] == [type(as_whole(value)) for value in values]


@pytest.mark.parametrize(("value", "text"), [(9133.0, b"9133"), (0.5, b"0.5"), (2.0**60, b"1.15")])
def test_a_whole_number_has_no_fraction(value: float, text: bytes) -> None:
    assert orjson.dumps(as_whole(value)).startswith(text)


@pytest.mark.parametrize("value", [-1, -0.1, 1e19, 1e308])
def test_a_value_that_cannot_be_bytes_is_refused(value: float) -> None:
    with pytest.raises(BadAnswerError):
        check_bytes(value)
