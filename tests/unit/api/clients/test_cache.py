import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.clients.cache import ERROR_SECONDS, OVERHEAD_BYTES, Entry, Memory


class Clock:
    """A clock that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


def memory(size_bytes: int = 100_000) -> tuple[Memory, Clock]:
    clock = Clock()
    return Memory(size_bytes, remembered_errors=(KeyError,), timer=clock), clock


def wait_until_asked(kept: Memory, callers: int) -> None:
    """Wait until so many callers have found nothing: each of them now makes or waits."""
    deadline = time.monotonic() + 30
    while kept.misses < callers:
        assert time.monotonic() < deadline, f"{kept.misses} of {callers} callers asked"
        time.sleep(0.001)


def test_what_was_made_is_there_until_its_time_is_over() -> None:
    kept, clock = memory()
    assert kept.once("key", lambda: Entry("old", 1, 5)) == "old"
    clock.seconds = 4.9
    assert kept.once("key", lambda: Entry("new", 1, 5)) == "old"
    clock.seconds = 5.0
    assert kept.once("key", lambda: Entry("new", 1, 5)) == "new"


def test_many_that_ask_at_once_wait_for_one_maker() -> None:
    kept, _ = memory()
    calls = []

    def make() -> Entry:
        calls.append(1)
        # The entry is not kept, so a caller that asked only now would make it again.
        wait_until_asked(kept, 20)
        return Entry("value", 1, 0)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: kept.once("key", make), range(20))) == {"value"}
    assert len(calls) == 1


def test_an_error_reaches_all_that_wait_and_is_remembered_for_a_moment() -> None:
    kept, clock = memory()
    calls = []

    def fail() -> Entry:
        calls.append(1)
        wait_until_asked(kept, 10)
        raise KeyError("away")

    def ask(_: int) -> str:
        with pytest.raises(KeyError, match="away"):
            kept.once("key", fail)
        return "raised"

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {"raised"}
    clock.seconds = ERROR_SECONDS - 0.1
    ask(0)
    assert len(calls) == 1
    clock.seconds = ERROR_SECONDS
    ask(0)
    assert len(calls) == 2


def test_an_error_of_another_kind_is_not_remembered() -> None:
    kept, _ = memory()

    def fail() -> Entry:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept.once("key", fail)
    assert kept.once("key", lambda: Entry("value", 1, 5)) == "value"


def test_the_least_recently_used_go_when_there_is_no_room() -> None:
    kept, _ = memory(10 * (OVERHEAD_BYTES + 1_000))
    for number in range(10_000):
        kept.remember(number, Entry(number, 1_000, 60))
        kept.recall(0)
    assert kept.used_bytes <= 10 * (OVERHEAD_BYTES + 1_000)
    assert kept.recall(0) == 0
    assert kept.recall(9_999) == 9_999
    assert kept.recall(5_000) is None


def test_what_is_larger_than_all_the_room_is_given_and_not_kept() -> None:
    kept, _ = memory(10_000)
    kept.remember("key", Entry("old", 1, 60))
    assert kept.once("large", lambda: Entry("value", 10_000, 60)) == "value"
    assert kept.recall("large") is None
    kept.remember("key", Entry("large", 10_000, 60))
    assert kept.recall("key") is None
