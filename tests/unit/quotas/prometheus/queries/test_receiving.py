import json
from collections.abc import Iterator

import pytest

from quotas.prometheus.answers.receiving import LARGE_ANSWER_BYTES, TooManyNumbersError, receive

SERIES, POINTS = 7, 100
VALUES = [[at, "1"] for at in range(POINTS)]
RESULT = [{"metric": {"n": f"{n}"}, "values": VALUES} for n in range(SERIES)]
BODY = json.dumps({"result": RESULT}, separators=(",", ":")).encode()


def chunks(size: int) -> Iterator[bytes]:
    yield from (BODY[first : first + size] for first in range(0, len(BODY), size))


@pytest.mark.parametrize("size", [1, 2, 7, 100, len(BODY)])
def test_values_and_series_are_counted_however_the_answer_arrives(size: int) -> None:
    assert receive(chunks(size), SERIES * POINTS, lambda: None) == BODY
    with pytest.raises(TooManyNumbersError) as raised:
        receive(chunks(size), SERIES * POINTS - 1, lambda: None)
    assert raised.value.series == SERIES


def test_only_a_large_answer_waits_for_its_turn_once_and_before_it_is_kept() -> None:
    turns: list[int] = []
    half = b" " * (LARGE_ANSWER_BYTES // 2)

    def parts(number: int) -> Iterator[bytes]:
        for read in range(number):
            assert len(turns) == int(read > 2)
            yield half

    def begin_large() -> None:
        turns.append(1)

    receive(parts(2), 0, begin_large)
    assert not turns
    receive(parts(6), 0, begin_large)
    assert turns == [1]
