from hypothesis import given
from hypothesis import strategies as st

from webhook.delivery.backoff import LONGEST_SECONDS, pause_seconds


def test_pauses_grow_from_five_seconds_to_thirty_minutes() -> None:
    assert 5 <= pause_seconds(0) <= 6.25
    assert pause_seconds(3) > pause_seconds(0) * 4
    assert LONGEST_SECONDS * 0.8 <= pause_seconds(20) <= LONGEST_SECONDS


@given(st.integers(0, 10_000))
def test_no_number_of_failures_makes_a_pause_too_long(failures: int) -> None:
    assert 5 <= pause_seconds(failures) <= LONGEST_SECONDS
    assert pause_seconds(failures, longest_seconds=60) <= 60


def test_pauses_are_not_all_the_same() -> None:
    assert len({pause_seconds(5) for _ in range(10)}) > 1
