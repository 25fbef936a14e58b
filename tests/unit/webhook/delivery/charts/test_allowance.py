import pytest

from webhook.delivery.charts.allowance import MOST_SECONDS, PAUSE_SECONDS, SHARE, Allowance


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    return Allowance(clock)


def test_charts_take_only_a_share_of_the_time(allowance: Allowance, clock: Clock) -> None:
    spent, started_at = 0.0, clock.seconds
    while clock.seconds < started_at + 1_000:
        seconds = 0.25 if allowance.is_left() else 0
        allowance.spend(seconds)
        spent += seconds
        clock.seconds += seconds or 0.125
    assert spent == pytest.approx(1_000 * SHARE + MOST_SECONDS, abs=1)


def test_time_that_is_not_used_is_saved_up_to_a_limit(allowance: Allowance, clock: Clock) -> None:
    clock.seconds += 10_000
    assert allowance.is_left()
    allowance.spend(MOST_SECONDS)
    assert not allowance.is_left()


def test_after_a_failure_no_chart_is_begun_for_a_while(allowance: Allowance, clock: Clock) -> None:
    allowance.pause()
    clock.seconds += PAUSE_SECONDS - 1
    assert not allowance.is_left()
    clock.seconds += 2
    assert allowance.is_left()
